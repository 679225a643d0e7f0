using MicroMonitored.Targets;
using Cake.Core.IO;
using Cake.Frosting;

namespace Build.Tasks;

[TaskName(nameof(Pack))]
[TaskDescription("Packs the templates into artifacts/packages.")]
public sealed class Pack : FrostingTask<BuildContext>
{
    public override void Run(BuildContext context) => TemplatePackage.Pack(context);
}
