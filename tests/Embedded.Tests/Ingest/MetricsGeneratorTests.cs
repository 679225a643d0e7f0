using System.Text.Json.Nodes;
using Google.Protobuf;
using MicroMonitored.Protocols.Otlp;
using OpenTelemetry.Proto.Collector.Trace.V1;
using OpenTelemetry.Proto.Resource.V1;
using OpenTelemetry.Proto.Trace.V1;
using Kind = OpenTelemetry.Proto.Trace.V1.Span.Types.SpanKind;

namespace Embedded.Tests.Ingest;

public sealed class MetricsGeneratorTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private static readonly ByteString Trace = ByteString.CopyFrom(Payloads.TraceId);

    private static Span Span(byte id, byte parent, Kind kind, string name, double milliseconds, bool failed = false, params (string, string)[] attributes)
    {
        var start = (ulong)DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() * 1_000_000;
        var span = new Span
        {
            TraceId = Trace, SpanId = OtlpValues.Id(id), ParentSpanId = parent == 0 ? ByteString.Empty : OtlpValues.Id(parent), Kind = kind, Name = name,
            StartTimeUnixNano = start, EndTimeUnixNano = start + (ulong)(milliseconds * 1_000_000),
            Status = failed ? new() { Code = Status.Types.StatusCode.Error } : null,
        };
        foreach (var (key, value) in attributes)
            span.Attributes.Add(OtlpValues.Text(key, value));
        return span;
    }

    private static async Task Send(Engine engine, string service, params Span[] spans)
    {
        var request = new ExportTraceServiceRequest
        {
            ResourceSpans =
            {
                new ResourceSpans
                {
                    Resource = new Resource { Attributes = { OtlpValues.Text("service.name", service) } },
                    ScopeSpans = { new ScopeSpans { Spans = { spans } } },
                },
            },
        };
        using var body = new ByteArrayContent(request.ToByteArray());
        body.Headers.ContentType = new("application/x-protobuf");
        using var answer = await engine.PostAsync(engine.Options.Ports.OtlpHttp, "/v1/traces", body);
        Assert.True(answer.IsSuccessStatusCode);
    }

    /// <summary>The value of a query as soon as it has the one that is awaited.</summary>
    private static async Task Becomes(Engine engine, double expected, string query)
    {
        var until = DateTime.UtcNow + Limit;
        double? value;
        do
        {
            var json = JsonNode.Parse(await engine.Client.GetStringAsync(
                $"http://127.0.0.1:{engine.Options.Ports.Prometheus}/api/v1/query?query={Uri.EscapeDataString(query)}"))!;
            var vector = json["data"]!["result"]!.AsArray();
            value = vector.Count == 1 ? double.Parse((string)vector[0]!["value"]![1]!, System.Globalization.CultureInfo.InvariantCulture) : null;
            if (value == expected)
                return;
            await Task.Delay(100);
        }
        while (DateTime.UtcNow < until);
        Assert.Fail($"{query} is {value?.ToString() ?? "absent"}, not {expected}");
    }

    [Fact]
    public async Task A_call_becomes_an_edge_whichever_half_comes_first_and_a_root_is_the_users()
    {
        await using var engine = await Engine.StartAsync();
        await Send(engine, "orders", Span(1, 0, Kind.Server, "POST /orders", 50), Span(2, 1, Kind.Client, "GET", 40), Span(4, 1, Kind.Client, "GET", 30));
        await Send(engine, "inventory", Span(3, 2, Kind.Server, "GET /stock", 30), Span(5, 4, Kind.Server, "GET /stock", 300, failed: true));
        await Becomes(engine, 2, "traces_service_graph_request_total{client=\"orders\",server=\"inventory\",connection_type=\"\"}");
        await Becomes(engine, 1, "traces_service_graph_request_failed_total{client=\"orders\",server=\"inventory\"}");
        await Becomes(engine, 1, "traces_service_graph_request_total{client=\"user\",server=\"orders\",connection_type=\"virtual_node\"}");
        await Becomes(engine, 1, "traces_service_graph_request_server_seconds_bucket{client=\"orders\",le=\"0.128\"}");
        await Becomes(engine, 2, "traces_service_graph_request_client_seconds_count{client=\"orders\"}");

        // Counted from the first call on.
        const string Calls = "traces_service_graph_request_total{client=\"orders\"}[1m]";
        await Becomes(engine, 2, $"max_over_time({Calls}) - min_over_time({Calls})");
        await Send(engine, "inventory", Span(7, 6, Kind.Consumer, "process", 1));
        await Send(engine, "orders", Span(6, 1, Kind.Producer, "send", 1));
        await Becomes(engine, 1, "traces_service_graph_request_total{client=\"orders\",server=\"inventory\",connection_type=\"messaging_system\"}");
    }

    [Fact]
    public async Task Spans_are_counted_by_service_name_kind_and_status_with_an_exemplar_of_their_trace()
    {
        await using var engine = await Engine.StartAsync();
        var (sound, failed) = (Span(1, 0, Kind.Server, "GET /a", 3), Span(2, 0, Kind.Server, "GET /a", 600, failed: true));
        await Send(engine, "shop", sound, sound.Clone(), failed, Span(3, 1, Kind.Internal, "work", 1));
        const string Labels = "service=\"shop\",span_name=\"GET /a\",span_kind=\"SPAN_KIND_SERVER\"";
        await Becomes(engine, 2, $"traces_spanmetrics_calls_total{{{Labels},status_code=\"STATUS_CODE_UNSET\"}}");
        await Becomes(engine, 1, $"traces_spanmetrics_calls_total{{{Labels},status_code=\"STATUS_CODE_ERROR\"}}");
        await Becomes(engine, 1, "traces_spanmetrics_calls_total{span_kind=\"SPAN_KIND_INTERNAL\"}");
        await Becomes(engine, 2 * sound.CalculateSize(), $"traces_spanmetrics_size_total{{{Labels},status_code=\"STATUS_CODE_UNSET\"}}");
        await Becomes(engine, 2, $"traces_spanmetrics_latency_bucket{{{Labels},status_code=\"STATUS_CODE_UNSET\",le=\"0.004\"}}");
        await Becomes(engine, 0, $"traces_spanmetrics_latency_bucket{{{Labels},status_code=\"STATUS_CODE_UNSET\",le=\"0.002\"}}");
        await Becomes(engine, 1, $"traces_spanmetrics_latency_bucket{{{Labels},status_code=\"STATUS_CODE_ERROR\",le=\"1.024\"}}");
        var exemplars = JsonNode.Parse(await engine.Client.GetStringAsync(
            $"http://127.0.0.1:{engine.Options.Ports.Prometheus}/api/v1/query_exemplars?query=traces_spanmetrics_latency_bucket"))!["data"]!.AsArray();
        Assert.Contains(exemplars, static one => (string)one!["exemplars"]![0]!["labels"]!["trace_id"]! == Payloads.TraceHex);
    }

    [Fact]
    public async Task A_database_that_sends_no_spans_is_a_node_by_the_name_its_client_gives_it()
    {
        await using var engine = await Engine.StartAsync();
        await Send(engine, "orders",
            Span(1, 9, Kind.Client, "SELECT", 2, failed: false, ("db.system", "sqlite"), ("db.name", "orders.db")), Span(2, 9, Kind.Client, "GET", 1));
        await Becomes(engine, 1, "traces_service_graph_request_total{client=\"orders\",server=\"orders.db\",connection_type=\"database\"}");
        await Becomes(engine, 1, "count(traces_service_graph_request_total)");
    }
}
