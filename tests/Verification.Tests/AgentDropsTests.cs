using System.Diagnostics;
using System.Net;
using System.Text.Json;
using MicroMonitored.Model.Components;
using MicroMonitored.Verification.Clients;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace MicroMonitored.Verification.Tests;

/// <summary>The log agent of a stack in containers is on no port of the host: what it drops is read where it is scraped into.</summary>
public sealed class AgentDropsTests : IAsyncDisposable
{
    private readonly WebApplication _agent;
    private int _dropped;
    private int _each;

    public AgentDropsTests()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, RealEngine.FreePorts(1)[0]));
        _agent = builder.Build();
        _agent.MapGet("/metrics", () => $$"""
            # TYPE promtail_dropped_entries_total counter
            promtail_dropped_entries_total{reason="rate_limited"} {{_dropped += _each}}

            """);
        _agent.Start();
    }

    public ValueTask DisposeAsync() => _agent.DisposeAsync();

    [Theory]
    [InlineData(0, CheckStatus.Pass, "promtail", null)]
    [InlineData(3, CheckStatus.Fail, "promtail promtail_dropped_entries_total +", "promtail")]
    public async Task What_the_agent_drops_is_seen_although_no_port_leads_to_it(int each, CheckStatus status, string detail, string? hop)
    {
        (_dropped, _each) = (7, each);
        await using var engine = await RealEngine.StartAsync();
        await File.WriteAllTextAsync(engine.File("targets.json"), JsonSerializer.Serialize(new[]
        {
            new { targets = new[] { new Uri(_agent.Urls.Single()).Authority }, labels = new { job = "promtail" } },
        }), TestContext.Current.CancellationToken);
        using var http = new SignalHttp();
        var prometheus = new PrometheusClient(http, engine.Plan.Endpoints.Prometheus);
        for (var clock = Stopwatch.StartNew(); (await prometheus.TargetsAsync(TestContext.Current.CancellationToken)).All(target => target.Health != "up");
            await Task.Delay(50, TestContext.Current.CancellationToken))
            Assert.InRange(clock.Elapsed.TotalSeconds, 0, 30);
        var plan = engine.Plan with { Capabilities = engine.Plan.Capabilities | Capabilities.Containers, Only = ["drops.zero"] };

        var report = await Verifier.RunAsync(plan, TimeProvider.System, TestContext.Current.CancellationToken);

        var check = report.Checks.Single(check => check.Id == "drops.zero");
        Assert.Equal(status, check.Status);
        Assert.Contains(detail, check.Detail, StringComparison.Ordinal);
        Assert.Equal(hop, check.Hop);
    }
}
