using System.Text.RegularExpressions;

namespace EndToEnd.Tests.Packages;

/// <summary>The next version of the packages, packed from a changed copy of this checkout.</summary>
public static partial class NextVersion
{
    /// <summary>Another one in every run: NuGet never looks twice at a version that it has.</summary>
    public static readonly string Number = $"99.0.0-dev.n{Guid.NewGuid():n}"[..24];

    /// <summary>A check that this version alone has.</summary>
    public const string Check = "stack.ready-anew";

    /// <summary>A setting that this version alone has.</summary>
    public const string Setting = "motto";

    /// <summary>Assets that this version ships with one more line.</summary>
    public static readonly IReadOnlyList<string> Assets = ["stack/assets/tempo/tempo.yaml.sbn", "stack/assets/loki/loki.yaml.sbn"];

    public const string NewAsset = "stack/assets/prometheus/rules/anew.yml";
    public const string GoneAsset = "stack/assets/prometheus/tests/services.test.yml";
    public const string Line = "# of the next version";

    /// <summary>Packs it.</summary>
    /// <param name="home">Where the copy is made.</param>
    /// <returns>The folder of the packages.</returns>
    public static async Task<string> PackAsync(string home, CancellationToken cancellation)
    {
        var copy = Path.Combine(home, "next");
        var everything = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None };
        var folders = new[] { "stack", "templates" }.Select(folder => Path.Combine(ScaffoldedShop.Root, folder));
        foreach (var file in Directory.EnumerateFiles(ScaffoldedShop.Root)
            .Concat(folders.SelectMany(folder => Directory.EnumerateFiles(folder, "*", everything)))
            .Where(file => !file.Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj")))
        {
            var target = Path.Combine(copy, Path.GetRelativePath(ScaffoldedShop.Root, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }

        foreach (var asset in Assets)
            File.AppendAllText(Path.Combine(copy, asset), Line + "\n");
        await File.WriteAllTextAsync(Path.Combine(copy, NewAsset), "groups: []\n", cancellation);
        File.Delete(Path.Combine(copy, GoneAsset));
        Edit(Path.Combine(copy, "stack", "stack.schema.json"), SchemaKey(), $"$0\n    \"{Setting}\": {{ \"type\": \"string\" }},");
        Edit(Path.Combine(copy, "stack", "Verification", "Verifier.cs"), ReadyCheck(), $"$0\n        new(\"{Check}\",$1");
        Edit(Path.Combine(copy, "templates", "micro-monitored", "Directory.Packages.props"), Resilience(), "$1Version=\"10.12.0\"");

        var packages = Path.Combine(home, "next-packages") + Path.DirectorySeparatorChar;
        foreach (var project in new[] { "stack/MicroMonitored.slnx", "templates/MicroMonitored.Templates.csproj" })
        {
            (await CommandLine.RunAsync(
                "dotnet",
                [
                    "pack", project, "--configuration", "Release", "--nologo", "--verbosity", "quiet", "-nodeReuse:false",
                    "-p:RunAnalyzers=false", $"-p:VersionOfPackages={Number}", $"-p:PackageOutputPath={packages}",
                ],
                copy, new Dictionary<string, string> { ["DOTNET_NOLOGO"] = "1" }, TimeSpan.FromMinutes(5), cancellation)).Succeeded();
        }

        return packages;
    }

    private static void Edit(string file, Regex place, string replacement)
    {
        var text = File.ReadAllText(file);
        Assert.Matches(place, text);
        File.WriteAllText(file, place.Replace(text, replacement, 1));
    }

    [GeneratedRegex("\"properties\": \\{")]
    private static partial Regex SchemaKey();

    [GeneratedRegex("new\\(\"stack\\.ready\",(.*)")]
    private static partial Regex ReadyCheck();

    [GeneratedRegex("(Include=\"Microsoft\\.Extensions\\.Http\\.Resilience\" )Version=\"[^\"]*\"")]
    private static partial Regex Resilience();
}
