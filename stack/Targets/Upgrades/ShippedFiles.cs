using System.Security.Cryptography;
using MicroMonitored.Model;

namespace MicroMonitored.Targets.Upgrades;

/// <summary>What came with the packages for a team to change, as it was when it came: <c>stack/assets.sha256</c>.</summary>
/// <param name="Version">The packages that it came with.</param>
/// <param name="Hashes">SHA-256 in hexadecimal, by path below <c>stack/</c>.</param>
internal sealed record ShippedFiles(string Version, IReadOnlyDictionary<string, string> Hashes)
{
    /// <param name="shown">How a fault names the text.</param>
    /// <exception cref="FaultException">A line is not what the record is made of.</exception>
    public static ShippedFiles Of(string text, string shown)
    {
        var lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var hashes = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in lines.Skip(1))
        {
            if (line.Split("  ", 2) is not [{ Length: 64 } hash, var path]
                || (path.Split('/') is not ["assets", _, ..] && !(path.EndsWith(".schema.json", StringComparison.Ordinal) && !path.Contains('/')))
                || path.Split('/', '\\').Contains(".."))
                throw new FaultException($"{shown}: \"{line}\" is no line of it; restore the file from version control");
            hashes[path] = hash;
        }

        return lines is [['#', ' ', .. var version], ..] && hashes.Count > 0
            ? new ShippedFiles(version, hashes)
            : throw new FaultException($"{shown} does not begin with # and a version; restore the file from version control");
    }

    /// <summary>The record of a repository.</summary>
    /// <exception cref="FaultException">There is none, or it is broken.</exception>
    public static ShippedFiles Of(Paths paths)
        => File.Exists(paths.Shipped)
            ? Of(File.ReadAllText(paths.Shipped), paths.Shown(paths.Shipped))
            : throw new FaultException(
                $"{paths.Shown(paths.Shipped)} is missing, which tells your changes from what was shipped; restore it from version control");

    /// <summary>Whether the content is what was shipped, whatever a checkout made of its line ends.</summary>
    public static bool Is(byte[] content, string? hash)
        => hash is not null && (Hash(content).Equals(hash, StringComparison.OrdinalIgnoreCase)
            || Hash([.. content.Where(character => character != '\r')]).Equals(hash, StringComparison.OrdinalIgnoreCase));

    private static string Hash(byte[] content) => Convert.ToHexString(SHA256.HashData(content));
}
