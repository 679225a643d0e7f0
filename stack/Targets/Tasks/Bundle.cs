using System.Globalization;
using Cake.Frosting;
using MicroMonitored.Targets.Bundles;

namespace MicroMonitored.Targets.Tasks;

/// <summary>Carries the stack to a machine without a network.</summary>
[TaskName(nameof(Bundle))]
[TaskDescription("Saves every image of the stack and every package into one file, or loads it, so that Up pulls nothing.")]
[Example("--to=/media/stick/shop.tar")]
[Example("--load=/media/stick/shop.tar")]
public sealed class Bundle : FrostingTask<BuildContext>
{
    private static readonly Option<string?> To = Option.Text("to", "FILE", "the file to write, in place of artifacts/bundle/<project>.tar");
    private static readonly Option<string?> Source = Option.Text("load", "FILE", "loads this file instead, once all of it is known to be whole");

    /// <inheritdoc/>
    public override void Run(BuildContext context)
    {
        using var held = StackLock.Take(context.Paths);
        if (context.GetValue(Source) is { } source)
        {
            var loaded = Offline.Load(context, Path.GetFullPath(source));
            context.Say($"Loaded {Contents(loaded)}. Next: {Paths.Command} --target=Up");
            return;
        }

        var file = Path.GetFullPath(context.GetValue(To) ?? Path.Combine(context.Paths.Artifacts, "bundle", $"{context.Settings.Names.Project}.tar"));
        var saved = Offline.Save(context, file);
        var megabytes = (new FileInfo(file).Length / 1e6).ToString("0", CultureInfo.InvariantCulture);
        context.Say($"Saved {Contents(saved)} into {context.Paths.Shown(file)}, {megabytes} MB. Next, there: {Paths.Command} --target=Bundle --load=<file>");
    }

    private static string Contents(BundleManifest manifest)
        => $"{manifest.Images.Count} images and {manifest.Files.Count(file => file.Path.EndsWith(".nupkg", StringComparison.Ordinal))} packages";
}
