using System.Diagnostics;
using MicroMonitored.Model;
using MicroMonitored.Verification.Clients;

namespace MicroMonitored.Verification.Tests;

[Collection("stack")]
public sealed class VerifierTests
{
    private static readonly string[] WithoutServices =
    [
        "logs.exactly-once", "logs.labels", "traces.otlp-grpc", "traces.otlp-http", "traces.zipkin", "traces.jaeger", "traces.search", "links.log-to-trace",
        "links.trace-to-logs",
    ];

    [Fact]
    public async Task Without_services_the_synthetic_probes_alone_run()
    {
        await using var engine = await RealEngine.StartAsync();
        var report = await Verifier.RunAsync(engine.Plan, TimeProvider.System, TestContext.Current.CancellationToken);

        Assert.DoesNotContain(report.Checks, check => check.Status == CheckStatus.Fail);
        Assert.All(WithoutServices, id => Assert.Contains(report.Checks, check => check.Id == id && check.Status == CheckStatus.Pass));
        Assert.All(["metrics.exact-count", "metrics.exemplar", "traces.edge", "links.exemplar-to-trace"], id =>
            Assert.Equal("no services under src/", report.Checks.Single(check => check.Id == id).Detail));
        Assert.All(["grafana.login", "grafana.datasources"], id => Assert.Equal(CheckStatus.Skip, report.Checks.Single(check => check.Id == id).Status));
    }

    [Theory]
    [InlineData("max by (job) (up", CheckStatus.Pass, "0 queries of 1 dashboards return data, 17 await the first service")]
    [InlineData("max by (job (up", CheckStatus.Fail, "1 of 17 queries: Services (RED) / Service / A: ")]
    public async Task Without_services_a_panel_may_be_empty_but_not_wrong(string query, CheckStatus expected, string detail)
    {
        await using var engine = await RealEngine.StartAsync();
        engine.Change("dashboards/services.json", "max by (job) (up", query);
        // The probe of the alerts is scraped, too: for as long as it is there, a panel over "up" is not empty.
        var plan = engine.Plan with { DashboardUids = ["mm-services"], Timeout = TimeSpan.FromSeconds(10), Exposure = null };
        var report = await Verifier.RunAsync(plan, TimeProvider.System, TestContext.Current.CancellationToken);

        var panels = report.Checks.Single(check => check.Id == "grafana.panels");
        Assert.Equal(expected, panels.Status);
        Assert.StartsWith(detail, panels.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_sound_stack_is_proven_and_measured()
    {
        await using var stack = await ShopStack.StartAsync();
        var report = await Verifier.RunAsync(stack.Plan, TimeProvider.System, TestContext.Current.CancellationToken);

        Assert.DoesNotContain(report.Checks, check => check.Status == CheckStatus.Fail);
        Assert.Equal(["logs", "metrics", "traces"], report.Freshness.Keys.Order(StringComparer.Ordinal));
        Assert.All(report.Freshness.Values, freshness => Assert.InRange(freshness.P50Ms, 0, freshness.MaxMs));
    }

    [Fact]
    public async Task A_sound_stack_is_green_run_after_run()
    {
        // Three by default; MICROMONITORED_RUNS=200 for the long proof.
        var runs = int.TryParse(Environment.GetEnvironmentVariable("MICROMONITORED_RUNS"), out var wanted) ? wanted : 3;
        await using var stack = await ShopStack.StartAsync();
        var took = new List<double>();
        for (var run = 0; run < runs; run++)
        {
            var report = await Verifier.RunAsync(stack.Plan, TimeProvider.System, TestContext.Current.CancellationToken);
            took.Add(report.DurationMs);
            Assert.True(report.Failed == 0, $"run {run + 1} of {runs}: {string.Join('\n', FaultMatrixTests.Failures(report))}");
        }
        took.Sort();
        TestContext.Current.SendDiagnosticMessage($"{runs} runs green; median {took[runs / 2]:0} ms, slowest {took[^1]:0} ms");
    }

    [Fact]
    public async Task Selection_runs_what_was_asked_and_reports_the_rest_as_skipped()
    {
        await using var stack = await ShopStack.StartAsync();
        var report = await Verifier.RunAsync(stack.Plan with { Only = ["traces.*"], Skip = ["traces.jaeger"] }, TimeProvider.System,
            TestContext.Current.CancellationToken);

        Assert.All(report.Checks, check => Assert.Equal(
            check.Id.StartsWith("traces.", StringComparison.Ordinal) && check.Id != "traces.jaeger", check.Status == CheckStatus.Pass));
        Assert.Equal("left out by --skip=traces.jaeger", report.Checks.Single(check => check.Id == "traces.jaeger").Detail);
        Assert.Equal("not selected by --only=traces.*", report.Checks.Single(check => check.Id == "stack.ready").Detail);
        var refusal = Assert.Throws<FaultException>(() => Verifier.RequireSelections(stack.Plan with { Only = ["tracez.*", "traces.*"] }));
        Assert.StartsWith("--only or --skip: no check is called tracez.*; known: stack.ready ", Assert.Single(refusal.Faults), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_listening_ends_in_time_with_every_address_named()
    {
        var stack = await ShopStack.StartAsync();
        var plan = stack.Plan with { Timeout = TimeSpan.FromSeconds(3) };
        await stack.DisposeAsync();
        var report = await Verifier.RunAsync(plan, TimeProvider.System, TestContext.Current.CancellationToken);

        Assert.InRange(report.DurationMs, 0, 4000);
        Assert.Contains(report.Checks, check => check is { Id: "stack.ready", Service: "tempo", Status: CheckStatus.Fail }
            && check.Detail.Contains($"tempo not answering on {plan.Endpoints.Tempo.GetLeftPart(UriPartial.Authority)}: connection refused",
            StringComparison.Ordinal));
        Assert.All(report.Checks.Where(check => check.Status == CheckStatus.Fail), check =>
            Assert.False(string.IsNullOrEmpty(check.Hop) || string.IsNullOrEmpty(check.Fix)));
    }

    [Fact]
    public async Task Every_trace_of_a_run_has_its_root()
    {
        await using var stack = await ShopStack.StartAsync();
        var plan = stack.Plan;
        await Verifier.RunAsync(plan, TimeProvider.System, TestContext.Current.CancellationToken);
        using var http = new SignalHttp();
        var tempo = new TempoClient(http, plan.Endpoints.Tempo);
        var (from, to) = (DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddHours(1));
        var traces = new HashSet<string>();
        foreach (var service in new[] { ShopStack.Orders, ShopStack.Inventory, "micromonitored-verify" })
            traces.UnionWith(await tempo.SearchAsync(service, null, from, to, 1000, TestContext.Current.CancellationToken));
        Assert.InRange(traces.Count, plan.RequestsPerService * 2, 999);
        foreach (var trace in traces)
            Assert.Contains(await tempo.TraceAsync(trace, TestContext.Current.CancellationToken), span => span.ParentId is null);
    }

    [Fact]
    public async Task A_skip_that_names_a_check_which_has_not_failed_is_a_failure()
    {
        await using var engine = await RealEngine.StartAsync();
        var plan = engine.Plan with { Only = ["logs.labels"], LogProbe = new FolderLogProbe("/dev/null/logs", Path.GetTempPath()) };
        var report = await Verifier.RunAsync(plan, TimeProvider.System, TestContext.Current.CancellationToken);

        var labels = Assert.Single(report.Checks, check => check is { Id: "logs.labels", Service: null });
        Assert.Equal(
            (CheckStatus.Fail, "blocked: no line of this run is stored (see logs.exactly-once), and logs.exactly-once has not failed in this run"),
            (labels.Status, labels.Detail));
    }

    [Fact]
    public async Task Cancelling_stops_the_run()
    {
        await using var engine = await RealEngine.StartAsync();
        using var cancellation = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Verifier.RunAsync(engine.Plan, TimeProvider.System, cancellation.Token));

        Assert.False(File.Exists(engine.Plan.Exposure!.UrlFile));
        Assert.False(File.Exists(engine.Plan.Exposure!.TargetsFile));
    }

    [Fact]
    public async Task Lines_are_paged_past_the_limit()
    {
        await using var engine = await RealEngine.StartAsync();
        await engine.Plan.LogProbe!.AppendAsync("paged.log",
            [.. Enumerable.Range(0, 25).Select(number => $$"""{"timestamp":"2026-11-23T01:02:0{{number / 10}}Z","number":{{number}}}""")],
            TestContext.Current.CancellationToken);
        using var http = new SignalHttp();
        var loki = new LokiClient(http, engine.Plan.Endpoints.Loki);
        IReadOnlyList<StoredLine> lines = [];
        for (var clock = Stopwatch.StartNew(); lines.Count < 25 && clock.Elapsed < TimeSpan.FromSeconds(10);
            await Task.Delay(50, TestContext.Current.CancellationToken))
        {
            lines = await loki.QueryRangeAsync("{job=\"paged\"}", DateTimeOffset.UnixEpoch, DateTimeOffset.UtcNow,
                TestContext.Current.CancellationToken, pageSize: 4);
        }

        Assert.Equal(25, lines.Select(line => line.Line).Distinct().Count());
        Assert.Equal(25, lines.Count);
    }
}
