using System.Net;
using System.Net.Sockets;
using System.Text;
using MicroMonitored.Model.Components;

namespace MicroMonitored.Verification.Tests;

/// <summary>One run for each way in which nothing sensible answers, a few at the same time: they mostly wait.</summary>
public sealed class HostileRuns
{
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(8);
    private static readonly SemaphoreSlim Slots = new(4);
    private const string Half = "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"resul";

    private const string Shapeless = """
        {"status":"success","database":7,"data":{"resultType":7,"result":[{"metric":5,"value":"x","stream":[],"values":[7,[1,2],["x"]]}],"activeTargets":[7],
        "groups":[{"rules":7}],"encodingFlags":[7]},"traces":[7],"trace":{"resourceSpans":7},"dashboard":{"panels":[7],"templating":7},"results":[]}
        """;

    private static readonly Dictionary<string, Func<NetworkStream, CancellationToken, Task>?> Servers = new()
    {
        ["refused"] = null,
        ["unreachable"] = null,
        ["unknown host"] = null,
        ["half open"] = static (_, stopping) => Task.Delay(-1, stopping),
        ["hung up"] = static (_, _) => Task.CompletedTask,
        ["a page"] = static (stream, stopping) => AnswerAsync(stream, "200 OK", "<!DOCTYPE html><html><title>Sign in</title></html>", 0, stopping),
        ["a page of a proxy"] = static (stream, stopping) => AnswerAsync(stream, "502 Bad Gateway", "<html><h1>Bad Gateway</h1></html>", 0, stopping),
        ["half a JSON"] = static (stream, stopping) => AnswerAsync(stream, "200 OK", Half, 0, stopping),
        ["half an answer"] = static (stream, stopping) => AnswerAsync(stream, "200 OK", Half, 500, stopping),
        ["half an answer, then silence"] = static async (stream, stopping) =>
        {
            await AnswerAsync(stream, "200 OK", Half, 500, stopping);
            await Task.Delay(-1, stopping);
        },
        ["another shape"] = static (stream, stopping) => AnswerAsync(stream, "200 OK", Shapeless, 0, stopping),
        ["null"] = static (stream, stopping) => AnswerAsync(stream, "200 OK", "null", 0, stopping),
    };

    private readonly Dictionary<string, Task<VerificationReport>> _runs =
        Servers.ToDictionary(server => server.Key, server => RunAsync(server.Key, server.Value));

    public static TheoryData<string> Names => [.. Servers.Keys];

    public Task<VerificationReport> Of(string name) => _runs[name];

    private static async Task<VerificationReport> RunAsync(string name, Func<NetworkStream, CancellationToken, Task>? answer)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var stopping = new CancellationTokenSource();
        var serving = answer is null ? Task.CompletedTask : ServeAsync(listener, answer, stopping.Token);
        if (answer is null)
            listener.Stop();
        var at = new Uri(name switch
        {
            "unreachable" => "http://192.0.2.1:9090",
            "unknown host" => "http://stack.invalid:9090",
            _ => $"http://{listener.LocalEndpoint}",
        });
        await Slots.WaitAsync();
        var report = await Verifier.RunAsync(Plan(at), TimeProvider.System, CancellationToken.None);
        Slots.Release();
        await stopping.CancelAsync();
        await serving;
        return report;
    }

    private static VerificationPlan Plan(Uri at) => new()
    {
        Engine = "docker",
        Capabilities = Capabilities.Dashboards | Capabilities.Rules | Capabilities.MetricsGenerator,
        Endpoints = new StackEndpoints
        {
            Prometheus = at, Loki = at, Tempo = at, OtlpGrpc = at, OtlpHttp = at, Grafana = at, Zipkin = at, JaegerThrift = at, Alertmanager = at,
        },
        Services = [new("shop-orders", at, "/orders", ["shop-inventory"]) { FaultPath = "/fault" }, new("shop-inventory", at, "/stock", [])],
        LogProbe = new Nowhere(),
        Timeout = Timeout,
        Grafana = new GrafanaCredentials("admin", "secret"),
        DashboardUids = ["services"],
        Alerting = true,
        Exposure = new Exposure(UrlFile: Path.Combine(Path.GetTempPath(), Path.GetRandomFileName())),
    };

    private static async Task ServeAsync(TcpListener listener, Func<NetworkStream, CancellationToken, Task> answer, CancellationToken stopping)
    {
        var clients = new List<Task>();
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                clients.Add(ServeAsync(await listener.AcceptTcpClientAsync(stopping), answer, stopping));
            }
            catch (OperationCanceledException)
            {
                await Task.WhenAll(clients);
            }
        }
    }

    private static async Task ServeAsync(TcpClient client, Func<NetworkStream, CancellationToken, Task> answer, CancellationToken stopping)
    {
        try
        {
            using (client)
            {
                _ = await client.GetStream().ReadAsync(new byte[64 * 1024], stopping);
                await answer(client.GetStream(), stopping);
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException)
        {
            // The test is over, or the client has given up.
        }
    }

    private static Task AnswerAsync(NetworkStream stream, string status, string body, int missing, CancellationToken stopping) => stream.WriteAsync(
        Encoding.UTF8.GetBytes($"HTTP/1.1 {status}\r\nContent-Length: {body.Length + missing}\r\nConnection: close\r\n\r\n{body}"), stopping).AsTask();

    private sealed class Nowhere : ILogProbe
    {
        public Task AppendAsync(string fileName, IReadOnlyList<string> lines, CancellationToken cancellation) => Task.CompletedTask;

        public Task RemoveAsync(string fileName, CancellationToken cancellation) => Task.CompletedTask;
    }
}

/// <summary>Whatever is on the other side of a socket, each check says in time what it was and where.</summary>
[Collection("stack")]
public sealed class HostileAnswerTests(HostileRuns runs) : IClassFixture<HostileRuns>
{
    [Theory]
    [MemberData(nameof(HostileRuns.Names), MemberType = typeof(HostileRuns))]
    public async Task Is_a_clear_failure_in_time(string name)
    {
        var report = await runs.Of(name);

        Assert.InRange(report.DurationMs, 0, HostileRuns.Timeout.TotalMilliseconds + 1000);
        // Readiness is a status alone, its text is nobody's promise.
        var isReady = name is "half a JSON" or "another shape" or "null";
        Assert.Empty(report.Checks.Where(check => check.Status == CheckStatus.Pass && !(isReady && check.Id == "stack.ready"))
            .Select(check => $"{check.Id}: {check.Detail}"));
        var failed = report.Checks.Where(check => check.Status == CheckStatus.Fail).ToList();
        Assert.Empty(failed.Where(check => check.Hop == "verify" || check.Detail.Contains("Exception", StringComparison.Ordinal))
            .Select(check => $"{check.Id}: {check.Detail}"));
        Assert.All(failed, check => Assert.False(string.IsNullOrEmpty(check.Hop) || string.IsNullOrEmpty(check.Fix), check.Id));
        if (!isReady)
            Assert.Matches("loki (not answering|did not answer within .* s|answered \\d+) on http://", Assert.Single(failed, check
                => check is { Id: "stack.ready", Service: "loki" }).Detail);
        foreach (var id in new[] { "logs.exactly-once", "metrics.target-up", "metrics.otlp", "traces.otlp-http", "traces.otlp-grpc" })
            Assert.Contains(failed, check => check.Id == id);
    }
}
