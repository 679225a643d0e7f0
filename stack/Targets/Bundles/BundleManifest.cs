using System.Text.Json.Serialization;

namespace MicroMonitored.Targets.Bundles;

/// <summary>What a bundle holds: its first entry.</summary>
/// <param name="Version">The version of the packages that it was made with.</param>
/// <param name="Images">The image references that it brings.</param>
/// <param name="Files">Every other entry, in the order in which they stand.</param>
internal sealed record BundleManifest(string Version, IReadOnlyList<string> Images, IReadOnlyList<BundledFile> Files)
{
    /// <summary>The entry that it is.</summary>
    public const string Name = "manifest.json";

    /// <summary>The images, as <c>docker save</c> writes them.</summary>
    public const string ImagesFile = "images.tar";

    /// <summary>The packages that came with the repository.</summary>
    public const string Feed = "feed/";

    /// <summary>The packages that its builds restore from elsewhere.</summary>
    public const string Packages = "offline/";
}

/// <summary>One entry of a bundle.</summary>
/// <param name="Path">With <c>/</c>, relative.</param>
/// <param name="Sha256">In lower-case hexadecimal digits.</param>
internal sealed record BundledFile(string Path, long Bytes, string Sha256);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(BundleManifest))]
internal sealed partial class BundleJson : JsonSerializerContext;
