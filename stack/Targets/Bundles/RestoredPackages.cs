using System.Security;
using System.Text.Json;
using Cake.Core;
using Cake.Core.IO;
using Path = System.IO.Path;

namespace MicroMonitored.Targets.Bundles;

/// <summary>The packages that this repository's projects have restored, apart from those of its own <c>feed/</c>.</summary>
internal static class RestoredPackages
{
    private const string Project = "packages.csproj";

    /// <summary>Copies each into a folder that a restore takes for a feed, with a project that asks for each.</summary>
    public static void Collect(BuildContext context, string folder)
    {
        Directory.CreateDirectory(folder);
        var own = Directory.Exists(context.Paths.Feed) ? Directory.EnumerateFiles(context.Paths.Feed, "*.nupkg").Select(Path.GetFileName).ToHashSet(
            StringComparer.OrdinalIgnoreCase) : [];
        var asked = new List<string>();
        foreach (var (id, version, file) in Restored(context).DistinctBy(package => package.File).OrderBy(package => package.File, StringComparer.Ordinal))
        {
            if (own.Contains(Path.GetFileName(file)))
                continue;
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)), overwrite: true);
            asked.Add($"    <PackageDownload Include=\"{SecurityElement.Escape(id)}\" Version=\"[{SecurityElement.Escape(version)}]\" />\n");
        }

        File.WriteAllText(Path.Combine(folder, Project), $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <TargetFramework>net10.0</TargetFramework>
                <NuGetAudit>false</NuGetAudit>
              </PropertyGroup>
              <ItemGroup>
            {string.Concat(asked)}  </ItemGroup>
            </Project>

            """);
    }

    /// <summary>Puts the packages of such a folder where every restore on this machine finds them without a feed.</summary>
    /// <exception cref="CakeException">The restore failed.</exception>
    public static void Restore(BuildContext context, string folder)
        => context.Capture(
            "bringing the packages",
            "dotnet",
            new ProcessArgumentBuilder().Append("restore").AppendQuoted(Path.Combine(folder, Project)).Append("--source").AppendQuoted(folder)
                .Append("--verbosity").Append("quiet"),
            folder);

    private static IEnumerable<(string Id, string Version, string File)> Restored(BuildContext context)
    {
        var projects = Path.Combine(context.Paths.Artifacts, "obj");
        foreach (var assets in Directory.Exists(projects) ? Directory.EnumerateFiles(projects, "project.assets.json", SearchOption.AllDirectories) : [])
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(assets));
            var folders = document.RootElement.GetProperty("packageFolders").EnumerateObject().Select(folder => folder.Name).ToList();
            foreach (var (id, version) in Packages(document.RootElement))
            {
                var (lowerId, lowerVersion) = (id.ToLowerInvariant(), version.ToLowerInvariant());
                var name = $"{lowerId}.{lowerVersion}.nupkg";
                if (folders.Select(folder => Path.Combine(folder, lowerId, lowerVersion, name)).FirstOrDefault(File.Exists) is { } file)
                    yield return (id, version, file);
            }
        }
    }

    private static IEnumerable<(string Id, string Version)> Packages(JsonElement assets)
    {
        foreach (var library in assets.GetProperty("libraries").EnumerateObject().Where(library => library.Value.GetProperty("type").GetString() == "package"))
            yield return (library.Name.Split('/')[0], library.Name.Split('/')[1]);
        foreach (var framework in assets.GetProperty("project").GetProperty("frameworks").EnumerateObject())
        {
            if (!framework.Value.TryGetProperty("downloadDependencies", out var downloads))
                continue;
            foreach (var download in downloads.EnumerateArray())
                yield return (download.GetProperty("name").GetString()!, download.GetProperty("version").GetString()!.Trim('[', ']').Split(',')[0]);
        }
    }
}
