using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Xml.Linq;

namespace EndToEnd.Tests.Embedded;

/// <summary>The main job on a machine without Docker: a scaffolded repository, its own build, real processes.</summary>
[Collection("whole stacks, one at a time")]
public sealed class EmbeddedStackTests(EmbeddedRepository repository) : IClassFixture<EmbeddedRepository>
{
    private static readonly string[] Promised =
    [
        "stack.ready", "metrics.target-up", "metrics.exact-count", "metrics.exemplar", "logs.exactly-once", "logs.labels",
        "traces.otlp-grpc", "traces.otlp-http",
        "traces.edge", "traces.search", "traces.zipkin", "traces.jaeger", "links.exemplar-to-trace", "links.log-to-trace", "links.trace-to-logs",
    ];

    private ScaffoldedShop Shop => repository.Shop;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task FromNothingToAProvenStackAndBack()
    {
        (await TargetAsync("Up", "--engine=embedded")).Succeeded();
        (await TargetAsync("Verify")).Succeeded();
        var checks = Shop.Checks();
        foreach (var id in Promised)
            Assert.Contains(checks, check => check.Id == id && check.Status == "pass");
        Assert.DoesNotContain(checks, check => check.Status == "fail");
        Assert.All(checks.Where(check => check.Status == "skip"), check => Assert.NotEmpty(check.Detail));
        var junit = XDocument.Load(Path.Combine(Shop.Folder, "artifacts", "verify", "junit.xml"));
        Assert.Equal(checks.Count, junit.Descendants("testcase").Count());

        var before = Pids();
        Assert.Equal(3, before.Count);
        Assert.Contains("nothing to do", (await TargetAsync("Up")).Succeeded(), StringComparison.Ordinal);
        Assert.Equal(before, Pids());

        await ACrashedServiceIsNamedAndBroughtBack();
        await StatusListsEverything();

        (await TargetAsync("Teardown")).Succeeded();
        await AnAddedServiceAndWorkerAreIncludedWithNoOtherEdit();
        before = Pids();

        (await TargetAsync("Teardown")).Succeeded();
        Assert.Empty(Pids());
        Assert.All(Shop.Ports, port => Assert.True(ScaffoldedShop.IsFree(port), $"port {port} is still in use"));
        Assert.All(before.Values, pid => Assert.False(Directory.Exists($"/proc/{pid}") && IsOurs(pid), $"process {pid} still runs"));
        Assert.False(File.Exists(Path.Combine(Shop.Folder, "artifacts", "run", "lock")));
        Assert.Contains("Nothing is up", (await TargetAsync("Teardown")).Succeeded(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhatAServiceExpectsOfItselfIsProvenAndLearnt()
    {
        var file = Path.Combine(Shop.Folder, "src", "Shop.Orders", "expectations.json");
        var shipped = await File.ReadAllTextAsync(file, Cancellation);
        try
        {
            (await TargetAsync("Up", "--engine=embedded")).Succeeded();
            (await TargetAsync("Verify", "--only=custom.*,metrics.exact-count")).Succeeded();

            var wrong = shipped.Replace("orders_placed_total", "orders_placd_total", StringComparison.Ordinal)
                .Replace("\"grows\": 2", "\"grows\": 3", StringComparison.Ordinal).Replace("2 of apple", "2 of pear", StringComparison.Ordinal)
                .Replace("\"name\": \"place order\"", "\"name\": \"place ordr\"", StringComparison.Ordinal);
            await File.WriteAllTextAsync(file, wrong, Cancellation);
            await RefusedAsync("Verify found failures", "Verify", "--only=custom.*");
            var found = Shop.Checks().Single(check => check.Id == "custom.expected" && check.Status == "fail");
            Assert.Contains("src/Shop.Orders/expectations.json:13: no metric orders_placd_total with these labels; ", found.Detail, StringComparison.Ordinal);
            Assert.Contains("src/Shop.Orders/expectations.json:14: orders_pieces_sum grew by 2, expected 3; ", found.Detail, StringComparison.Ordinal);
            Assert.Contains("src/Shop.Orders/expectations.json:17: no line \"Order * placed: 2 of pear\"", found.Detail, StringComparison.Ordinal);
            Assert.Contains("src/Shop.Orders/expectations.json:21: no span place ordr", found.Detail, StringComparison.Ordinal);
            Assert.Contains("did you mean orders_placed_total?", found.Detail, StringComparison.Ordinal);
            Assert.Equal("emit orders_placd_total in shop-orders again, or correct src/Shop.Orders/expectations.json:13", found.Fix);

            await File.WriteAllTextAsync(file, shipped.Replace("http.request.header.*", "order.*", StringComparison.Ordinal), Cancellation);
            await RefusedAsync("Verify found failures", "Verify", "--only=custom.*");
            var forbidden = Shop.Checks().Single(check => check.Id == "custom.expected" && check.Status == "fail");
            Assert.Contains("attribute order.", forbidden.Detail, StringComparison.Ordinal);

            await File.WriteAllTextAsync(file, """{ "drive": [ { "path": "/orders", "calls": ["Shop.Inventry"] } ], "metric": [] }""", Cancellation);
            var refused = await RefusedAsync(
                "src/Shop.Orders/expectations.json:1: unknown key metric; did you mean metrics?", "Verify", "--only=custom.*");
            Assert.Contains("calls is \"Shop.Inventry\"; did you mean Shop.Inventory?", refused, StringComparison.Ordinal);

            await File.WriteAllTextAsync(file, shipped, Cancellation);
            Assert.Contains(
                "[Updated] src/Shop.Orders/expectations.json", (await TargetAsync("Verify", "--learn")).Succeeded(), StringComparison.Ordinal);
            var learnt = await File.ReadAllTextAsync(file, Cancellation);
            Assert.Contains("\"message\": \"Order * placed: * of *\"", learnt, StringComparison.Ordinal);
            (await TargetAsync("Verify", "--only=custom.*,metrics.exact-count")).Succeeded();
            var proven = Shop.Checks().Where(check => check is { Id: "custom.expected", Status: "pass" }).Select(check => check.Service);
            Assert.Empty(new[] { "shop-inventory", "shop-orders" }.Except(proven));
            Assert.Contains(
                "[NoChanges] src/Shop.Orders/expectations.json", (await TargetAsync("Verify", "--learn")).Succeeded(), StringComparison.Ordinal);
        }
        finally
        {
            await File.WriteAllTextAsync(file, shipped, Cancellation);
            foreach (var learnt in Directory.EnumerateFiles(Path.Combine(Shop.Folder, "src"), "expectations.json", SearchOption.AllDirectories))
            {
                if (learnt != file)
                    File.Delete(learnt);
            }
        }
    }

    [Fact]
    public async Task TelemetryIsLockedComparedAndHeldAgainstTheConventions()
    {
        var file = Path.Combine(Shop.Folder, "telemetry.lock");
        try
        {
            (await TargetAsync("Up", "--engine=embedded")).Succeeded();
            await RefusedAsync("telemetry.lock is missing; write it with --target=Contract --accept and commit it", "Contract");
            Assert.Contains("[Generated] telemetry.lock", (await TargetAsync("Contract", "--accept")).Succeeded(), StringComparison.Ordinal);
            Assert.Contains(" passed, 0 failed, 0 skipped", (await TargetAsync("Contract")).Succeeded(), StringComparison.Ordinal);
            Assert.Contains("Score: 100 of 100; 0 found", (await TargetAsync("Lint")).Succeeded(), StringComparison.Ordinal);

            (await TargetAsync("Fault", "--name=metric-renamed")).Succeeded();
            await RefusedAsync("The telemetry breaks its contract; the report is in artifacts/contract.", "Contract");
            var summary = await File.ReadAllTextAsync(Path.Combine(Shop.Folder, "artifacts", "contract", "summary.md"), Cancellation);
            Assert.Contains("| `contract.metrics` | shop-orders | metric http_server_request_duration_seconds is ", summary, StringComparison.Ordinal);
            Assert.Contains("panel \"Requests\" of Services (RED)", summary, StringComparison.Ordinal);
            Assert.Contains("alert HighErrorRatio", summary, StringComparison.Ordinal);
            (await TargetAsync("Fault", "--name=none")).Succeeded();

            await File.WriteAllTextAsync(file, "<<<<<<< ours\n", Cancellation);
            await RefusedAsync("telemetry.lock:1: is not valid JSON: ", "Contract");
            Assert.Contains("[Updated] telemetry.lock", (await TargetAsync("Contract", "--accept")).Succeeded(), StringComparison.Ordinal);

            var pipeline = (await TargetAsync("Ci", "--engine=embedded")).Succeeded();
            Assert.Contains("pass  contract.metrics", pipeline, StringComparison.Ordinal);
            Assert.Empty(Pids());
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Theory]
    [InlineData("exemplars-off", "metrics.exemplar shop-orders", "links.exemplar-to-trace shop-orders")]
    [InlineData("lines-elsewhere", "logs.exactly-once shop-orders")]
    [InlineData("zipkin-down", "traces.zipkin")]
    public async Task AFaultIsInjectedFoundAndMended(string name, params string[] red)
    {
        (await TargetAsync("Up", "--engine=embedded")).Succeeded();
        var broken = (await TargetAsync("Fault", $"--name={name}")).Succeeded();
        Assert.Contains($"({name}); mend it by ./build.sh --target=Fault --name=none", broken, StringComparison.Ordinal);
        await RefusedAsync("Verify found failures", "Verify", "--timeout=15s", "--skip=custom.*");
        Assert.Equal(red, Shop.Checks().Where(check => check.Status == "fail").Select(check => $"{check.Id} {check.Service}".Trim()));

        Assert.Contains("Nothing is broken on purpose.", (await TargetAsync("Fault", "--name=none")).Succeeded(), StringComparison.Ordinal);
        (await TargetAsync("Verify")).Succeeded();
    }

    [Fact]
    public async Task WhatIsInTheWayIsNamedAndNothingIsStarted()
    {
        (await TargetAsync("Teardown")).Succeeded();
        using var squatter = new TcpListener(IPAddress.Loopback, Shop.FirstPort);
        squatter.Start();
        await RefusedAsync($"port {Shop.FirstPort} of ports.grafana is taken by ", "Up", "--engine=embedded");
        squatter.Stop();

        await RefusedAsync("unknown argument --engin; did you mean --engine?", "Up", "--engin=embedded");
        await RefusedAsync("The target 'Upp' was not found. Did you mean Up?", "Upp");
        await RefusedAsync("nothing is up; run ./build.sh --target=Up first", "Verify");

        var settings = Path.Combine(Shop.Folder, "broken.json");
        await File.WriteAllTextAsync(settings, """{ "sampling": 7, "engine": "podman" }""", Cancellation);
        var refused = await RefusedAsync("broken.json: engine: \"podman\"; use \"auto\", \"docker\" or \"embedded\"", "Up", $"--settings={settings}");
        Assert.Contains("broken.json: sampling: 7; use a number from 0 to 1", refused, StringComparison.Ordinal);

        var run = Path.Combine(Shop.Folder, "artifacts", "run");
        if (Directory.Exists(run))
            Directory.Delete(run, recursive: true);
        await File.WriteAllTextAsync(run, "in the way", Cancellation);
        await RefusedAsync("artifacts/run cannot be written", "Up", "--engine=embedded");
        File.Delete(run);

        Shop.Environment["DOCKER_HOST"] = "unix:///nowhere/docker.sock";
        await RefusedAsync("--engine=docker cannot run: no Docker engine answers", "Up", "--engine=docker");
        Shop.Environment.Remove("DOCKER_HOST");
        Assert.Empty(Pids());
    }

    [Fact]
    public async Task TheBuildRunsFromTheRootOfTheDisk()
    {
        var doctor = await CommandLine.RunAsync("bash", [Shop.Script, "--target=Doctor", "--format=json"], "/", Shop.Environment,
            TimeSpan.FromMinutes(3), Cancellation);
        Assert.Contains("\"subject\": \"log agent\"", doctor.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", doctor.Output, StringComparison.Ordinal);
    }

    private async Task ACrashedServiceIsNamedAndBroughtBack()
    {
        var pid = Pids()["shop-inventory"];
        using (var service = Process.GetProcessById(pid))
            service.Kill();

        var verify = await TargetAsync("Verify", "--timeout=30s");
        Assert.Equal(1, verify.ExitCode);
        var checks = Shop.Checks();
        var down = Assert.Single(checks, check => check.Id == "metrics.target-up" && check.Service == "shop-inventory");
        Assert.Equal("fail", down.Status);
        Assert.NotNull(down.Fix);
        Assert.Contains(checks, check => check.Id == "stack.ready" && check.Service == "shop-inventory" && check.Status == "fail");
        Assert.DoesNotContain(checks, check => check.Id == "metrics.target-up" && check.Service == "shop-orders" && check.Status == "fail");
        Assert.DoesNotContain(checks, check => check.Service is null && check.Status == "fail");

        (await TargetAsync("Up")).Succeeded();
        Assert.NotEqual(pid, Pids()["shop-inventory"]);
        (await TargetAsync("Verify")).Succeeded();
    }

    private async Task AnAddedServiceAndWorkerAreIncludedWithNoOtherEdit()
    {
        await Shop.AddAsync("micro-monitored-service", "Shop.Billing", Cancellation);
        await Shop.AddAsync("micro-monitored-worker", "Shop.Mailer", Cancellation);
        (await TargetAsync("Up", "--engine=embedded")).Succeeded();
        Assert.Equal(["shop-billing", "shop-inventory", "shop-mailer", "shop-orders"],
            Pids().Keys.Where(name => name.StartsWith("shop-", StringComparison.Ordinal)));
        (await TargetAsync("Verify")).Succeeded();
        var checks = Shop.Checks();
        foreach (var id in (string[])["metrics.target-up", "metrics.exact-count", "logs.exactly-once", "traces.otlp-http",
            "links.exemplar-to-trace", "links.log-to-trace"])
            Assert.Contains(checks, check => check.Id == id && check.Service == "shop-billing" && check.Status == "pass");
        foreach (var id in new[] { "stack.ready", "metrics.target-up" })
            Assert.Contains(checks, check => check.Id == id && check.Service == "shop-mailer" && check.Status == "pass");
    }

    private async Task StatusListsEverything()
    {
        var status = (await TargetAsync("Status")).Succeeded();
        Assert.Equal(6, status.Split('\n').Count(line => line.Contains(" ready ", StringComparison.Ordinal)));
        using var json = JsonDocument.Parse((await TargetAsync("Status", "--format=json")).Succeeded());
        Assert.Equal(6, json.RootElement.EnumerateArray().Count(component => component.GetProperty("state").GetString() == "ready"));
        Assert.Contains(json.RootElement.EnumerateArray(), component
            => component.GetProperty("name").GetString() == "shop-orders"
                && component.GetProperty("url").GetString()!.StartsWith("http://", StringComparison.Ordinal));
    }

    private Task<CommandResult> TargetAsync(string target, params string[] arguments) => Shop.TargetAsync(target, Cancellation, arguments);

    private async Task<string> RefusedAsync(string expected, string target, params string[] arguments)
    {
        var result = await TargetAsync(target, arguments);
        Assert.True(result.ExitCode == 1, result.ToString());
        Assert.Contains(expected, result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Output, StringComparison.Ordinal);
        return result.Output;
    }

    private SortedDictionary<string, int> Pids()
    {
        var folder = Path.Combine(Shop.Folder, "artifacts", "run", "processes");
        var pids = new SortedDictionary<string, int>(StringComparer.Ordinal);
        if (!Directory.Exists(folder))
            return pids;
        foreach (var file in Directory.EnumerateFiles(folder, "*.pid"))
        {
            var pid = int.Parse(File.ReadAllText(file), CultureInfo.InvariantCulture);
            if (IsOurs(pid))
                pids[Path.GetFileNameWithoutExtension(file)] = pid;
        }

        return pids;
    }

    private bool IsOurs(int pid)
        => File.Exists($"/proc/{pid}/cmdline") && File.ReadAllText($"/proc/{pid}/cmdline").Contains(Shop.Folder, StringComparison.Ordinal);
}
