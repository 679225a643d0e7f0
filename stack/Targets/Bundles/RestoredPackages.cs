using System.Text.Json;

namespace MicroMonitored.Targets.Bundles;

/// <summary>The packages that this repository's projects have restored, apart from those of its own <c>feed/</c>.</summary>
internal static class RestoredPackages
{
    /// <summary>Copies each into a folder that a restore takes for a feed.</summary>
    public static void Collect(BuildContext context, string folder)
    {
        Directory.CreateDirectory(folder);
        var own = Directory.Exists(context.Paths.Feed) ? Directory.EnumerateFiles(context.Paths.Feed, "*.nupkg").Select(Path.GetFileName).ToHashSet(
            StringComparer.OrdinalIgnoreCase) : [];
        foreach (var file in Restored(context).Distinct().Where(file => !own.Contains(Path.GetFileName(file))))
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
    }

    private static IEnumerable<string> Restored(BuildContext context)
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
                    yield return file;
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
