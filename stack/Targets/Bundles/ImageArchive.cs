using System.Formats.Tar;
using System.Text.Json;
using MicroMonitored.Model;

namespace MicroMonitored.Targets.Bundles;

/// <summary>A file of images as <c>docker save</c> writes it.</summary>
internal static class ImageArchive
{
    /// <summary>The references of the images in it, as <see cref="Familiar"/> writes them.</summary>
    /// <exception cref="FaultException">It is no such file.</exception>
    public static IReadOnlyList<string> References(string file)
    {
        try
        {
            using var tar = new TarReader(File.OpenRead(file));
            while (tar.GetNextEntry() is { } entry)
            {
                if (entry is not { Name: "manifest.json", DataStream: { } stream })
                    continue;
                using var document = JsonDocument.Parse(stream);
                return [.. document.RootElement.EnumerateArray().Select(image => image.GetProperty("RepoTags"))
                    .Where(tags => tags.ValueKind == JsonValueKind.Array).SelectMany(tags => tags.EnumerateArray())
                    .Select(tag => Familiar(tag.GetString()!))];
            }
        }
        catch (Exception exception)
            when (exception is IOException or InvalidDataException or JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new FaultException($"{Path.GetFileName(file)} is no file of images ({exception.Message.TrimEnd('.')}); make the bundle again");
        }

        throw new FaultException($"{Path.GetFileName(file)} names no images; make the bundle again");
    }

    /// <summary>A reference without what Docker adds by itself: <c>docker.io/library/busybox:1</c> is <c>busybox:1</c>.</summary>
    public static string Familiar(string reference)
        => reference.StartsWith("docker.io/library/", StringComparison.Ordinal) ? reference["docker.io/library/".Length..]
            : reference.StartsWith("docker.io/", StringComparison.Ordinal) ? reference["docker.io/".Length..]
            : reference;
}
