using System.Security.Cryptography;

namespace EndToEnd.Tests.Packages;

/// <summary>A team's repository, from the packages that it was made with to the next ones.</summary>
[Collection("whole stacks, one at a time")]
public sealed class UpgradeTests : IAsyncLifetime
{
    private readonly ScaffoldedShop _shop = new();
    private readonly string _home = Directory.CreateTempSubdirectory("micromonitored-next-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await _shop.CreateAsync(Cancellation);

    public async ValueTask DisposeAsync()
    {
        await _shop.TargetAsync("Teardown", CancellationToken.None, "--purge");
        await _shop.DisposeAsync();
        Directory.Delete(_home, recursive: true);
    }

    [Fact]
    public async Task An_upgrade_brings_what_is_new_and_keeps_what_the_team_has_changed()
    {
        var next = await NextVersion.PackAsync(_home, Cancellation);
        var package = Path.Combine(next, $"MicroMonitored.Templates.{NextVersion.Number}.nupkg");
        var (untouched, changed) = (NextVersion.Assets[0], NextVersion.Assets[1]);
        var theirs = Read(changed) + "# ours\n";
        Write(changed, theirs);
        const string engine = "\"engine\": \"auto\",";
        Write("stack/stack.json", Read("stack/stack.json").Replace(engine, $"{engine}\n  \"{NextVersion.Setting}\": \"onwards\",", StringComparison.Ordinal));
        Write("Directory.Packages.props", Read("Directory.Packages.props").Replace("</Project>", "  <!-- ours -->\n</Project>", StringComparison.Ordinal));
        // As a repository that is older than that package.
        const string testing = "    <PackageVersion Include=\"MicroMonitored.Testing\" Version=\"$(MicroMonitoredVersion)\" />\n";
        Write("Directory.Packages.props", Read("Directory.Packages.props").Replace(testing, "", StringComparison.Ordinal));
        Assert.Contains(NextVersion.Setting, await RefusedAsync("Render"), StringComparison.Ordinal);

        await WhatCannotBeTakenChangesNothing(package);

        Write("nuget.config", $"<configuration><packageSources><add key=\"company\" value=\"{next}\" /></packageSources></configuration>");
        Assert.True(await DoctorSaysAsync($"{NextVersion.Number} is out"));
        var said = (await TargetAsync("Upgrade")).Succeeded();

        foreach (var line in new[]
        {
            $"[Updated] {untouched}",
            $"[Kept] {changed}: changed by you; the new one is beside it as loki.yaml.sbn.new",
            $"[Added] {NextVersion.NewAsset}",
            $"[Removed] {NextVersion.GoneAsset}",
            "[Updated] stack/stack.schema.json",
            $"[Added] feed/MicroMonitored.Targets.{NextVersion.Number}.nupkg",
            "Microsoft.Extensions.Http.Resilience 10.11.0 to 10.12.0",
            "MicroMonitored.Testing added",
            "Next: ./build.sh --target=Up",
        })
            Assert.Contains(line, said, StringComparison.Ordinal);
        Assert.EndsWith(NextVersion.Line + "\n", Read(untouched), StringComparison.Ordinal);
        Assert.Equal(theirs, Read(changed));
        Assert.EndsWith(NextVersion.Line + "\n", Read(changed + ".new"), StringComparison.Ordinal);
        var feed = Directory.EnumerateFiles(Path.Combine(_shop.Folder, "feed"));
        Assert.All(feed, file => Assert.EndsWith($".{NextVersion.Number}.nupkg", file, StringComparison.Ordinal));
        Assert.Contains("  <!-- ours -->\n", Read("Directory.Packages.props"), StringComparison.Ordinal);
        Assert.Contains(testing, Read("Directory.Packages.props"), StringComparison.Ordinal);
        // The stand-in for a newer pin is on no feed.
        Write("Directory.Packages.props", Read("Directory.Packages.props").Replace("10.12.0", "10.11.0", StringComparison.Ordinal));

        (await TargetAsync("Up", "--engine=embedded")).Succeeded();
        (await TargetAsync("Test")).Succeeded();
        (await TargetAsync("Verify")).Succeeded();
        Assert.Contains(_shop.Checks(), check => check.Id == NextVersion.Check && check.Status == "pass");
        Assert.Contains($"waiting to be compared: {changed}.new", (await TargetAsync("Doctor", "--format=json")).Output, StringComparison.Ordinal);
        Assert.Contains("Already on", (await TargetAsync("Upgrade")).Succeeded(), StringComparison.Ordinal);
    }

    private async Task WhatCannotBeTakenChangesNothing(string package)
    {
        var before = Snapshot();
        var broken = Path.Combine(_home, "broken.nupkg");
        await File.WriteAllBytesAsync(broken, (await File.ReadAllBytesAsync(package, Cancellation))[..^2000], Cancellation);
        Assert.Contains("cannot be read as a package", await RefusedAsync("Upgrade", $"--from={broken}"), StringComparison.Ordinal);
        var wrong = Directory.EnumerateFiles(Path.GetDirectoryName(package)!, "MicroMonitored.Model.*").Single();
        var refused = await RefusedAsync("Upgrade", $"--from={wrong}");
        Assert.Contains($"is MicroMonitored.Model {NextVersion.Number}; give a MicroMonitored.Templates.<version>.nupkg", refused, StringComparison.Ordinal);
        Assert.Contains("no such file or folder, and no version", await RefusedAsync("Upgrade", "--from=./nowhere"), StringComparison.Ordinal);
        Assert.Contains("did not come from the feeds", await RefusedAsync("Upgrade", "--from=98.0.0"), StringComparison.Ordinal);
        Assert.Equal(before, Snapshot());
    }

    /// <summary>Doctor gives the feeds a few seconds, which a busy machine may need for other things.</summary>
    private async Task<bool> DoctorSaysAsync(string words)
    {
        for (var attempt = 0; attempt < 5; attempt++)
        {
            if ((await TargetAsync("Doctor", "--format=json")).Output.Contains(words, StringComparison.Ordinal))
                return true;
        }

        return false;
    }

    private SortedDictionary<string, string> Snapshot()
        => new(Directory.EnumerateFiles(_shop.Folder, "*", SearchOption.AllDirectories)
            .Where(file => !file.StartsWith(Path.Combine(_shop.Folder, "artifacts"), StringComparison.Ordinal))
            .ToDictionary(file => file, file => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file)))), StringComparer.Ordinal);

    private Task<CommandResult> TargetAsync(string target, params string[] arguments) => _shop.TargetAsync(target, Cancellation, arguments);

    private async Task<string> RefusedAsync(string target, params string[] arguments)
    {
        var result = await TargetAsync(target, arguments);
        Assert.True(result.ExitCode == 1, result.ToString());
        Assert.DoesNotContain("   at ", result.Output, StringComparison.Ordinal);
        return result.Output;
    }

    private string Read(string path) => File.ReadAllText(Path.Combine(_shop.Folder, path));

    private void Write(string path, string content) => File.WriteAllText(Path.Combine(_shop.Folder, path), content);
}
