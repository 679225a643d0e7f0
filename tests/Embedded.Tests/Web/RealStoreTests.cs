using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Embedded.Tests.Query;
using MicroMonitored.Embedded;
using MicroMonitored.Embedded.Hosting;
using MicroMonitored.Embedded.Store;
using MicroMonitored.Protocols.Exposition;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Embedded.Tests.Web;

/// <summary>The same questions over the real store and the real host.</summary>
public sealed class RealStoreTests : IAsyncLifetime
{
    private const string TraceId = "9281d8f88ad96b40fb8cec6cb10a3da8";
    private readonly string _folder = Directory.CreateTempSubdirectory("mm-query-").FullName;
    private readonly long _now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
    private readonly HttpClient _client = new() { Timeout = TimeSpan.FromSeconds(20) };
    private readonly EngineCounters _counters = new();
    private TelemetryStore _store = null!;
    private WebApplication _app = null!;
    private StackPorts _ports = null!;

    public async ValueTask InitializeAsync()
    {
        var free = Enumerable.Range(0, 4).Select(static _ => new TcpListener(IPAddress.Loopback, 0)).ToList();
        free.ForEach(static l => l.Start());
        var numbers = free.Select(static l => ((IPEndPoint)l.LocalEndpoint).Port).ToArray();
        free.ForEach(static l => l.Stop());
        _ports = new() { Grafana = numbers[0], Prometheus = numbers[1], Loki = numbers[2], Tempo = numbers[3] };
        Directory.CreateDirectory(Path.Combine(_folder, "logs"));
        _store = new(Path.Combine(_folder, "data"), _counters);
        _app = EngineHost.Build(
            new() { DataFolder = Path.Combine(_folder, "data"), LogFolder = Path.Combine(_folder, "logs"), Ports = _ports },
            _store, _counters, TimeProvider.System);
        await _app.StartAsync();

        static List<KeyValuePair<string, string>> Labels(params (string Name, string Value)[] labels) =>
            [.. labels.Select(static l => KeyValuePair.Create(l.Name, l.Value))];
        var samples = new List<NewSample>();
        for (var i = 0; i < 30; i++)
        {
            foreach (var job in (string[])["a", "b"])
            {
                samples.Add(new(
                    Labels(("__name__", "requests_total"), ("job", job)),
                    new(_now - 60_000 + (i * 2000), i * (job == "a" ? 2 : 4)),
                    i == 29 ? new(0.5, _now - 2000, Labels(("trace_id", TraceId))) : null));
            }
        }

        await _app.Services.GetRequiredService<IMetricWriter>().AppendAsync(new(samples, new Dictionary<string, MetricMetadata>()), default);
        await _app.Services.GetRequiredService<ILogWriter>().AppendAsync(
            [.. Enumerable.Range(0, 10).Select(i => new LogRecord(
                Labels(("job", "a"), ("service_name", "a")), (_now * 1_000_000) - i, $$"""{"n":{{i}}}""", Labels(("trace_id", i == 3 ? TraceId : "other"))))],
            default);
        await _app.Services.GetRequiredService<ITraceWriter>().AppendAsync(Fixture.Spans("tempo/trace-v2.json"), default);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        await _store.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task<JsonNode> Get(int port, string address)
    {
        using var answer = await _client.GetAsync($"http://127.0.0.1:{port}{address}");
        var body = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, $"{address}: {answer.StatusCode} {body}");
        return JsonNode.Parse(body)!;
    }

    [Fact]
    public async Task What_was_written_is_answered()
    {
        var sum = await Get(_ports.Prometheus, "/api/v1/query?query=sum%20by%20(job)%20(requests_total)");
        Assert.Equal(["58", "116"], sum["data"]!["result"]!.AsArray().OrderBy(static r => (string?)r!["metric"]!["job"])
            .Select(static r => (string?)r!["value"]![1]));
        var at = ((_now - 2000) / 1000.0).ToString("F3", CultureInfo.InvariantCulture);
        var rate = await Get(_ports.Prometheus, $"/api/v1/query?query=rate(requests_total%7Bjob%3D%22a%22%7D%5B1m%5D)&time={at}");
        Assert.Equal(1.0, double.Parse((string)rate["data"]!["result"]![0]!["value"]![1]!, CultureInfo.InvariantCulture), 1);
        var exemplars = await Get(_ports.Prometheus, "/api/v1/query_exemplars?query=requests_total");
        Assert.Equal(TraceId, (string?)exemplars["data"]![0]!["exemplars"]![0]!["labels"]!["trace_id"]);

        var lines = await Get(_ports.Loki, $"/loki/api/v1/query_range?query=%7Bjob%3D%22a%22%7D%7Ctrace_id%3D%22{TraceId}%22");
        Assert.Equal("{\"n\":3}", (string?)lines["data"]!["result"]!.AsArray().Single()!["values"]![0]![1]);
        var parsed = await Get(_ports.Loki, "/loki/api/v1/query_range?query=%7Bjob%3D%22a%22%7D%7Cjson%7Cn%3C5&direction=forward");
        Assert.Equal(5, parsed["data"]!["result"]!.AsArray().Sum(static s => s!["values"]!.AsArray().Count));
        var count = await Get(_ports.Loki, "/loki/api/v1/query?query=sum(count_over_time(%7Bjob%3D%22a%22%7D%5B5m%5D))&time=" + ((_now + 1) * 1_000_000)
            .ToString(CultureInfo.InvariantCulture));
        Assert.Equal("10", (string?)count["data"]!["result"]![0]!["value"]![1]);

        var trace = await Get(_ports.Tempo, "/api/traces/" + TraceId);
        Assert.Equal(3, trace["batches"]!.AsArray().SelectMany(static b => b!["scopeSpans"]!.AsArray()).Sum(static s => s!["spans"]!.AsArray().Count));
        var found = await Get(_ports.Tempo, "/api/search?q=%7Bresource.service.name%3D%22orders%22%26%26name%3D%22GET%20%2Fcall%22%7D");
        Assert.Equal(TraceId, (string?)found["traces"]![0]!["traceID"]);

        foreach (var page in (string[])["/", "/logs", "/traces", "/trace/" + TraceId])
        {
            using var answer = await _client.GetAsync($"http://127.0.0.1:{_ports.Grafana}{page}");
            Assert.True(answer.IsSuccessStatusCode, $"{page}: {answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
        }
    }
}
