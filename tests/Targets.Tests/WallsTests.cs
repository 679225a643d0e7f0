using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Text.RegularExpressions;

namespace Targets.Tests;

/// <summary>The walls of the house: settings → model → rendered stack → engine → verification → report, and no way back.</summary>
public sealed partial class WallsTests
{
    private static readonly string Root = Paths.Of(AppContext.BaseDirectory).Root;

    [Theory]
    [InlineData("MicroMonitored.Model", "Cake|Spectre|MicroMonitored|Build|Microsoft\\.AspNetCore")]
    [InlineData("MicroMonitored.Protocols", "Cake|Spectre|MicroMonitored|Build|Microsoft\\.AspNetCore|Scriban|Sqlite")]
    [InlineData("MicroMonitored.Verification", "Cake|MicroMonitored\\.(Model|Embedded)|Build|Scriban|Sqlite")]
    [InlineData("MicroMonitored.Embedded", "Cake|Spectre|MicroMonitored\\.Verification|Build|Scriban")]
    public void ARoomUsesOnlyRoomsToItsLeft(string room, string forbidden)
    {
        var folder = Path.Combine(Root, "artifacts", "bin", room);
        var assembly = Directory.EnumerateFiles(folder, room + ".dll", SearchOption.AllDirectories).OrderByDescending(File.GetLastWriteTimeUtc).First();
        using var reader = new PEReader(File.OpenRead(assembly));
        var metadata = reader.GetMetadataReader();
        var used = metadata.AssemblyReferences.Select(handle => metadata.GetString(metadata.GetAssemblyReference(handle).Name)).ToList();
        Assert.NotEmpty(used);
        Assert.DoesNotContain(used, name => Regex.IsMatch(name, $"^({forbidden})"));
    }

    [Fact]
    public void VerificationKnowsNothingOfDockerOrProcesses()
        => Assert.DoesNotContain(Sources("stack/Verification"), source => DockerOrProcess().IsMatch(source.Text));

    [Fact]
    public void OnlyArgumentsReadsTheCommandLine()
        => Assert.Equal(["build/Arguments.cs"], Sources("build").Where(source => !source.Path.StartsWith("build/Cake/", StringComparison.Ordinal) && source.Text.Contains("GetArguments()", StringComparison.Ordinal)).Select(source => source.Path));

    [Fact]
    public void DockerIsSpokenToByTheDockerEngineAlone()
        => Assert.All(
            Sources("build").Where(source => source.Text.Contains("using Cake.Docker;", StringComparison.Ordinal) && !source.Path.StartsWith("build/Cake/", StringComparison.Ordinal)),
            source => Assert.StartsWith("build/Engines/", source.Path, StringComparison.Ordinal));

    [Fact]
    public void CakeRoomsKnowNothingOfTheBuild()
        => Assert.DoesNotContain(Sources("build/Cake"), source => source.Text.Contains("using Build", StringComparison.Ordinal) || source.Text.Contains("MicroMonitored", StringComparison.Ordinal));

    [Fact]
    public void ATargetIsOneSmallFileNamedAfterIt()
    {
        foreach (var source in Sources("build/Tasks").Concat(Sources("build/Repo")).Where(source => source.Text.Contains("[TaskName(", StringComparison.Ordinal)))
        {
            var name = Path.GetFileNameWithoutExtension(source.Path);
            Assert.Contains($"[TaskName(nameof({name}))]", source.Text, StringComparison.Ordinal);
            Assert.Contains("[TaskDescription(\"", source.Text, StringComparison.Ordinal);
            Assert.Contains($"public sealed class {name} ", source.Text.Replace(":", " :", StringComparison.Ordinal), StringComparison.Ordinal);
            Assert.InRange(source.Text.Split('\n').Length, 5, 40);
        }
    }

    [Fact]
    public void NobodyIsFiledUnderAWordThatSaysNothing()
        => Assert.DoesNotContain(Sources("build").Concat(Sources("stack")), source => Vague().IsMatch(Path.GetFileNameWithoutExtension(source.Path)));

    private static IEnumerable<(string Path, string Text)> Sources(string folder)
        => Directory.EnumerateFiles(Path.Combine(Root, folder), "*.cs", SearchOption.AllDirectories)
            .Select(file => (Path.GetRelativePath(Root, file).Replace('\\', '/'), File.ReadAllText(file)));

    [GeneratedRegex(@"\b(docker (ps|run|compose)|Process\.Start|ProcessStartInfo|using Cake)\b")]
    private static partial Regex DockerOrProcess();

    [GeneratedRegex("(Utils?|Helpers?|Common|Manager)$")]
    private static partial Regex Vague();
}
