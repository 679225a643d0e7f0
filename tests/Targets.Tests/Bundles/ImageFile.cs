using System.Formats.Tar;
using System.Text.Json;
using MicroMonitored.Targets.Bundles;

namespace Targets.Tests.Bundles;

/// <summary>A file of images as docker save writes it, without the images.</summary>
internal static class ImageFile
{
    public static void Write(string file, IEnumerable<string> references)
    {
        using var tar = new TarWriter(File.Create(file));
        Add(tar, "blobs/sha256/0", "layer"u8);
        Add(tar, "manifest.json", JsonSerializer.SerializeToUtf8Bytes(
            references.Select(reference => new { Config = "blobs/sha256/0", RepoTags = new[] { reference }, Layers = Array.Empty<string>() })));
    }

    public static IReadOnlyList<string> Read(string file) => ImageArchive.References(file);

    public static void Add(TarWriter tar, string name, ReadOnlySpan<byte> content)
        => tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(content.ToArray()) });
}
