using System.Security.Cryptography;
using System.Text;
using MicroMonitored.Model.Services;

namespace MicroMonitored.Targets.Projects;

/// <summary>Tells whether files have changed, by path, size and time of last writing.</summary>
internal static class Sources
{
    private static readonly EnumerationOptions Everything = new() { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint };

    /// <summary>A text that changes when a file is written, added or removed that a service may be made of: not those of another service.</summary>
    public static string Stamp(BuildContext context, DiscoveredService service)
    {
        var project = File.ReadAllText(service.ProjectFile);
        var others = context.Services
            .Where(other => other != service && !project.Contains(Path.GetFileName(other.ProjectFile), StringComparison.Ordinal))
            .Select(other => other.ProjectFolder + Path.DirectorySeparatorChar)
            .ToList();
        return Stamp(context.Paths, file => !others.Any(other => file.StartsWith(other, StringComparison.Ordinal)));
    }

    /// <summary>A text that changes when a file is written, added or removed that decides which packages the services need.</summary>
    public static string References(Paths paths)
        => Stamp(paths, file => Path.GetExtension(file) is ".csproj" or ".props" or ".targets" or ".config" || Path.GetFileName(file) == "global.json");

    private static string Stamp(Paths paths, Func<string, bool> counts)
    {
        var stamp = new StringBuilder();
        foreach (var file in Files(paths, [paths.Source]).Where(counts))
        {
            var info = new FileInfo(file);
            stamp.Append(paths.Shown(file)).Append('|').Append(info.Length).Append('|').Append(info.LastWriteTimeUtc.Ticks).Append('\n');
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(stamp.ToString())));
    }

    /// <summary>A text that changes with the content of any file below the folders or directly in the root; the same in every checkout.</summary>
    public static string Hash(Paths paths, params IReadOnlyList<string> folders)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in Files(paths, folders))
        {
            hash.AppendData(Encoding.UTF8.GetBytes(paths.Shown(file) + "\n"));
            hash.AppendData(SHA256.HashData(File.ReadAllBytes(file)));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static IOrderedEnumerable<string> Files(Paths paths, IReadOnlyList<string> folders)
        => folders.Where(Directory.Exists)
            .SelectMany(folder => Directory.EnumerateFiles(folder, "*", Everything))
            .Where(file => !paths.Shown(file).Split('/').Any(part => part is "bin" or "obj" or "artifacts"))
            .Concat(Directory.EnumerateFiles(paths.Root).Where(file => Path.GetExtension(file) != ".md"))
            .Order(StringComparer.Ordinal);
}
