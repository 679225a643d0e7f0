using System.Text.RegularExpressions;
using Cake.Core;
using Cake.Core.IO;
using MicroMonitored.Model;
using MicroMonitored.Targets;
using MicroMonitored.Targets.Projects;
using Path = System.IO.Path;

namespace Build;

/// <summary>The packages of this checkout: the rooms of the stack, and the templates that carry them.</summary>
/// <param name="Version">
/// The released version, or <c>version-dev.hash</c> of everything they are made of: NuGet never looks twice at a version that it has.
/// </param>
/// <param name="Folder">Where they lie; it bears the version.</param>
public sealed partial record Packages(string Version, string Folder)
{
    private const string TemplatesId = "MicroMonitored.Templates";

    /// <summary>The template package.</summary>
    public string Templates => Path.Combine(Folder, $"{TemplatesId}.{Version}.nupkg");

    /// <summary>Packs what is not packed yet.</summary>
    /// <param name="release">Whether the packages bear the released version.</param>
    /// <exception cref="Cake.Core.CakeException">Something does not compile or pack.</exception>
    public static Packages Of(BuildContext context, bool release = false)
    {
        var suffix = release ? "" : "-dev." + Hash(context.Paths);
        var version = Declared(context.Paths) + suffix;
        var all = Path.Combine(context.Paths.Artifacts, "packages");
        var packages = new Packages(version, Path.Combine(all, version));
        if (File.Exists(packages.Templates) && !release)
            return packages;
        if (Directory.Exists(all))
            Directory.Delete(all, recursive: true);
        var partial = Path.Combine(all, "partial");
        Pack(context, Path.Combine(context.Paths.Stack, "MicroMonitored.slnx"), suffix, partial);
        Pack(context, Path.Combine(context.Paths.Root, "templates", TemplatesId + ".csproj"), suffix, partial);
        Directory.Move(partial, packages.Folder);
        return packages;
    }

    private static void Pack(BuildContext context, string project, string suffix, string folder)
        => context.Capture(
            "packing",
            "dotnet",
            new ProcessArgumentBuilder()
                .Append("pack").AppendQuoted(project)
                .Append("--configuration").Append("Release")
                .Append("--nologo").Append("--verbosity").Append("quiet")
                .Append("-nodeReuse:false").Append("-p:RunAnalyzers=false")
                .Append("-p:VersionOfPackages=" + Declared(context.Paths) + suffix)
                .AppendQuoted($"-p:PackageOutputPath={folder}{Path.DirectorySeparatorChar}"),
            context.Paths.Root);

    private static string Declared(Paths paths)
    {
        var file = Path.Combine(paths.Root, "Directory.Packages.props");
        return VersionElement().Match(File.ReadAllText(file)) is { Success: true } match
            ? match.Groups[1].Value
            : throw new FaultException($"{paths.Shown(file)} has no <MicroMonitoredVersion>; add it with the version of the packages");
    }

    /// <summary>Letters and digits that change with the content of any file the packages are made of.</summary>
    private static string Hash(Paths paths)
        => "c" + Sources.Hash(paths, paths.Stack, Path.Combine(paths.Root, "templates"))[..12];

    [GeneratedRegex("<MicroMonitoredVersion>([^<]+)</MicroMonitoredVersion>")]
    private static partial Regex VersionElement();
}
