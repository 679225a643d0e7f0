using System.IO.Compression;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Text;
using System.Xml.Linq;

namespace Templates.Tests;

/// <summary>Each package that a repository is made from, as it lies in the feed.</summary>
public sealed class RoomPackageTests(InstalledTemplates templates)
{
    private const long LargestFeed = 4 << 20;

    public static TheoryData<string> Rooms => [.. Repository.Rooms];

    [Theory]
    [MemberData(nameof(Rooms))]
    public void Package_says_what_it_is(string room)
    {
        using var package = Open(room);
        var metadata = XDocument.Load(Entry(package, $"MicroMonitored.{room}.nuspec").Open()).Root!.Elements().First();
        string Value(string name) => metadata.Elements().FirstOrDefault(element => element.Name.LocalName == name)?.Value ?? "";
        Assert.Equal($"MicroMonitored.{room}", Value("id"));
        Assert.InRange(Value("description").Length, 40, 400);
        Assert.Equal("MIT", Value("license"));
        Assert.Equal("expression", metadata.Elements().Single(element => element.Name.LocalName == "license").Attribute("type")!.Value);
        Assert.True(Entry(package, Value("readme")).Length > 100);
        Assert.True(Entry(package, Value("icon")).Length > 100);
        Assert.DoesNotContain(metadata.Descendants(), element => element.Name.LocalName == "dependency" && element.Attribute("id")!.Value is "Grpc.Tools");
    }

    [Theory]
    [MemberData(nameof(Rooms))]
    public void Library_has_documentation_and_embedded_symbols_and_knows_no_path_of_this_machine(string room)
    {
        using var package = Open(room);
        var assembly = Bytes(Library(package, room));
        var documentation = Encoding.UTF8.GetString(Bytes(Entry(package, $"lib/net10.0/MicroMonitored.{room}.xml")));
        Assert.Contains($"<name>MicroMonitored.{room}</name>", documentation, StringComparison.Ordinal);

        using var image = new PEReader(new MemoryStream(assembly));
        var symbols = Assert.Single(image.ReadDebugDirectory(), entry => entry.Type == DebugDirectoryEntryType.EmbeddedPortablePdb);
        using var provider = image.ReadEmbeddedPortablePdbDebugDirectoryData(symbols);
        var reader = provider.GetMetadataReader();
        var documents = reader.Documents.Select(handle => reader.GetString(reader.GetDocument(handle).Name)).ToArray();
        Assert.NotEmpty(documents);
        Assert.All(documents, document => Assert.Matches("^/(stack|artifacts)/", document));

        foreach (var path in new[] { Repository.Root, Environment.GetFolderPath(Environment.SpecialFolder.UserProfile) + "/.nuget" })
        {
            Assert.Equal(-1, assembly.AsSpan().IndexOf(Encoding.UTF8.GetBytes(path)));
            Assert.Equal(-1, assembly.AsSpan().IndexOf(Encoding.Unicode.GetBytes(path)));
        }
    }

    /// <summary>One room for all: they are compiled by the same settings.</summary>
    [Fact]
    public async Task Packing_again_elsewhere_gives_the_same_assembly()
    {
        const string room = "Model";
        var folder = templates.Folder();
        var version = Path.GetFileName(Path.GetDirectoryName(templates.Package))!;
        (await Command.RunAsync(
            "dotnet", folder,
            "pack", Path.Combine(Repository.Root, "stack", room), "--configuration", "Release", "--nologo", "--verbosity", "quiet", "-nodeReuse:false",
            "-p:RunAnalyzers=false",
            $"-p:VersionOfPackages={version}", $"-p:ArtifactsPath={folder}/artifacts", $"-p:PackageOutputPath={folder}/")).Succeeded();
        using var first = Open(room);
        using var again = ZipFile.OpenRead(Path.Combine(folder, $"MicroMonitored.{room}.{version}.nupkg"));

        Assert.Equal(Bytes(Library(first, room)), Bytes(Library(again, room)));
    }

    [Fact]
    public void Feed_is_small()
    {
        using var package = templates.OpenPackage();
        var feed = package.Entries.Where(entry => entry.FullName.Contains("/feed/", StringComparison.Ordinal));
        Assert.InRange(feed.Sum(entry => entry.Length), 1, LargestFeed);
    }

    private ZipArchive Open(string room)
    {
        using var package = templates.OpenPackage();
        var start = $"content/micro-monitored/feed/MicroMonitored.{room}.";
        var entry = package.Entries.Single(entry => entry.FullName.StartsWith(start, StringComparison.Ordinal));
        return new ZipArchive(new MemoryStream(Bytes(entry)));
    }

    private static ZipArchiveEntry Library(ZipArchive package, string room) => Entry(package, $"lib/net10.0/MicroMonitored.{room}.dll");

    private static ZipArchiveEntry Entry(ZipArchive package, string path) => Assert.Single(package.Entries, entry => entry.FullName == path);

    private static byte[] Bytes(ZipArchiveEntry entry)
    {
        using var stream = entry.Open();
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }
}
