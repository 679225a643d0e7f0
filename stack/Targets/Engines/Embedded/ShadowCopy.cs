using System.Security.Cryptography;
using System.Text;

namespace MicroMonitored.Targets.Engines.Embedded;

/// <summary>Keeps running programs apart from the compiler's output, so that a build never writes into a loaded assembly.</summary>
internal static class ShadowCopy
{
    /// <summary>Copies the program to <c>folder/name-hash</c> unless it is there.</summary>
    /// <param name="wanted">The files to take, by path; null takes all.</param>
    /// <returns>The path of the copied entry assembly.</returns>
    public static string Of(string program, string folder, string name, string assembly, Func<string, bool>? wanted = null)
    {
        var files = Directory.EnumerateFiles(program, "*", SearchOption.AllDirectories)
            .Where(wanted ?? (static _ => true))
            .Order(StringComparer.Ordinal)
            .ToList();
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in files)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(Path.GetRelativePath(program, file)));
            hash.AppendData(File.ReadAllBytes(file));
        }

        var version = Convert.ToHexStringLower(hash.GetHashAndReset())[..16];
        var target = Path.Combine(folder, $"{name}-{version}");
        if (!Directory.Exists(target))
        {
            var partial = $"{target}.{Environment.ProcessId}";
            foreach (var file in files)
            {
                var copy = Path.Combine(partial, Path.GetRelativePath(program, file));
                Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
                File.Copy(file, copy);
            }

            Directory.Move(partial, target);
        }

        return Path.Combine(target, assembly + ".dll");
    }
}
