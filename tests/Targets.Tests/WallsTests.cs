using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Targets.Tests;

/// <summary>The walls of the house: settings → model → rendered stack → engine → verification → report, and no way back.</summary>
public sealed partial class WallsTests
{
    private const int Widest = 160;
    private const int Longest = 400;
    private static readonly string Root = Paths.Of(AppContext.BaseDirectory).Root;

    /// <summary>The rooms that each room may know.</summary>
    private static readonly Dictionary<string, string[]> Known = new()
    {
        ["Model"] = [],
        ["Protocols"] = [],
        ["Instrumentation"] = [],
        ["Cake"] = [],
        ["Verification"] = ["Model", "Protocols"],
        ["Embedded"] = ["Model", "Protocols"],
        ["Testing"] = ["Model", "Protocols", "Verification", "Embedded"],
        ["Targets"] = ["Model", "Protocols", "Verification", "Embedded", "Cake"],
    };

    [Fact]
    public void A_room_knows_only_rooms_to_its_left()
    {
        var rooms = Directory.EnumerateFiles(Path.Combine(Root, "stack"), "MicroMonitored.*.csproj", SearchOption.AllDirectories).ToList();
        Assert.NotEmpty(rooms);
        Assert.All(rooms, project => Assert.Subset(Known[RoomOf(project)].ToHashSet(), References(project).Select(RoomOf).ToHashSet()));
    }

    [Theory]
    [InlineData("MicroMonitored.Model", "Cake|Spectre|Microsoft\\.AspNetCore")]
    [InlineData("MicroMonitored.Protocols", "Cake|Spectre|Scriban|Sqlite|MicroMonitored|Microsoft\\.AspNetCore")]
    [InlineData("MicroMonitored.Verification", "Cake|Scriban|Sqlite|MicroMonitored\\.Embedded")]
    [InlineData("MicroMonitored.Embedded", "Cake|Spectre|Scriban|MicroMonitored\\.Verification")]
    public void A_compiled_room_uses_nothing_to_its_right(string room, string forbidden)
    {
        var folder = Path.Combine(Root, "artifacts", "bin", room);
        var assembly = Directory.EnumerateFiles(folder, room + ".dll", SearchOption.AllDirectories).OrderByDescending(File.GetLastWriteTimeUtc).First();
        using var reader = new PEReader(File.OpenRead(assembly));
        var metadata = reader.GetMetadataReader();
        var used = metadata.AssemblyReferences.Select(handle => metadata.GetString(metadata.GetAssemblyReference(handle).Name)).ToList();
        Assert.NotEmpty(used);
        Assert.DoesNotContain(used, name => Regex.IsMatch(name, $"^({forbidden}|MicroMonitored\\.Targets|Build)"));
    }

    [Fact]
    public void Services_know_only_instrumentation()
    {
        var services = Directory.EnumerateFiles(Path.Combine(Root, "templates"), "*.csproj", SearchOption.AllDirectories)
            .Where(project => project.Contains($"{Path.DirectorySeparatorChar}src{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            .ToList();
        Assert.NotEmpty(services);
        Assert.All(services.SelectMany(Packages), package => Assert.Equal("MicroMonitored.Instrumentation", package));
    }

    [Fact]
    public void Verification_knows_nothing_of_docker_or_processes()
        => Assert.DoesNotContain(Sources("stack/Verification"), source => DockerOrProcess().IsMatch(source.Text));

    [Fact]
    public void Only_the_given_options_read_the_command_line()
        => Assert.Equal(
            ["stack/Targets/Options/GivenOptions.cs"],
            Sources("stack/Targets").Concat(Sources("build")).Where(source => source.Text.Contains("GetArguments()", StringComparison.Ordinal))
                .Select(source => source.Path));

    [Fact]
    public void Docker_is_spoken_to_by_the_docker_engine_alone()
        => Assert.All(
            Sources("stack/Targets").Concat(Sources("build")).Where(source => source.Text.Contains("using Cake.Docker;", StringComparison.Ordinal)),
            source => Assert.StartsWith("stack/Targets/Engines/Docker/", source.Path, StringComparison.Ordinal));

    [Fact]
    public void Cakes_room_knows_nothing_of_the_targets()
        => Assert.DoesNotContain(Sources("stack/Cake"), source => source.Text.Contains("MicroMonitored", StringComparison.Ordinal));

    [Fact]
    public void A_target_is_one_small_file_named_after_it()
    {
        foreach (var source in Sources("stack/Targets/Tasks").Concat(Sources("build/Tasks")))
        {
            var name = Path.GetFileNameWithoutExtension(source.Path);
            Assert.Contains($"[TaskName(nameof({name}))]", source.Text, StringComparison.Ordinal);
            Assert.Contains("[TaskDescription(\"", source.Text, StringComparison.Ordinal);
            Assert.Contains($"public sealed class {name} ", source.Text.Replace(":", " :", StringComparison.Ordinal), StringComparison.Ordinal);
            Assert.InRange(source.Text.Split('\n').Length, 5, 40);
        }
    }

    [Fact]
    public void Nobody_is_filed_under_a_word_that_says_nothing()
        => Assert.DoesNotContain(Sources("build").Concat(Sources("stack")), source => Vague().IsMatch(Path.GetFileNameWithoutExtension(source.Path)));

    [Theory]
    [InlineData("build")]
    [InlineData("stack")]
    [InlineData("templates")]
    [InlineData("tests")]
    public void A_file_fits_the_screen(string folder)
    {
        var files = Sources(folder).Select(source => (source.Path, Lines: source.Text.TrimEnd('\n').Split('\n'))).ToList();
        Assert.NotEmpty(files);
        var wide = files.SelectMany(file => file.Lines.Index().Where(line => line.Item.Length > Widest).Select(line => $"{file.Path}:{line.Index + 1}"));
        Assert.Empty(wide.Concat(files.Where(file => file.Lines.Length > Longest).Select(file => $"{file.Path} has {file.Lines.Length} lines")));
    }

    [Fact]
    public void A_test_is_named_by_a_sentence_with_underscores()
    {
        var names = Sources("tests/Targets.Tests").SelectMany(source => TestName().Matches(source.Text)).Select(match => match.Groups[1].Value).ToList();
        Assert.NotEmpty(names);
        Assert.All(names, name => Assert.Contains('_', name));
    }

    private static IEnumerable<(string Path, string Text)> Sources(string folder)
        => Directory.EnumerateFiles(Path.Combine(Root, folder), "*.cs", SearchOption.AllDirectories)
            .Select(file => (Path.GetRelativePath(Root, file).Replace('\\', '/'), File.ReadAllText(file)));

    private static string RoomOf(string project) => Path.GetFileNameWithoutExtension(project).Replace("MicroMonitored.", "", StringComparison.Ordinal);

    private static IEnumerable<string> References(string project)
        => XDocument.Load(project).Descendants("ProjectReference").Select(reference => (string)reference.Attribute("Include")!);

    private static IEnumerable<string> Packages(string project)
        => XDocument.Load(project).Descendants("PackageReference")
            .Select(reference => (string)reference.Attribute("Include")!)
            .Where(package => package.StartsWith("MicroMonitored.", StringComparison.Ordinal));

    [GeneratedRegex(@"\b(docker (ps|run|compose)|Process\.Start|ProcessStartInfo|using Cake)\b")]
    private static partial Regex DockerOrProcess();

    [GeneratedRegex("(Utils?|Helpers?|Common|Manager)$")]
    private static partial Regex Vague();

    [GeneratedRegex(@"\[(?:Fact|Theory)\][^(]*?(?:\[[^\n]*\n[^(]*?)*public (?:async )?[\w<>]+ (\w+)\(")]
    private static partial Regex TestName();
}
