namespace EndToEnd.Tests.Docker;

/// <summary>From a machine with a network to a fresh clone without one: no image, no package, no feed in reach.</summary>
[Collection("whole stacks, one at a time")]
public sealed class BundleTests(BundledRepository shop) : IClassFixture<BundledRepository>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ABundleIsAllThatAMachineWithoutANetworkNeeds()
    {
        DockerMachine.Require(shop.Obstacle);
        var bundle = Path.Combine(shop.Shop.Folder, "..", "shop.tar");
        Assert.Contains("Saved ", (await shop.TargetAsync("Bundle", $"--to={bundle}")).Succeeded(), StringComparison.Ordinal);

        await shop.ForgetImagesAsync();
        shop.CutOff();
        Directory.Delete(Path.Combine(shop.Shop.Folder, "artifacts"), recursive: true);
        var refused = await shop.TargetAsync("Up", "--engine=docker");
        Assert.NotEqual(0, refused.ExitCode);

        // As stack/README.md says it.
        (await CommandLine.RunAsync("bash", ["-c", $"mkdir -p artifacts && tar -xf '{bundle}' -C artifacts offline"],
            shop.Shop.Folder, shop.Shop.Environment, TimeSpan.FromMinutes(3), Cancellation)).Succeeded();
        Assert.Contains("Loaded ", (await shop.TargetAsync("Bundle", $"--load={bundle}")).Succeeded(), StringComparison.Ordinal);
        var up = (await shop.TargetAsync("Up", "--engine=docker")).Succeeded();

        Assert.DoesNotContain("Pulling", up, StringComparison.Ordinal);
        Assert.Contains("Up on the docker engine", up, StringComparison.Ordinal);
        (await shop.TargetAsync("Teardown")).Succeeded();

        await using (var damaged = File.OpenWrite(bundle))
            damaged.SetLength(damaged.Length / 2);
        await shop.ForgetImagesAsync();
        var failed = await shop.TargetAsync("Bundle", $"--load={bundle}");
        Assert.NotEqual(0, failed.ExitCode);
        Assert.Contains("copy the bundle again", failed.Output, StringComparison.Ordinal);
        Assert.Empty(await DockerMachine.ListAsync(
            Cancellation, "image", "ls", "--filter", $"reference={shop.Project}-images/*", "--format", "{{.Repository}}"));
    }
}
