using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text.Json;
using MicroMonitored.Model;

namespace MicroMonitored.Targets.Bundles;

/// <summary>A bundle on disk: a tar file whose first entry says what the others are.</summary>
internal static class BundleFile
{
    /// <summary>Writes the files below a folder, and puts the whole in place at once.</summary>
    /// <returns>The manifest.</returns>
    public static BundleManifest Write(string file, string version, IReadOnlyList<string> images, string folder)
    {
        var paths = Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(folder, path).Replace('\\', '/')).Order(StringComparer.Ordinal).ToList();
        var manifest = new BundleManifest(version, images, [.. paths.Select(path => Described(path, Path.Combine(folder, path)))]);
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
        var temporary = $"{file}.{Environment.ProcessId}.tmp";
        try
        {
            using (var tar = new TarWriter(File.Create(temporary)))
            {
                tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, BundleManifest.Name)
                {
                    DataStream = new MemoryStream(JsonSerializer.SerializeToUtf8Bytes(manifest, BundleJson.Default.BundleManifest)),
                });
                foreach (var path in paths)
                    tar.WriteEntry(Path.Combine(folder, path), path);
            }

            File.Move(temporary, file, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }

        return manifest;
    }

    /// <summary>Unpacks a bundle into a folder and checks every file of it.</summary>
    /// <exception cref="FaultException">It cannot be read, or is not what its manifest says: every fault at once.</exception>
    public static BundleManifest Unpack(string file, string folder)
    {
        try
        {
            using var tar = new TarReader(File.OpenRead(file));
            if (tar.GetNextEntry() is not { Name: BundleManifest.Name, DataStream: { } stream }
                || JsonSerializer.Deserialize(stream, BundleJson.Default.BundleManifest) is not { Files: not null, Images: not null } manifest)
                throw new InvalidDataException("it does not begin with its manifest");
            var expected = manifest.Files.ToDictionary(one => one.Path, StringComparer.Ordinal);
            while (tar.GetNextEntry() is { } entry)
            {
                // Only what the manifest names, and nothing outside the folder.
                if (!expected.ContainsKey(entry.Name) || Path.IsPathRooted(entry.Name) || entry.Name.Split('/', '\\').Contains(".."))
                    throw new InvalidDataException($"{entry.Name} is not in its manifest");
                var target = Path.Combine(folder, entry.Name);
                Directory.CreateDirectory(Path.GetDirectoryName(target)!);
                entry.ExtractToFile(target, overwrite: true);
            }

            var faults = manifest.Files.Select(one => Fault(one, Path.Combine(folder, one.Path))).OfType<string>().ToList();
            return faults.Count == 0 ? manifest : throw new FaultException([.. faults.Select(fault => $"{file}: {fault}; copy the bundle again")]);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidDataException or JsonException or ArgumentException)
        {
            throw new FaultException(
                exception is FileNotFoundException or DirectoryNotFoundException ? $"--load={file}: there is no such file; give one that the Bundle target made"
                : DiskSpace.IsShort(exception.Message) ? $"{file} cannot be unpacked into {folder} ({exception.Message.TrimEnd('.')}); make room on that disk"
                : $"{file} is no bundle, or is damaged ({exception.Message.Split('\n')[0].TrimEnd('.')}); copy the bundle again");
        }
    }

    private static string? Fault(BundledFile one, string file)
        => !File.Exists(file) ? $"{one.Path} is missing"
            : Described(one.Path, file) is var found && found.Bytes != one.Bytes ? $"{one.Path} has {found.Bytes} bytes, its manifest says {one.Bytes}"
            : found.Sha256 != one.Sha256 ? $"{one.Path} has the checksum {found.Sha256}, its manifest says {one.Sha256}"
            : null;

    private static BundledFile Described(string path, string file)
    {
        using var stream = File.OpenRead(file);
        return new BundledFile(path, stream.Length, Convert.ToHexStringLower(SHA256.HashData(stream)));
    }
}
