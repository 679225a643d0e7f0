using MicroMonitored.Verification.Clients;

namespace MicroMonitored.Verification.Tests;

/// <summary>The embedded engine alone, without services.</summary>
[Collection("stack")]
public sealed class RealEngineTests
{
    private static readonly string[] Proven =
    [
        "metrics.otlp", "logs.exactly-once", "logs.labels", "logs.multiprotocol", "traces.otlp-grpc", "traces.otlp-http", "traces.zipkin", "traces.jaeger",
        "traces.search", "links.log-to-trace", "links.trace-to-logs", "grafana.health", "grafana.dashboards", "grafana.panels",
        "alerts.rules", "alerts.round-trip", "drops.zero", "freshness.metrics", "freshness.logs", "freshness.traces",
        "security.loopback",
    ];

    [Fact]
    public async Task Every_synthetic_probe_is_proven_and_proven_again()
    {
        await using var engine = await RealEngine.StartAsync();
        for (var run = 0; run < 2; run++)
        {
            var report = await Verifier.RunAsync(engine.Plan, TimeProvider.System, TestContext.Current.CancellationToken);

            Assert.Empty(report.Checks.Where(check => check.Status == CheckStatus.Fail).Select(check => $"{check.Id} {check.Service}: {check.Detail}"));
            Assert.Empty(Proven.Except(report.Checks.Where(check => check.Status == CheckStatus.Pass).Select(check => check.Id)));
        }
    }

    [Fact]
    public async Task The_canary_loses_nothing_and_the_engine_scrapes_its_figures()
    {
        await using var engine = await RealEngine.StartAsync();
        using var http = new SignalHttp();
        var prometheus = new PrometheusClient(http, engine.Plan.Endpoints.Prometheus);
        var options = new CanaryOptions
        {
            Duration = TimeSpan.FromSeconds(30), Interval = TimeSpan.FromMilliseconds(200), Exposure = new Exposure(TargetsFile: engine.TargetsFile),
        };
        using var enough = new CancellationTokenSource();
        var running = Canary.RunAsync(engine.Plan, options, null, TimeProvider.System, enough.Token);
        IReadOnlyList<VectorSample> scraped = [];
        while (!running.IsCompleted && scraped.Count == 0)
        {
            await Task.Delay(200, TestContext.Current.CancellationToken);
            scraped = await prometheus.QueryAsync("micromonitored_canary_sent_total{job=\"micromonitored-canary\"} > 0", TestContext.Current.CancellationToken);
        }
        await enough.CancelAsync();
        var report = await running;

        Assert.Equal(["logs", "traces"], scraped.Select(sample => sample.Labels["signal"]).Order(StringComparer.Ordinal));
        Assert.True(report.Sound, string.Join('\n', report.Signals));
        Assert.All(report.Signals, signal => Assert.Equal(signal.Sent, signal.Delays.Counts.Sum()));
    }
}
