using System.Net;
using System.Net.Sockets;
using MicroMonitored.Embedded;
using MicroMonitored.Model.Embedded;
using MicroMonitored.Model.Settings;

namespace Instrumentation.Tests;

/// <summary>All three signals of a service over OTLP, as the embedded engine has stored them.</summary>
[Collection(OneHost.AtATime)]
public sealed class StoredSignalsTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("stored").FullName;
    private readonly StackPorts _ports = FreePorts();
    private EmbeddedEngine? _engine;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
        => _engine = await EmbeddedEngine.StartAsync(
            new() { Ports = _ports, DataFolder = Path.Combine(_folder, "data"), LogFolder = Path.Combine(_folder, "tailed") }, Cancellation);

    public async ValueTask DisposeAsync()
    {
        await _engine!.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData("grpc")]
    [InlineData("http/protobuf")]
    public async Task What_is_asked_to_go_over_OTLP_is_found_in_every_store(string protocol)
    {
        await GreetingService.RunAsync(
            _folder, Cancellation,
            $"--OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:{(protocol == "grpc" ? _ports.OtlpGrpc : _ports.OtlpHttp)}",
            $"--OTEL_EXPORTER_OTLP_PROTOCOL={protocol}", "--OTEL_LOGS_EXPORTER=otlp", "--OTEL_METRICS_EXPORTER=otlp");

        await FoundAsync(
            _ports.Tempo,
            "/api/search?q=" + Uri.EscapeDataString("""{ resource.service.name = "app" && span.http.route = "/hello/{name}" }"""),
            "GET /hello/{name}");
        await FoundAsync(_ports.Loki, "/loki/api/v1/query_range?query=" + Uri.EscapeDataString("""{service_name="app"} |= "Hello Ada" """), "Hello Ada");
        const string Refused = "/loki/api/v1/query_range?query=%7Bservice_name%3D%22app%22%7D%7C%3D%22elsewhere%22";
        await FoundAsync(_ports.Loki, Refused, "access_token=Redacted");
        using var client = new HttpClient();
        var stored = await client.GetStringAsync(new Uri($"http://127.0.0.1:{_ports.Loki}{Refused}"), Cancellation);
        Assert.DoesNotContain("s3cr3t", stored, StringComparison.Ordinal);
        await FoundAsync(
            _ports.Prometheus,
            "/api/v1/query?query=" + Uri.EscapeDataString("""http_server_request_duration_seconds_count{job="app",http_route="/hello/{name}"}"""),
            "\"job\":\"app\"");
    }

    private static Task FoundAsync(int port, string query, string expected)
        => GreetingService.FoundAsync(new Uri($"http://127.0.0.1:{port}{query}"), expected, Cancellation);

    private static StackPorts FreePorts()
    {
        var listeners = Enumerable.Range(0, 5).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToList();
        listeners.ForEach(listener => listener.Start());
        var ports = listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port).ToArray();
        listeners.ForEach(listener => listener.Dispose());
        return new StackPorts { Prometheus = ports[0], Loki = ports[1], Tempo = ports[2], OtlpGrpc = ports[3], OtlpHttp = ports[4] };
    }
}
