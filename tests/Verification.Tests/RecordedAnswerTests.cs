using System.Text.Json;
using MicroMonitored.Protocols.Exposition;
using MicroMonitored.Verification.Clients;
using MicroMonitored.Verification.Probes;

namespace MicroMonitored.Verification.Tests;

/// <summary>The clients read what the real components answered.</summary>
public sealed class RecordedAnswerTests
{
    [Fact]
    public void Prometheus_vector()
    {
        var vector = PrometheusClient.ReadVector(Recorded("prometheus/query-vector.json"));

        Assert.Equal([("/hi", 20), ("/call", 20), ("/metrics", 18)], vector.Select(sample => (sample.Labels["http_route"], sample.Value)));
        Assert.Equal(58, Assert.Single(PrometheusClient.ReadVector(Recorded("prometheus/query-scalar-sum.json"))).Value);
        Assert.Empty(PrometheusClient.ReadVector(Recorded("prometheus/query-empty.json")));
    }

    [Fact]
    public void Prometheus_error_is_named()
    {
        var exception = Assert.Throws<SignalException>(() => PrometheusClient.ReadVector(Recorded("prometheus/query-bad.json")));

        Assert.Contains("unclosed left parenthesis", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Prometheus_exemplars()
    {
        var exemplars = PrometheusClient.ReadExemplars(Recorded("prometheus/query_exemplars.json"));

        Assert.Equal(("9281d8f88ad96b40fb8cec6cb10a3da8", "39160d2d8e40025f", "0.005"), (exemplars[0].TraceId, exemplars[0].SpanId, exemplars[0].Series["le"]));
        Assert.Equal(2, exemplars.Count);
    }

    [Fact]
    public void Prometheus_targets()
    {
        var targets = PrometheusClient.ReadTargets(Recorded("prometheus/targets.json"));

        var service = targets.Single(target => target.Job == "microservices");
        Assert.Equal(("up", "orders:8080", ""), (service.Health, service.Instance, service.LastError));
        Assert.Equal(new DateTimeOffset(2026, 11, 23, 0, 38, 5, TimeSpan.Zero),
            service.LastScrape!.Value.AddTicks(-(service.LastScrape.Value.Ticks % TimeSpan.TicksPerSecond)));
        Assert.Empty(PrometheusClient.ReadRules(Recorded("prometheus/rules-none.json")));
    }

    [Fact]
    public void Loki_lines_come_oldest_first_with_their_labels()
    {
        var lines = LokiClient.ReadStreams(Recorded("loki/query_range-streams.json"));

        Assert.Equal([1795394192642008217, 1795394192642071692, 1795394192642125662], lines.Select(line => line.TimestampNs));
        Assert.Equal("microservices", lines[0].Labels["job"]);
        Assert.Equal("unknown", lines[0].Metadata["detected_level"]);
        Assert.Empty(LokiClient.ReadStreams(Recorded("loki/query_range-empty.json")));
    }

    [Fact]
    public void Loki_lines_whose_fields_were_parsed_into_the_stream_keep_them_apart_from_labels()
    {
        var lines = LokiClient.ReadStreams(Recorded("loki/query_range-json-filter.json"));

        Assert.All(lines, line => Assert.Equal(["filename", "job", "service_name"], line.Labels.Keys.Order(StringComparer.Ordinal)));
        Assert.Contains(lines, line => line.Metadata.GetValueOrDefault("_tr") == "9281d8f88ad96b40fb8cec6cb10a3da8");
    }

    [Theory]
    [InlineData("tempo/trace-v1.json")]
    [InlineData("tempo/trace-v2.json")]
    public void Tempo_trace_in_both_versions(string recorded)
    {
        var spans = TempoClient.ReadTrace(Text(recorded));

        Assert.Equal(3, spans.Count);
        Assert.All(spans, span => Assert.Equal(("9281d8f88ad96b40fb8cec6cb10a3da8", "orders"), (span.TraceId, span.Service)));
        var client = spans.Single(span => span.Kind == SpanKind.Client);
        Assert.Equal(("15ad82e454a32c18", "39160d2d8e40025f", 1795394192451878700, 1795394192452393500),
            (client.SpanId, client.ParentId, client.StartNs, client.EndNs));
        Assert.Equal(8080L, client.Attributes["server.port"]);
        Assert.Equal(client.SpanId, spans.Single(span => span.Name == "GET /hi").ParentId);
    }

    [Fact]
    public void Tempo_search_gets_its_leading_zeros_back()
    {
        var found = TempoClient.ReadSearch(Recorded("tempo/search.json"));

        Assert.Contains("0c6981a8d49d890c1991532d9a1fb0c4", found);
        Assert.Contains("04ddc78b42f11ea779fd5cb0ec81b4c9c"[1..], found);
        Assert.All(found, id => Assert.Equal(32, id.Length));
    }

    [Fact]
    public void Exposition_in_both_formats()
    {
        foreach (var name in new[] { "scrape-text.txt", "scrape-openmetrics.txt" })
        {
            var samples = ExpositionParser.Read(Text($"prometheus/{name}"), sample => sample == "http_server_request_duration_seconds_count");
            Assert.Equal(["/call", "/hi", "/metrics"], samples.Select(sample => sample.Label("http_route")).Order(StringComparer.Ordinal));
            Assert.Equal(20, samples.Single(sample => sample.Label("http_route") == "/hi").Value);
        }
    }

    private static JsonElement Recorded(string name)
    {
        using var document = JsonDocument.Parse(Text(name));
        return document.RootElement.Clone();
    }

    private static string Text(string name) => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Fixtures", "real", name));
}
