using System.Text.Json;

namespace EndToEnd.Tests.Docker;

/// <summary>The Docker path on a real engine: real containers, from nothing to nothing.</summary>
[Collection("whole stacks, one at a time")]
public sealed class DockerStackTests(ShopRepository shop) : IClassFixture<ShopRepository>
{
    // What the images built without a registry leave out; with MICROMONITORED_TEST_IMAGES=shipped nothing is skipped.
    private const string BeyondTheStandIns = "--skip=metrics.otlp,links.service-graph,grafana.panels";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task FromNothingToAProvenStackAndBack()
    {
        DockerMachine.Require(shop.Obstacle);

        var up = await shop.TargetAsync("Up", "--engine=docker");
        up.Succeeded();
        await EveryContainerRunsUnprivilegedAndOnLoopback();

        (await VerifyAsync()).Succeeded();
        Assert.DoesNotContain(shop.Checks(), check => check.Status == "fail");
        Assert.Equal("pass", shop.Checks().Single(check => check.Id == "alerts.round-trip").Status);
        if (ShopRepository.WithShippedImages)
            Assert.All(shop.Checks(), check => Assert.Equal("pass", check.Status));

        var before = await ContainersAsync("{{.ID}}");
        (await shop.TargetAsync("Up", "--engine=docker")).Succeeded();
        Assert.Equal(before.Order(), (await ContainersAsync("{{.ID}}")).Order());

        await AKilledContainerIsNamed("tempo");
        (await shop.TargetAsync("Up", "--engine=docker")).Succeeded();
        (await VerifyAsync()).Succeeded();

        (await shop.TargetAsync("Teardown")).Succeeded();
        Assert.Empty(await ContainersAsync("{{.Names}}"));
        Assert.Empty(await ListAsync("network", "{{.Name}}"));
        Assert.NotEmpty(await ListAsync("volume", "{{.Name}}"));

        (await shop.TargetAsync("Teardown", "--purge")).Succeeded();
        Assert.Empty(await ListAsync("volume", "{{.Name}}"));
        (await shop.TargetAsync("Teardown", "--purge")).Succeeded();
    }

    private async Task AKilledContainerIsNamed(string component)
    {
        var container = Assert.Single(await DockerMachine.ListAsync(
            Cancellation, "ps", "--filter", $"name={shop.Project}", "--filter", $"label=micromonitored.component={component}", "--format", "{{.ID}}"));
        (await DockerMachine.RunAsync(Cancellation, "kill", container)).Succeeded();

        var verify = await VerifyAsync("--timeout=40s");
        Assert.NotEqual(0, verify.ExitCode);
        var failed = Assert.Single(shop.Checks(), check => check.Id == "stack.ready" && check.Status == "fail");
        Assert.Equal(component, failed.Service);
        Assert.Contains(component, failed.Fix!, StringComparison.Ordinal);
    }

    private async Task EveryContainerRunsUnprivilegedAndOnLoopback()
    {
        var containers = await ContainersAsync("{{.ID}}");
        Assert.True(containers.Count >= 9, $"{containers.Count} containers: seven components and two services were expected");
        var inspected = await DockerMachine.RunAsync(Cancellation, ["inspect", .. containers]);
        using var documents = JsonDocument.Parse(inspected.Succeeded());
        foreach (var container in documents.RootElement.EnumerateArray())
        {
            var name = container.GetProperty("Name").GetString()!;
            var host = container.GetProperty("HostConfig");
            Assert.Equal("running", container.GetProperty("State").GetProperty("Status").GetString());
            Assert.Equal(0, container.GetProperty("RestartCount").GetInt32());
            Assert.False(host.GetProperty("Privileged").GetBoolean(), $"{name} is privileged");
            Assert.True(host.GetProperty("ReadonlyRootfs").GetBoolean(), $"{name} has a writable root");
            Assert.Equal(["ALL"], host.GetProperty("CapDrop").EnumerateArray().Select(capability => capability.GetString()));
            Assert.True(host.GetProperty("Memory").GetInt64() > 0, $"{name} has no memory limit");
            Assert.Equal(name.Contains("promtail", StringComparison.Ordinal),
                container.GetProperty("Config").GetProperty("User").GetString() is "" or "0" or "0:0" or "root");
            foreach (var port in host.GetProperty("PortBindings").EnumerateObject().SelectMany(port => port.Value.EnumerateArray()))
                Assert.Equal("127.0.0.1", port.GetProperty("HostIp").GetString());
        }
    }

    private Task<CommandResult> VerifyAsync(params string[] arguments)
        => shop.TargetAsync("Verify", ShopRepository.WithShippedImages ? arguments : [BeyondTheStandIns, .. arguments]);

    private Task<IReadOnlyList<string>> ContainersAsync(string format)
        => DockerMachine.ListAsync(Cancellation, "ps", "--all", "--filter", $"name={shop.Project}", "--format", format);

    private Task<IReadOnlyList<string>> ListAsync(string kind, string format)
        => DockerMachine.ListAsync(Cancellation, kind, "ls", "--filter", $"name={shop.Project}", "--format", format);
}
