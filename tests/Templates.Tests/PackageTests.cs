using System.IO.Compression;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Templates.Tests;

public sealed partial class PackageTests(InstalledTemplates templates)
{
    [Fact]
    public async Task The_three_templates_are_listed()
    {
        var listed = (await templates.NewAsync(templates.Folder(), "list", "micro-monitored")).Succeeded().Output;
        foreach (var name in new[] { "micro-monitored ", "micro-monitored-service ", "micro-monitored-worker " })
            Assert.Contains(name, listed, StringComparison.Ordinal);
    }

    [Fact]
    public void The_package_holds_what_a_repository_needs_and_nothing_else()
    {
        using var package = templates.OpenPackage();
        var entries = package.Entries.Select(entry => entry.FullName).ToArray();
        Assert.All(entries, entry =>
        {
            Assert.False(entry.StartsWith('/') || entry.Contains('\\') || entry.Contains(':'), entry);
            Assert.DoesNotContain(entry.Split('/'), part => part is ".." or "bin" or "obj" or "artifacts" or ".vs");
        });
        Assert.Equal(entries.Distinct(), entries);
        const string root = "content/micro-monitored/";
        foreach (var needed in new[]
        {
            "build.sh", "build.ps1", "global.json", "Directory.Build.props", "Directory.Packages.props", ".gitignore", ".editorconfig", ".gitattributes",
            ".github/workflows/ci.yml", "build/Build.csproj", "build/Program.cs", "build/Tasks/Seed.cs", "stack/stack.json", "stack/stack.schema.json",
            "stack/expectations.schema.json", "stack/telemetry.schema.json", "src/MonitoredApp.Orders/expectations.json",
            "stack/assets.sha256", "stack/assets/compose.yaml.sbn", "src/MonitoredApp.Orders/Dockerfile",
        })
            Assert.Contains(root + needed, entries);
        Assert.DoesNotContain(entries, entry => entry.StartsWith(root + "stack/", StringComparison.Ordinal) && entry.EndsWith(".cs", StringComparison.Ordinal));
        Assert.All(Repository.Rooms,
            room => Assert.Contains(entries, entry => entry.StartsWith($"{root}feed/MicroMonitored.{room}.", StringComparison.Ordinal)));
    }

    /// <summary>What a team has to read before it merges: at most 90 files beside the packages, and 1,000 lines of C#, 1,600 with the tests.</summary>
    [Theory]
    [InlineData("memory")]
    [InlineData("sqlite")]
    public async Task A_repository_is_small(string storage)
    {
        var repository = await templates.RepositoryAsync("Shop", "--storage", storage);
        var files = repository.Files.Select(file => Path.GetRelativePath(repository.Folder, file).Replace('\\', '/'))
            .Where(file => !file.StartsWith("feed/", StringComparison.Ordinal)).ToList();
        Assert.InRange(files.Count, 1, 90);
        var lines = files.Where(file => file.EndsWith(".cs", StringComparison.Ordinal))
            .ToLookup(file => file.StartsWith("tests/", StringComparison.Ordinal), file => repository.Read(file).Count(letter => letter == '\n'));
        Assert.InRange(lines[false].Sum(), 1, 1000);
        Assert.InRange(lines[false].Sum() + lines[true].Sum(), lines[false].Sum() + 1, 1600);
    }

    /// <summary>Each file that the template engine reads costs it milliseconds more than one that it copies.</summary>
    [Fact]
    public void A_file_is_read_only_where_something_in_it_is_replaced()
    {
        using var package = templates.OpenPackage();
        const string root = "content/micro-monitored/";
        const string configuration = root + ".template.config/";
        using var template = JsonDocument.Parse(Text(package.GetEntry(configuration + "template.json")!));
        var replaced = template.RootElement.GetProperty("symbols").EnumerateObject()
            .Where(symbol => symbol.Value.TryGetProperty("replaces", out _))
            .Select(symbol => symbol.Value.GetProperty("replaces").GetString()!)
            .Append("#if (")
            .ToArray();
        var copied = template.RootElement.GetProperty("sources")[0].GetProperty("modifiers").EnumerateArray()
            .Where(modifier => modifier.TryGetProperty("copyOnly", out _))
            .SelectMany(modifier => modifier.GetProperty("copyOnly").EnumerateArray())
            .Select(glob => new Regex($"^{Regex.Escape(glob.GetString()!).Replace(@"\*\*/", "(.*/)?").Replace(@"\*\*", ".*").Replace(@"\*", "[^/]*")}$"))
            .ToArray();
        var read = package.Entries
            .Where(entry => entry.FullName.StartsWith(root, StringComparison.Ordinal) && !entry.FullName.StartsWith(configuration, StringComparison.Ordinal))
            .Where(entry => !copied.Any(glob => glob.IsMatch(entry.FullName[root.Length..])))
            .ToArray();
        Assert.NotEmpty(read);
        Assert.All(read, entry => Assert.True(
            replaced.Any(Text(entry).Contains),
            $"Nothing in {entry.FullName} is replaced: name it under copyOnly in template.json."));
    }

    [Fact]
    public async Task Upstream_packages_are_the_only_ones_that_a_feed_may_lack()
    {
        var restored = await Command.RunAsync(
            "dotnet", Repository.Root, "restore", "build/Build.csproj", "-nodeReuse:false", "-p:UpstreamPackages=true",
            $"-p:ArtifactsPath={templates.Folder()}");
        if (restored.ExitCode == 0)
            return;
        var errors = Error().Matches(restored.Output).Select(error => (Code: error.Groups[1].Value, Package: error.Groups[2].Value)).Distinct().ToArray();
        Assert.NotEmpty(errors);
        Assert.All(errors, error => Assert.Equal("NU1101", error.Code));
        Assert.Subset(new HashSet<string> { "Cake.Frosting", "Cake.Docker", "Scriban" }, errors.Select(error => error.Package).ToHashSet());
    }

    [GeneratedRegex(@"error (\w+): Unable to find package ([\w.]*\w)|error (?!NU1101)(\w+)")]
    private static partial Regex Error();

    [Fact]
    public void Text_ends_its_lines_with_lf()
    {
        using var package = templates.OpenPackage();
        foreach (var entry in package.Entries.Where(entry
            => entry.FullName.StartsWith("content/", StringComparison.Ordinal) && Path.GetExtension(entry.FullName) is not (".png" or ".nupkg")))
            Assert.False(Text(entry).Contains('\r', StringComparison.Ordinal), entry.FullName);
    }

    [Fact]
    public void Nothing_but_restore_chmod_and_the_solution_runs_after_creation()
    {
        string[] known =
        [
            "210D431B-A78B-4D2F-B762-4ED3E3EA9025", "CB9A6CF3-4F5C-4860-B9D2-03A574959774", "D396686C-DE0E-4DE6-906D-291CD29FC5DE",
            "A0E4A41C-2D0F-4A5E-9F0A-6A2F6C1D7B10",
        ];
        foreach (var folder in Repository.TemplateFolders)
        {
            using var template = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, ".template.config", "template.json")));
            Assert.All(
                template.RootElement.GetProperty("postActions").EnumerateArray(),
                action => Assert.Contains(action.GetProperty("actionId").GetString()!.ToUpperInvariant(), known));
        }
    }

    private static string Text(ZipArchiveEntry entry)
    {
        using var reader = new StreamReader(entry.Open(), Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
