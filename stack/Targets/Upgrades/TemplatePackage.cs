using System.IO.Compression;
using System.Xml.Linq;
using MicroMonitored.Model;

namespace MicroMonitored.Targets.Upgrades;

/// <summary>What a template package holds for a repository that is there already, whole and checked.</summary>
/// <param name="Rooms">The packages for <c>feed/</c>, by file name.</param>
/// <param name="Versions">Its <c>Directory.Packages.props</c>.</param>
/// <param name="Record">Its <c>stack/assets.sha256</c>.</param>
/// <param name="Contents">The files of the record, by path below <c>stack/</c>.</param>
internal sealed record TemplatePackage(
    VersionNumber Version,
    IReadOnlyDictionary<string, byte[]> Rooms,
    string Versions,
    string Record,
    ShippedFiles Shipped,
    IReadOnlyDictionary<string, byte[]> Contents)
{
    public const string Id = "MicroMonitored.Templates";
    private const string Content = "content/micro-monitored/";

    /// <exception cref="FaultException">The file is no such package, or is damaged; nothing else has happened.</exception>
    public static TemplatePackage Read(string file)
    {
        try
        {
            using var archive = ZipFile.OpenRead(file);
            return Read(file, archive.Entries.Where(entry => entry.Name.Length > 0).ToDictionary(entry => Uri.UnescapeDataString(entry.FullName), Bytes));
        }
        catch (Exception exception) when (exception is InvalidDataException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new FaultException($"{file} cannot be read as a package ({exception.Message.TrimEnd('.')}); give a {Id}.<version>.nupkg");
        }
    }

    private static TemplatePackage Read(string file, Dictionary<string, byte[]> entries)
    {
        var (id, version) = Identity(entries);
        if (id != Id || VersionNumber.Of(version) is not { } number)
            throw new FaultException($"{file} is {(id is null ? "no NuGet package" : $"{id} {version}")}; give a {Id}.<version>.nupkg");
        string Text(string path) => entries.TryGetValue(Content + path, out var bytes) ? System.Text.Encoding.UTF8.GetString(bytes) : "";
        if (Text("stack/assets.sha256") is not { Length: > 0 } record)
            throw new FaultException($"{file} does not say what it ships (stack/assets.sha256): it is older than 0.2.0 or damaged; give a newer one");

        var shipped = ShippedFiles.Of(record, $"{file}: stack/assets.sha256");
        const string feed = Content + "feed/";
        var rooms = entries.Where(entry => entry.Key.StartsWith(feed, StringComparison.Ordinal))
            .ToDictionary(entry => entry.Key[feed.Length..], entry => entry.Value);
        var versions = Text("Directory.Packages.props");
        List<string> faults =
        [
            .. shipped.Hashes
                .Where(one => !entries.TryGetValue($"{Content}stack/{one.Key}", out var bytes) || !ShippedFiles.Is(bytes, one.Value))
                .Select(one => $"stack/{one.Key} is not what its record says"),
            .. rooms.Where(room => !IsRoom(room.Key, room.Value, version!)).Select(room => $"feed/{room.Key} is no package of version {version}"),
        ];
        if (!rooms.ContainsKey($"MicroMonitored.Targets.{version}.nupkg"))
            faults.Add($"feed/MicroMonitored.Targets.{version}.nupkg is missing");
        if (CentralVersions.MicroMonitored(versions) != version)
            faults.Add($"Directory.Packages.props does not say <MicroMonitoredVersion>{version}</MicroMonitoredVersion>");
        if (shipped.Version != version)
            faults.Add($"stack/assets.sha256 is of version {shipped.Version}");
        return faults.Count == 0
            ? new TemplatePackage(
                number, rooms, versions, record, shipped, shipped.Hashes.Keys.ToDictionary(path => path, path => entries[$"{Content}stack/{path}"]))
            : throw new FaultException([.. faults.Select(fault => $"{file} is damaged: {fault}; get it again")]);
    }

    private static (string? Id, string? Version) Identity(Dictionary<string, byte[]> entries)
    {
        if (entries.FirstOrDefault(entry => entry.Key.EndsWith(".nuspec", StringComparison.Ordinal) && !entry.Key.Contains('/')).Value is not { } nuspec)
            return (null, null);
        try
        {
            var metadata = XDocument.Load(new MemoryStream(nuspec)).Root!.Elements().First();
            string? Value(string name) => metadata.Elements().FirstOrDefault(element => element.Name.LocalName == name)?.Value;
            return (Value("id"), Value("version"));
        }
        catch (Exception exception) when (exception is System.Xml.XmlException or InvalidOperationException)
        {
            throw new InvalidDataException(exception.Message);
        }
    }

    private static bool IsRoom(string name, byte[] content, string version)
    {
        try
        {
            using var archive = new ZipArchive(new MemoryStream(content));
            var outermost = archive.Entries.Where(entry => !entry.FullName.Contains('/')).ToDictionary(entry => entry.FullName, Bytes);
            return Identity(outermost) is ({ } id, var declared) && declared == version && name == $"{id}.{version}.nupkg";
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }

    private static byte[] Bytes(ZipArchiveEntry entry)
    {
        using var stream = entry.Open();
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }
}
