using MicroMonitored.Targets;
using Cake.Frosting;

namespace Build.Tasks;

[TaskName(nameof(Default))]
[TaskDescription("The demo: from nothing to a proven observable application.")]
[IsDependentOn(typeof(Demo))]
public sealed class Default : FrostingTask<BuildContext>;
