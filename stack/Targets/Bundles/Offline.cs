using MicroMonitored.Model;
using MicroMonitored.Targets.Upgrades;
using Path = System.IO.Path;

namespace MicroMonitored.Targets.Bundles;

/// <summary>Carries what <c>Up</c> needs from a machine with a network to one without.</summary>
internal static class Offline
{
    /// <summary>Saves every image of the stack and every package into one file.</summary>
    /// <returns>What it holds.</returns>
    /// <exception cref="FaultException">The engine does not answer, or an image cannot be had or saved.</exception>
    public static BundleManifest Save(BuildContext context, string file)
    {
        var images = Images(context);
        return InWork(context, folder =>
        {
            var saved = images.Save(Path.Combine(folder, BundleManifest.ImagesFile));
            if (context.Services.Count > 0)
                Compilation.Restore(context, "the services' restore", [.. context.Services.Select(service => service.ProjectFile)]);
            foreach (var package in Directory.Exists(context.Paths.Feed) ? Directory.EnumerateFiles(context.Paths.Feed, "*.nupkg") : [])
            {
                Directory.CreateDirectory(Path.Combine(folder, BundleManifest.Feed));
                File.Copy(package, Path.Combine(folder, BundleManifest.Feed, Path.GetFileName(package)));
            }

            RestoredPackages.Collect(context, Path.Combine(folder, BundleManifest.Packages));
            return BundleFile.Write(file, Version(context), saved, folder);
        });
    }

    /// <summary>Puts on this machine what a bundle holds, once all of it is known to be whole.</summary>
    /// <exception cref="FaultException">The bundle is damaged, of another version or lacks an image: every fault at once; nothing was loaded.</exception>
    public static BundleManifest Load(BuildContext context, string file)
    {
        var images = Images(context);
        return InWork(context, folder =>
        {
            var manifest = BundleFile.Unpack(file, folder);
            var faults = images.Lacking(ImageArchive.References(Path.Combine(folder, BundleManifest.ImagesFile))).Select(image
                => $"{file} has no {image.Reference} ({image.Keys}); make the bundle again with the settings of this repository").ToList();
            if (manifest.Version != Version(context))
                faults.Insert(0, $"{file} is of version {manifest.Version}, this repository of {Version(context)}; make the bundle again from this one");
            if (faults.Count > 0)
                throw new FaultException(faults);

            images.Load(Path.Combine(folder, BundleManifest.ImagesFile), file);
            Bring(manifest, BundleManifest.Feed, folder, context.Paths.Root);
            Bring(manifest, BundleManifest.Packages, folder, context.Paths.Artifacts);
            return manifest;
        });
    }

    private static void Bring(BundleManifest manifest, string below, string from, string to)
    {
        foreach (var file in manifest.Files.Select(one => one.Path).Where(path => path.StartsWith(below, StringComparison.Ordinal)))
        {
            Directory.CreateDirectory(Path.Combine(to, below));
            if (!File.Exists(Path.Combine(to, file)))
                File.Copy(Path.Combine(from, file), Path.Combine(to, file));
        }
    }

    private static ComponentImages Images(BuildContext context)
    {
        var docker = new DockerEngine(context);
        return docker.Obstacles() is { Count: > 0 } obstacles
            ? throw new FaultException([.. obstacles.Select(obstacle
                => $"Bundle cannot run: {obstacle.Replace(" or use --engine=embedded", "", StringComparison.Ordinal)}")])
            : docker.Images;
    }

    private static string Version(BuildContext context)
        => File.Exists(context.Paths.Versions) ? CentralVersions.MicroMonitored(File.ReadAllText(context.Paths.Versions)) ?? "" : "";

    private static T InWork<T>(BuildContext context, Func<string, T> work)
    {
        var folder = Path.Combine(context.Paths.Artifacts, "bundle", "work");
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
        Folders.Require(context.Paths, [folder]);
        try
        {
            return work(folder);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
