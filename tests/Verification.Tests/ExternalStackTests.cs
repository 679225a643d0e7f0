using MicroMonitored.Model;
using MicroMonitored.Model.Components;

namespace MicroMonitored.Verification.Tests;

/// <summary>A stack that somebody else runs, as <c>--stack</c> names it.</summary>
[Collection("stack")]
public sealed class ExternalStackTests : IDisposable
{
    private static readonly string[] Proven =
    [
        "stack.ready", "metrics.otlp", "logs.exactly-once", "logs.labels", "logs.multiprotocol", "traces.otlp-http", "traces.search", "links.log-to-trace",
        "links.trace-to-logs", "grafana.health", "freshness.metrics", "freshness.logs", "freshness.traces",
    ];

    private readonly string _file = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.json");

    public void Dispose() => File.Delete(_file);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Behind_a_proxy_with_a_login_the_same_checks_hold(bool grpc)
    {
        await using var engine = await RealEngine.StartAsync();
        await using var guarded = await GuardedStack.StartAsync(engine.Plan);

        var report = await Verifier.RunAsync(Plan(guarded, grpc, GuardedStack.Password), TimeProvider.System, TestContext.Current.CancellationToken);

        Assert.Empty(report.Checks.Where(check => check.Status == CheckStatus.Fail).Select(check => $"{check.Id}: {check.Detail}"));
        Assert.Empty(Proven.Except(report.Checks.Where(check => check.Status == CheckStatus.Pass).Select(check => check.Id)));
        Assert.Equal(grpc ? CheckStatus.Pass : CheckStatus.Skip, report.Checks.Single(check => check.Id == "traces.otlp-grpc").Status);
        Assert.Equal(0, guarded.Refused);
    }

    [Fact]
    public async Task A_refused_login_is_one_line_for_each_place_and_nothing_is_sent()
    {
        await using var engine = await RealEngine.StartAsync();
        await using var guarded = await GuardedStack.StartAsync(engine.Plan);

        var refusal = await Assert.ThrowsAsync<FaultException>(
            () => Verifier.RunAsync(Plan(guarded, true, "wrong"), TimeProvider.System, TestContext.Current.CancellationToken));

        Assert.Equal(
            ["prometheus", "loki", "tempo", "grafana"],
            refusal.Faults.Select(fault => fault.Split(' ')[0]).Where(name => name != "otlpHttp"));
        Assert.All(refusal.Faults, fault => Assert.Contains("refuses the credentials (401); correct user, password, token", fault, StringComparison.Ordinal));
        Assert.DoesNotContain("wrong", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(refusal.Faults.Count, guarded.Refused);
    }

    [Fact]
    public async Task A_certificate_of_its_own_making_is_refused_unless_the_file_takes_any()
    {
        await using var engine = await RealEngine.StartAsync();
        await using var guarded = await GuardedStack.StartAsync(engine.Plan);
        var plan = Plan(guarded, true, GuardedStack.Password) with { AcceptsAnyCertificate = false, Only = ["stack.ready"], Timeout = TimeSpan.FromSeconds(3) };

        var report = await Verifier.RunAsync(plan, TimeProvider.System, TestContext.Current.CancellationToken);

        Assert.All(report.Checks.Where(check => check.Id == "stack.ready"), check => Assert.Equal(CheckStatus.Fail, check.Status));
    }

    private VerificationPlan Plan(GuardedStack guarded, bool grpc, string password)
    {
        const string login = """ "user": "team", "password": "STACK_PASSWORD", "tenant": "team-a" """;
        var at = guarded.Address;
        File.WriteAllText(_file, $$"""
            {
              "prometheus": { "url": "{{at}}/prometheus", {{login}} },
              "loki": { "url": "{{at}}/loki/", {{login}} },
              "tempo": { "url": "{{at}}/tempo", {{login}} },
              "grafana": { "url": "{{at}}/grafana", {{login}} },
              "otlpHttp": { "url": "{{at}}/otlp", "token": "STACK_TOKEN", "headers": { "X-Scope-OrgID": "STACK_TENANT" } },
              {{(grpc ? $"\"otlpGrpc\": {{ \"url\": \"{at}\", {login} }}," : "")}}
              "scrapeInterval": "1s", "searchDelay": "1s", "insecure": true,
            }
            """);
        var stack = StackFile.Read(_file, new Dictionary<string, string>
        {
            ["STACK_PASSWORD"] = password, ["STACK_TOKEN"] = GuardedStack.Token, ["STACK_TENANT"] = "team-a",
        });
        return VerificationPlan.Of(stack, TimeSpan.FromSeconds(40));
    }
}
