using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;

namespace EndToEnd.Tests.Docker;

/// <summary>What goes wrong around a real engine: one clear line each, and a state that Teardown cleans.</summary>
[Collection("whole stacks, one at a time")]
public sealed class DockerFaultTests(BareStackRepository stack) : IClassFixture<BareStackRepository>, IAsyncLifetime
{
    private static readonly Dictionary<string, string> Unchanged = [];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private ScaffoldedShop Shop => stack.Shop;

    /// <summary>What a test that failed has left must not fail the next one.</summary>
    public async ValueTask InitializeAsync()
    {
        if (stack.Obstacle is null && (await ContainersAsync()).Concat(await NetworksAsync()).Any())
            await TargetAsync("Teardown");
    }

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task ATagThatTheRegistryLacksIsNamedWithItsKey()
    {
        DockerMachine.Require(stack.Obstacle);
        using var registry = new EmptyRegistry(Shop.Ports.Last());
        var image = $"{registry.Name}/grafana:0.0.0";

        var line = OneFault(await UpAsync(("STACK__IMAGES__GRAFANA", image)));

        Assert.Equal($"the image {image} of images.grafana does not exist or may not be pulled (Error response from daemon: manifest unknown); "
            + "set images.grafana in stack/stack.json to one that does", line);
        await NothingIsLeftAsync();
    }

    [Fact]
    public async Task ARegistryOutOfReachIsOneLineForAllItsImages()
    {
        DockerMachine.Require(stack.Obstacle);
        var nowhere = $"127.0.0.1:{Shop.Ports.Last()}";

        var line = OneFault(await UpAsync(("STACK__IMAGES__LOKI", $"{nowhere}/loki:1"), ("STACK__IMAGES__TEMPO", $"{nowhere}/tempo:1")));

        Assert.StartsWith($"{nowhere}/loki:1 (images.loki), {nowhere}/tempo:1 (images.tempo) are not here and cannot be pulled (",
            line, StringComparison.Ordinal);
        Assert.EndsWith(
            "connection refused); mend the network, load a bundle (--target=Bundle --load), "
            + "or set images.loki, images.tempo in stack/stack.json to what is here",
            line, StringComparison.Ordinal);
        await NothingIsLeftAsync();
    }

    [Fact]
    public async Task APortThatAProcessHoldsIsNamedWithIt()
    {
        DockerMachine.Require(stack.Obstacle);
        using var squatter = new TcpListener(IPAddress.Loopback, Shop.FirstPort);
        squatter.Start();

        var line = OneFault(await UpAsync());

        Assert.StartsWith($"port {Shop.FirstPort} of ports.grafana is taken by ", line, StringComparison.Ordinal);
        Assert.EndsWith($"(pid {Environment.ProcessId}); end it or set another port in stack/stack.json", line, StringComparison.Ordinal);
        await NothingIsLeftAsync();
    }

    [Fact]
    public async Task APortThatAContainerPublishesIsNamedWithIt()
    {
        DockerMachine.Require(stack.Obstacle);
        var name = $"{stack.Project}-squatter";
        (await DockerMachine.RunAsync(Cancellation, "run", "--detach", "--name", name, "--publish", $"127.0.0.1:{Shop.FirstPort}:80",
            "--entrypoint", "/bin/sh", ShellImage(), "-c", "sleep 60")).Succeeded();
        try
        {
            var line = OneFault(await UpAsync());

            Assert.Equal($"port {Shop.FirstPort} of ports.grafana is taken by the container {name}; end it or set another port in stack/stack.json", line);
        }
        finally
        {
            await DockerMachine.RunAsync(CancellationToken.None, "rm", "--force", "--volumes", name);
        }

        await NothingIsLeftAsync();
    }

    [Theory]
    [InlineData("/networks/create", "while creating the network")]
    [InlineData("/containers/create", "while starting")]
    [InlineData("/start", "while starting")]
    public async Task AnEngineThatStopsInMidUpIsOneLine(string moment, string doing)
    {
        DockerMachine.Require(stack.Obstacle);
        await using var engine = new EngineProxy(moment, static proxy => proxy.Close());

        var line = OneFault(await UpAsync(("DOCKER_HOST", engine.Address)));

        Assert.True(engine.Reached);
        Assert.StartsWith("the Docker engine stopped answering (", line, StringComparison.Ordinal);
        Assert.Contains(doing, line, StringComparison.Ordinal);
        Assert.EndsWith("; start it and repeat, or clean up with the Teardown target", line, StringComparison.Ordinal);
        line = OneFault(await TargetAsync("Teardown", ("DOCKER_HOST", engine.Address)));
        Assert.StartsWith("Teardown of the docker engine cannot run: no Docker engine answers", line, StringComparison.Ordinal);
        await TeardownCleansAsync();
    }

    [Theory]
    [InlineData("/networks/create", false)]
    [InlineData("/volumes/create", false)]
    [InlineData("/containers/create", true)]
    [InlineData("/start", false)]
    public async Task ABuildKilledBetweenTwoStepsIsRepairedByUpOrCleanedByTeardown(string moment, bool repaired)
    {
        DockerMachine.Require(stack.Obstacle);
        Process? build = null;
        var newVolume = ("STACK__NAMES__LOGSVOLUME", $"{stack.Project}_logs_{Guid.NewGuid():N}");
        await using (var engine = new EngineProxy(moment, _ => Volatile.Read(ref build)!.Kill()))
        {
            var up = await Shop.TargetAsync("Up", new Dictionary<string, string> { ["DOCKER_HOST"] = engine.Address, [newVolume.Item1] = newVolume.Item2 },
                process => Volatile.Write(ref build, process), Cancellation, "--engine=docker");

            Assert.True(engine.Reached);
            Assert.Equal(128 + 9, up.ExitCode);
        }

        if (repaired)
        {
            (await UpAsync(newVolume)).Succeeded();
            Assert.All((await TargetAsync("Status")).Lines.Where(line => line.Contains(" stack ", StringComparison.Ordinal)),
                line => Assert.Contains(" ready ", line, StringComparison.Ordinal));
        }

        await TeardownCleansAsync();
    }

    [Fact]
    public async Task AFullDiskIsOneLine()
    {
        DockerMachine.Require(stack.Obstacle);
        var rendered = Path.Combine(Shop.Folder, "artifacts", "stack");
        if (Directory.Exists(rendered))
            Directory.Delete(rendered, recursive: true);
        Directory.CreateDirectory(rendered);
        var mounted = await CommandLine.RunAsync("mount", ["-t", "tmpfs", "-o", "size=32k", "tmpfs", rendered], Shop.Folder, null,
            TimeSpan.FromSeconds(10), Cancellation);
        Assert.SkipUnless(mounted.ExitCode == 0, $"a small disk needs the right to mount one: {mounted.Output.Trim()}");
        try
        {
            var line = OneFault(await UpAsync());

            Assert.StartsWith($"{rendered} cannot be written (No space left on device", line, StringComparison.Ordinal);
            Assert.EndsWith("; make room on its disk", line, StringComparison.Ordinal);
            await NothingIsLeftAsync();
        }
        finally
        {
            await CommandLine.RunAsync("umount", [rendered], Shop.Folder, null, TimeSpan.FromSeconds(10), CancellationToken.None);
        }
    }

    [Fact]
    public async Task LogsFollowWhatARunningComponentSaysAndGrafanaFollowsItsPassword()
    {
        DockerMachine.Require(stack.Obstacle);
        (await UpAsync()).Succeeded();
        await AFollowedLogStreams();
        await AChangedPasswordIsApplied();
        await TeardownCleansAsync();
    }

    private async Task AFollowedLogStreams()
    {
        var lines = Channel.CreateUnbounded<string>();
        // A job in the background is started deaf to Ctrl-C, and what it starts inherits that.
        string[] follow = ["--default-signal=INT", "bash", Shop.Script, "--target=Logs", "--component=prometheus", "--lines=1", "--follow"];
        var start = new ProcessStartInfo("env", follow) { RedirectStandardOutput = true, WorkingDirectory = Shop.Folder };
        foreach (var (name, value) in Shop.Environment)
            start.Environment[name] = value;
        using var logs = Process.Start(start)!;
        logs.OutputDataReceived += (_, line) => lines.Writer.TryWrite(line.Data ?? "");
        logs.BeginOutputReadLine();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        limit.CancelAfter(TimeSpan.FromSeconds(60));
        try
        {
            while (!(await lines.Reader.ReadAsync(limit.Token)).Contains("level=", StringComparison.Ordinal))
                Assert.False(logs.HasExited);

            var container = Assert.Single(await DockerMachine.ListAsync(Cancellation, "ps", "--filter", $"name={stack.Project}",
                "--filter", "label=micromonitored.component=prometheus", "--format", "{{.ID}}"));
            (await DockerMachine.RunAsync(Cancellation, "kill", "--signal", "HUP", container)).Succeeded();
            while (!(await lines.Reader.ReadAsync(limit.Token)).Contains("Loading configuration file", StringComparison.Ordinal))
                Assert.False(logs.HasExited);

            // Ctrl-C reaches the build and its docker client; they are named one by one, as some versions of kill read -<group> as -1: everybody.
            var client = Assert.Single(
                (await CommandLine.RunAsync("ps", ["-o", "pid=", "--ppid", $"{logs.Id}"], Shop.Folder, null, TimeSpan.FromSeconds(5), Cancellation)).Lines);
            (await CommandLine.RunAsync("kill", ["-INT", client, $"{logs.Id}"], Shop.Folder, null, TimeSpan.FromSeconds(5), Cancellation)).Succeeded();
            await logs.WaitForExitAsync(limit.Token);
            Assert.Equal(0, logs.ExitCode);
        }
        finally
        {
            if (!logs.HasExited)
                logs.Kill(entireProcessTree: true);
        }
    }

    private async Task AChangedPasswordIsApplied()
    {
        Assert.Equal(HttpStatusCode.OK, await LoginAsync("password"));
        var changed = ("STACK__GRAFANA__PASSWORD", "another one: \"$HOME\" `x`");

        var up = (await UpAsync(changed)).Succeeded();

        Assert.Contains("Grafana: the password of admin is now the one of the settings.", up, StringComparison.Ordinal);
        Assert.DoesNotContain(changed.Item2, up, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, await LoginAsync(changed.Item2));
        Assert.Equal(HttpStatusCode.Unauthorized, await LoginAsync("password"));
        Assert.Contains("nothing to do", (await UpAsync(changed)).Succeeded(), StringComparison.Ordinal);
    }

    private async Task<HttpStatusCode> LoginAsync(string password)
    {
        using var client = new HttpClient();
        using var request =
            new HttpRequestMessage(HttpMethod.Get, new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{Shop.FirstPort}/api/user")));
        request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"admin:{password}")));
        using var answer = await client.SendAsync(request, Cancellation);
        return answer.StatusCode;
    }

    private Task<CommandResult> UpAsync(params (string Name, string Value)[] variables)
        => Shop.TargetAsync("Up", variables.ToDictionary(variable => variable.Name, variable => variable.Value), null, Cancellation, "--engine=docker");

    private Task<CommandResult> TargetAsync(string target, params (string Name, string Value)[] variables)
        => Shop.TargetAsync(target,
            variables.Length == 0 ? Unchanged : variables.ToDictionary(variable => variable.Name, variable => variable.Value), null, Cancellation);

    /// <summary>The one fault of a target that must fail: after <c>Error: </c>, and not followed by a stack trace.</summary>
    private static string OneFault(CommandResult result)
    {
        Assert.True(result.ExitCode == 1, result.ToString());
        Assert.DoesNotContain(result.Lines, line => line.StartsWith("at ", StringComparison.Ordinal));
        var fault = Assert.Single(result.Lines, line => line.StartsWith("Error: ", StringComparison.Ordinal));
        Assert.Equal(fault, result.Lines[^1]);
        return fault["Error: ".Length..];
    }

    private async Task TeardownCleansAsync()
    {
        (await TargetAsync("Teardown")).Succeeded();
        await NothingIsLeftAsync();
    }

    private async Task NothingIsLeftAsync()
    {
        Assert.Empty(await ContainersAsync());
        Assert.Empty(await NetworksAsync());
        Assert.Equal("Nothing is up.", (await TargetAsync("Teardown")).Succeeded()
            .Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).First(line => !line.StartsWith('─')));
    }

    private Task<IReadOnlyList<string>> ContainersAsync()
        => Union(DockerMachine.ListAsync(Cancellation, "ps", "--all", "--filter", $"name={stack.Project}", "--format", "{{.Names}}"),
            DockerMachine.ListAsync(Cancellation, "ps", "--all", "--filter", $"label=micromonitored.owner={stack.Project}", "--format", "{{.Names}}"));

    private static async Task<IReadOnlyList<string>> Union(Task<IReadOnlyList<string>> some, Task<IReadOnlyList<string>> others)
        => [.. await some, .. await others];

    private Task<IReadOnlyList<string>> NetworksAsync()
        => DockerMachine.ListAsync(Cancellation, "network", "ls", "--filter", $"name={stack.Project}", "--format", "{{.Name}}");

    /// <summary>An image with a shell: Prometheus' own.</summary>
    private string ShellImage()
    {
        if (Shop.Environment.TryGetValue("STACK__IMAGES__PROMETHEUS", out var own))
            return own;
        using var settings = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Shop.Folder, "stack", "stack.json")));
        return settings.RootElement.GetProperty("images").GetProperty("prometheus").GetString()!;
    }
}
