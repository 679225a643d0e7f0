using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using YamlDotNet.RepresentationModel;

namespace Templates.Tests;

/// <summary>A repository that the template made.</summary>
internal sealed record ScaffoldedRepository(string Folder)
{
    private static readonly JsonDocumentOptions Lenient = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    // What no symbol of the template is replaced in: sources that have directives of their own, and packages.
    private static readonly string[] Copied = ["build/", "stack/", "feed/"];

    /// <summary>Everything but what a build wrote.</summary>
    public IEnumerable<string> Files => Directory.EnumerateFiles(Folder, "*", new EnumerationOptions
    {
        RecurseSubdirectories = true,
        AttributesToSkip = FileAttributes.None,
    }).Where(file => !file.StartsWith(Path.Combine(Folder, "artifacts") + Path.DirectorySeparatorChar, StringComparison.Ordinal));

    public JsonElement Settings => Json(Path.Combine(Folder, "stack", "stack.json"));

    public string Solution => Directory.GetFiles(Folder, "*.slnx").Single();

    public IReadOnlyList<string> Projects
        => [.. XDocument.Load(Solution).Descendants("Project").Select(project => project.Attribute("Path")!.Value)];

    public bool Has(string path) => Path.Exists(Path.Combine(Folder, path));

    public string Read(string path) => File.ReadAllText(Path.Combine(Folder, path));

    /// <summary>The port of a service, the same in its launch settings and in its requests to try.</summary>
    public int PortOf(string project)
    {
        var profiles = Json(Path.Combine(Folder, "src", project, "Properties", "launchSettings.json")).GetProperty("profiles");
        var address = profiles.GetProperty("http").GetProperty("applicationUrl").GetString()!;
        if (profiles.TryGetProperty("https", out var https))
            Assert.Matches($@"^https://localhost:7[0-3]\d\d;{Regex.Escape(address)}$", https.GetProperty("applicationUrl").GetString());
        if (Has($"src/{project}/{project}.http"))
            Assert.Contains($"= {address}\n", Read($"src/{project}/{project}.http"), StringComparison.Ordinal);
        return new Uri(address).Port;
    }

    /// <summary>Every file reads as what it is and nothing of the template is left in it.</summary>
    public async Task CheckAsync()
    {
        foreach (var file in Files)
        {
            Assert.DoesNotContain("MonitoredApp", file, StringComparison.Ordinal);
            Assert.DoesNotContain("RawName", file, StringComparison.Ordinal);
            var relative = Path.GetRelativePath(Folder, file).Replace('\\', '/');
            if (!Copied.Any(folder => relative.StartsWith(folder, StringComparison.Ordinal)))
            {
                var text = await File.ReadAllTextAsync(file);
                Assert.DoesNotContain("MonitoredApp", text, StringComparison.Ordinal);
                Assert.DoesNotContain("#if", text, StringComparison.Ordinal);
                Assert.DoesNotContain("#endif", text, StringComparison.Ordinal);
            }

            Parse(file);
        }

        Assert.All(Projects, project => Assert.True(Has(project), project));
        foreach (var script in Files.Where(file => file.EndsWith(".sh", StringComparison.Ordinal)))
            (await Command.RunAsync("bash", Folder, "-n", script)).Succeeded();
    }

    private static void Parse(string file)
    {
        switch (Path.GetExtension(file))
        {
            case ".json":
                Json(file);
                break;
            case ".csproj" or ".props" or ".slnx" or ".targets":
                XDocument.Load(file);
                break;
            case ".yml" or ".yaml":
                using (var reader = File.OpenText(file))
                    new YamlStream().Load(reader);
                break;
        }
    }

    private static JsonElement Json(string file) => JsonDocument.Parse(File.ReadAllText(file), Lenient).RootElement;
}
