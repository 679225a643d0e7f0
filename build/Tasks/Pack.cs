using MicroMonitored.Targets;
using Cake.Core.IO;
using Cake.Frosting;

namespace Build.Tasks;

[TaskName(nameof(Pack))]
[TaskDescription("Packs the packages and the templates that carry them into artifacts/packages.")]
public sealed class Pack : FrostingTask<BuildContext>
{
    public override void Run(BuildContext context)
    {
        var packages = Packages.Of(context);
        context.Say($"{packages.Version}: {context.Paths.Shown(packages.Folder)}");
    }
}
