using System.Security.Cryptography;
using System.Text;

namespace MicroMonitored.Targets.Projects;

/// <summary>Tells whether files have changed, by path, size and time of last writing.</summary>
public static class Sources
{
    private static readonly EnumerationOptions Everything = new() { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint };

    /// <summary>A text that changes with any file below the folders, or with a file directly in the root.</summary>
    public static string Stamp(Paths paths, params IReadOnlyList<string> folders)
    {
        var stamp = new StringBuilder();
        var files = folders.Where(Directory.Exists).SelectMany(folder => Directory.EnumerateFiles(folder, "*", Everything))
            .Where(file => !paths.Shown(file).Split('/').Any(part => part is "bin" or "obj" or "artifacts"))
            .Concat(Directory.EnumerateFiles(paths.Root));
        foreach (var file in files.Order(StringComparer.Ordinal))
        {
            var info = new FileInfo(file);
            stamp.Append(paths.Shown(file)).Append('|').Append(info.Length).Append('|').Append(info.LastWriteTimeUtc.Ticks).Append('\n');
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(stamp.ToString())));
    }
}
