using Cake.Frosting;
using MicroMonitored.Targets;
using MicroMonitored.Targets.Options;

namespace Build.Tasks;

[TaskName(nameof(Pack))]
[TaskDescription("Packs the packages and the templates that carry them into artifacts/packages.")]
[Example("--release")]
public sealed class Pack : FrostingTask<BuildContext>
{
    private static readonly Option<bool> Release = Option.Flag("release", "under the released version, without -dev.<content hash>");

    public override void Run(BuildContext context)
    {
        var packages = Packages.Of(context, context.GetValue(Release));
        context.Say($"{packages.Version}: {context.Paths.Shown(packages.Folder)}");
    }
}
