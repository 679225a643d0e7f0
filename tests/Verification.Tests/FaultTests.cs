namespace MicroMonitored.Verification.Tests;

/// <summary>One run per fault, several at a time; each test reads its own.</summary>
public sealed class FaultRuns : IDisposable
{
    private readonly SemaphoreSlim _slots = new(12);
    private readonly Dictionary<(Fault, string), Task<VerificationReport>> _runs;

    public FaultRuns() => _runs = Enum.GetValues<Fault>().SelectMany(fault => Engines.Select(engine => (fault, engine)))
        .ToDictionary(run => run, run => RunAsync(run.fault, run.engine));

    public static IReadOnlyList<string> Engines { get; } = ["docker", "embedded"];

    public Task<VerificationReport> Of(Fault fault, string engine) => _runs[(fault, engine)];

    public void Dispose() => _slots.Dispose();

    private async Task<VerificationReport> RunAsync(Fault fault, string engine)
    {
        await _slots.WaitAsync();
        try
        {
            await using var stack = await StackDouble.StartAsync(fault);
            return await Verifier.RunAsync(stack.Plan(engine: engine), TimeProvider.System, CancellationToken.None);
        }
        finally
        {
            _slots.Release();
        }
    }
}

/// <summary>Each fault turns exactly the checks red that are about it, names a hop and a fix, and leaves every other check green or blocked.</summary>
[Collection("stack")]
public sealed class FaultTests(FaultRuns runs) : IClassFixture<FaultRuns>
{
    // The double's services say nothing of themselves; those of a real repository do, end to end.
    private const string NotExpected = "custom.expected";

    private static readonly string[] EmbeddedLacks =
        ["grafana.login", "grafana.datasources", "grafana.dashboards", "grafana.panels", "alerts.rules", "links.service-graph"];

    [Theory]
    [InlineData(Fault.None)]
    [InlineData(Fault.MetricStoreNotReady, "stack.ready prometheus")]
    [InlineData(Fault.ServiceNotReady, "stack.ready shop-orders")]
    [InlineData(Fault.ServiceNotStarted, "traces.errors shop-inventory", "stack.ready shop-inventory", "metrics.target-up shop-inventory",
        "metrics.exact-count shop-inventory",
        "metrics.exact-count shop-orders", "logs.exactly-once shop-inventory", "traces.edge shop-orders")]
    [InlineData(Fault.ProbeRouteFails, "metrics.exact-count shop-orders")]
    [InlineData(Fault.TargetMissing, "metrics.target-up shop-orders")]
    [InlineData(Fault.MetricsPageFails, "metrics.target-up shop-orders")]
    [InlineData(Fault.OneRequestNotCounted, "metrics.exact-count shop-orders")]
    [InlineData(Fault.OneRequestCountedTwice, "metrics.exact-count shop-orders")]
    [InlineData(Fault.ScrapedTwice, "metrics.exact-count shop-orders")]
    [InlineData(Fault.RuntimeMeterOff, "metrics.runtime shop-inventory", "metrics.runtime shop-orders")]
    [InlineData(Fault.ExemplarsOff, "links.exemplar-to-trace shop-inventory", "links.exemplar-to-trace shop-orders", "metrics.exemplar shop-inventory",
        "metrics.exemplar shop-orders")]
    [InlineData(Fault.ExemplarOfAnotherSpan, "links.exemplar-to-trace shop-inventory", "links.exemplar-to-trace shop-orders")]
    [InlineData(Fault.OtlpMetricsRefused, "metrics.otlp")]
    [InlineData(Fault.OtlpMetricChanged, "metrics.otlp")]
    [InlineData(Fault.OtlpLogsRefused, "logs.multiprotocol")]
    [InlineData(Fault.OtlpLogDoubled, "logs.multiprotocol")]
    [InlineData(Fault.LogStoreDown, "traces.errors shop-inventory", "traces.errors shop-orders", "secrets.planted shop-inventory",
        "secrets.planted shop-orders", "stack.ready loki", "logs.exactly-once", "logs.exactly-once shop-inventory", "logs.exactly-once shop-orders",
        "logs.labels shop-inventory", "logs.labels shop-orders", "logs.multiprotocol", "links.log-to-trace shop-inventory", "links.log-to-trace shop-orders",
        "links.trace-to-logs shop-inventory", "links.trace-to-logs shop-orders")]
    [InlineData(Fault.SyntheticLineLost, "logs.exactly-once")]
    [InlineData(Fault.SyntheticLineDoubled, "logs.exactly-once")]
    [InlineData(Fault.SyntheticLinesReordered, "logs.exactly-once")]
    [InlineData(Fault.SyntheticTimestampLost, "logs.exactly-once")]
    [InlineData(Fault.LogFolderNotWritable, "logs.exactly-once")]
    [InlineData(Fault.ServiceLineLost, "logs.exactly-once shop-orders")]
    [InlineData(Fault.ServiceLineDoubled, "logs.exactly-once shop-orders")]
    [InlineData(Fault.ServiceLinesReordered, "logs.exactly-once shop-orders")]
    [InlineData(Fault.ServiceLogsNothing, "logs.exactly-once shop-orders")]
    [InlineData(Fault.HealthIsLogged, "logs.exactly-once shop-orders")]
    [InlineData(Fault.TraceIdIsALabel, "logs.labels", "logs.labels shop-inventory", "logs.labels shop-orders")]
    [InlineData(Fault.MetadataStageMissing, "links.log-to-trace", "links.log-to-trace shop-inventory", "links.log-to-trace shop-orders", "links.trace-to-logs",
        "links.trace-to-logs shop-inventory", "links.trace-to-logs shop-orders", "logs.labels", "logs.labels shop-inventory", "logs.labels shop-orders")]
    [InlineData(Fault.TraceIdMissingFromLines, "links.log-to-trace shop-inventory", "links.log-to-trace shop-orders", "links.trace-to-logs shop-inventory",
        "links.trace-to-logs shop-orders")]
    [InlineData(Fault.PushRefused, "logs.multiprotocol")]
    [InlineData(Fault.GrpcSpanLost, "traces.otlp-grpc")]
    [InlineData(Fault.GrpcReceiverDown, "traces.otlp-grpc")]
    [InlineData(Fault.HttpJsonKindChanged, "traces.otlp-http")]
    [InlineData(Fault.ZipkinParentLost, "traces.zipkin")]
    [InlineData(Fault.JaegerTimeChanged, "traces.jaeger")]
    [InlineData(Fault.ServiceExportsNothing, "links.exemplar-to-trace shop-inventory", "traces.edge shop-orders", "traces.otlp-grpc shop-inventory")]
    [InlineData(Fault.TraceparentStripped, "traces.edge shop-orders")]
    [InlineData(Fault.ClientSpanMissing, "traces.edge shop-orders")]
    [InlineData(Fault.SearchHidesTheNewest, "traces.search", "traces.search shop-inventory", "traces.search shop-orders")]
    [InlineData(Fault.HealthIsTraced, "traces.clean shop-orders")]
    [InlineData(Fault.SecretIsTraced, "secrets.planted shop-inventory", "secrets.planted shop-orders", "traces.clean shop-inventory",
        "traces.clean shop-orders")]
    [InlineData(Fault.FaultRouteAnswers, "traces.errors shop-orders")]
    [InlineData(Fault.FaultSpanWithoutRoute, "traces.errors shop-orders")]
    [InlineData(Fault.FaultSpanWithoutStack, "traces.errors shop-orders")]
    [InlineData(Fault.FaultLineWithoutException, "traces.errors shop-orders")]
    [InlineData(Fault.FaultNotCounted, "traces.errors shop-orders")]
    [InlineData(Fault.SecretIsLogged, "secrets.planted shop-orders")]
    [InlineData(Fault.SecretIsExposed, "secrets.planted shop-orders")]
    [InlineData(Fault.ServiceGraphOff, "links.service-graph shop-orders")]
    [InlineData(Fault.GrafanaUnhealthy, "grafana.health")]
    [InlineData(Fault.GrafanaDefaultPassword, "grafana.login")]
    [InlineData(Fault.GrafanaWrongPassword, "grafana.login")]
    [InlineData(Fault.GrafanaAnonymous, "grafana.login")]
    [InlineData(Fault.DatasourceWrong, "grafana.datasources")]
    [InlineData(Fault.DashboardMissing, "grafana.dashboards")]
    [InlineData(Fault.PanelEmpty, "grafana.panels")]
    [InlineData(Fault.PanelMisspelt, "grafana.panels")]
    [InlineData(Fault.RuleBroken, "alerts.rules")]
    [InlineData(Fault.RulesMissing, "alerts.rules")]
    [InlineData(Fault.LinesDropped, "drops.zero")]
    [InlineData(Fault.LogsLate, "freshness.logs")]
    [InlineData(Fault.TracesLate, "freshness.traces")]
    [InlineData(Fault.MetricsLate, "freshness.metrics")]
    [InlineData(Fault.PortOpen, "security.loopback")]
    public async Task Fault_turns_exactly_its_checks_red(Fault fault, params string[] red)
    {
        foreach (var engine in FaultRuns.Engines)
        {
            var embedded = engine == "embedded";
            string[] more = embedded && fault == Fault.GrpcReceiverDown ? ["logs.multiprotocol", "metrics.otlp"] : [];
            Judge(await runs.Of(fault, engine), [.. red, .. more], embedded ? [.. EmbeddedLacks, NotExpected] : [NotExpected]);
        }
    }

    private static void Judge(VerificationReport report, IReadOnlyList<string> red, IReadOnlyList<string> inapplicable)
    {
        var failed = report.Checks.Where(check => check.Status == CheckStatus.Fail).ToList();
        var surprise = failed.Where(check => !red.Contains(Row(check))).Select(check => $"{Row(check)}: {check.Detail}").ToList();
        Assert.True(surprise.Count == 0, $"on the {report.Engine} plan: {string.Join("; ", surprise)}");
        Assert.Equal(
            red.Where(row => !inapplicable.Contains(row.Split(' ')[0])).Order(StringComparer.Ordinal),
            failed.Select(Row).Order(StringComparer.Ordinal));
        Assert.All(failed, check => Assert.False(string.IsNullOrEmpty(check.Hop) || string.IsNullOrEmpty(check.Fix), $"{Row(check)} names no hop or no fix"));
        var skipped = report.Checks.Where(check => check.Status == CheckStatus.Skip)
            .ToLookup(check => check.Detail.StartsWith("blocked: ", StringComparison.Ordinal));
        Assert.Equal(inapplicable.Order(StringComparer.Ordinal), skipped[false].Select(check => check.Id).Order(StringComparer.Ordinal));
        Assert.All(skipped[true], check => Assert.Contains(
            failed.Concat(skipped[true]), other => check.Detail.Contains($"(see {other.Id})", StringComparison.Ordinal)));
        Assert.Equal(Verifier.CheckIds, report.Checks.Select(check => check.Id).Distinct());
    }

    private static string Row(CheckResult check) => check.Service is null ? check.Id : $"{check.Id} {check.Service}";
}
