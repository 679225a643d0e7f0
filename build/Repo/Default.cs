using Cake.Frosting;

namespace Build.Repo;

[TaskName(nameof(Default))]
[TaskDescription("The demo: from nothing to a proven observable application.")]
[IsDependentOn(typeof(Demo))]
public sealed class Default : FrostingTask<BuildContext>;
