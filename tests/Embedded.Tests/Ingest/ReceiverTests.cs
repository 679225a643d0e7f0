using System.Net;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using MicroMonitored.Embedded.Ingest.Otlp;
using MicroMonitored.Embedded.Store;
using MicroMonitored.Protocols.Otlp;
using OpenTelemetry.Proto.Collector.Metrics.V1;
using OpenTelemetry.Proto.Collector.Trace.V1;
using OpenTelemetry.Proto.Common.V1;
using OpenTelemetry.Proto.Metrics.V1;
using OpenTelemetry.Proto.Resource.V1;
using OpenTelemetry.Proto.Trace.V1;
using static Embedded.Tests.Ingest.Payloads;
using Status = OpenTelemetry.Proto.Trace.V1.Status;

namespace Embedded.Tests.Ingest;

public sealed class ReceiverTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task Grpc_protobuf_and_json_store_the_same_spans()
    {
        await using var engine = await Engine.StartAsync();
        using var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{engine.Options.Ports.OtlpGrpc}");
        var request = Traces(Span(1), Span(2));
        Assert.Null((await new TraceService.TraceServiceClient(channel).ExportAsync(request)).PartialSuccess);
        Assert.Equal(2, engine.Store.Spans.Trace(TraceId, None).Count);

        request = Traces(Span(3));
        var compressed = new ByteArrayContent(Gzip(request.ToByteArray()));
        compressed.Headers.ContentType = new("application/x-protobuf");
        compressed.Headers.ContentEncoding.Add("gzip");
        Assert.Equal(HttpStatusCode.OK, (await engine.PostAsync(engine.Options.Ports.OtlpHttp, "/v1/traces", compressed)).StatusCode);
        var stored = engine.Store.Spans.Trace(TraceId, None).Single(span => span.SpanId[7] == 3);
        Assert.Equal(Span(3), OpenTelemetry.Proto.Trace.V1.Span.Parser.ParseFrom(stored.Span));

        Assert.Equal(HttpStatusCode.OK, (await engine.PostAsync(
            engine.Options.Ports.OtlpHttp, "/v1/traces", Text(Json, "application/json; charset=utf-8"))).StatusCode);
        Assert.Equal(3, engine.Store.Spans.Trace(TraceId, None).Count);
    }

    [Fact]
    public async Task Invalid_spans_are_refused_one_by_one_and_the_rest_is_kept()
    {
        await using var engine = await Engine.StartAsync();
        using var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{engine.Options.Ports.OtlpGrpc}");
        var bad = Span(9);
        bad.SpanId = ByteString.Empty;
        var answer = await new TraceService.TraceServiceClient(channel).ExportAsync(Traces(Span(1), bad));
        Assert.Equal(1, answer.PartialSuccess.RejectedSpans);
        Assert.Single(engine.Store.Spans.Trace(TraceId, None));
        Assert.Equal(1, engine.Counters.Value("rejected_spans", "invalid"));
    }

    [Fact]
    public async Task Otlp_metrics_become_the_series_Prometheus_would_make()
    {
        await using var engine = await Engine.StartAsync();
        using var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{engine.Options.Ports.OtlpGrpc}");
        var request = new ExportMetricsServiceRequest
        {
            ResourceMetrics =
            {
                new ResourceMetrics
                {
                    Resource = new Resource { Attributes = { OtlpValues.Text("service.name", "shop"), OtlpValues.Text("service.instance.id", "i1"),
                        OtlpValues.Text("host.name", "h") } },
                    ScopeMetrics =
                    {
                        new ScopeMetrics
                        {
                            Metrics =
                            {
                                new Metric
                                {
                                    Name = "orders.placed", Unit = "{order}",
                                    Sum = new Sum { IsMonotonic = true, AggregationTemporality = AggregationTemporality.Cumulative,
                                        DataPoints = { new NumberDataPoint { AsInt = 7, TimeUnixNano = 1795394188000000000,
                                        Attributes = { OtlpValues.Text("a.b", "c") } } } },
                                },
                                new Metric
                                {
                                    Name = "http.duration", Unit = "s",
                                    Histogram = new Histogram
                                    {
                                        AggregationTemporality = AggregationTemporality.Cumulative,
                                        DataPoints =
                                        {
                                            new HistogramDataPoint
                                            {
                                                Count = 3, Sum = 1.5, BucketCounts = { 1, 1, 1 }, ExplicitBounds = { 0.5, 1 },
                                                    TimeUnixNano = 1795394188000000000,
                                                Exemplars = { new Exemplar { AsDouble = 0.7, TimeUnixNano = 1795394188000000000,
                                                    TraceId = ByteString.CopyFrom(TraceId) } },
                                            },
                                        },
                                    },
                                },
                                new Metric { Name = "delta", Sum = new Sum { AggregationTemporality = AggregationTemporality.Delta,
                                    DataPoints = { new NumberDataPoint { AsInt = 1 } } } },
                            },
                        },
                    },
                },
            },
        };
        var answer = await new MetricsService.MetricsServiceClient(channel).ExportAsync(request);
        Assert.Equal(1, answer.PartialSuccess.RejectedDataPoints);
        Assert.Equal(7, Value(engine, "orders_placed_total{a_b=c,instance=i1,job=shop}"));
        Assert.Equal(2, Value(engine, "http_duration_seconds_bucket{instance=i1,job=shop,le=1.0}"));
        Assert.Equal(3, Value(engine, "http_duration_seconds_bucket{instance=i1,job=shop,le=+Inf}"));
        Assert.Equal(1.5, Value(engine, "http_duration_seconds_sum{instance=i1,job=shop}"));
        Assert.Equal(1, Value(engine, "target_info{host_name=h,instance=i1,job=shop}"));
        var bucket = engine.Store.Metrics.Series([new("le", MatchOperator.Equal, "1.0")], 5, None).Single();
        Assert.Equal(TraceHex, Assert.Single(engine.Store.Metrics.Exemplars([bucket.Id], 0, long.MaxValue, None)).Labels[0].Value);
    }

    [Theory]
    [InlineData("http.server.request.duration", "s", false, false, "http_server_request_duration_seconds")]
    [InlineData("requests", "1", true, false, "requests_total")]
    [InlineData("requests_total", "", true, false, "requests_total")]
    [InlineData("usage", "1", false, true, "usage_ratio")]
    [InlineData("memory.bytes", "By", false, true, "memory_bytes")]
    [InlineData("speed", "m/s", false, true, "speed_meters_per_second")]
    [InlineData("1up", "", false, true, "_1up")]
    [InlineData("a--b", "{thing}", false, true, "a_b")]
    public void Metric_names_get_their_suffixes(string name, string unit, bool counter, bool gauge, string expected) =>
        Assert.Equal(expected, OtlpNames.Metric(name, unit, counter, gauge));

    [Theory]
    [InlineData(false, "/v1/logs")]
    [InlineData(true, "/otlp/v1/logs")]
    public async Task Otlp_logs_become_lines_with_their_trace(bool atLoki, string path)
    {
        await using var engine = await Engine.StartAsync();
        const string body = """
            {"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},"scopeLogs":[{"logRecords":[
            {"timeUnixNano":"1795394188000000001","severityNumber":17,"body":{"stringValue":"went wrong"},
            "traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"0000000000000001"}]}]}]}
            """;
        var port = atLoki ? engine.Options.Ports.Loki : engine.Options.Ports.OtlpHttp;
        Assert.Equal(HttpStatusCode.OK, (await engine.PostAsync(port, path, Text(body, "application/json"))).StatusCode);
        var stream = Assert.Single(engine.Store.Logs.Streams([], None));
        Assert.Equal([new("job", "shop"), new("level", "error"), new("service_name", "shop")], stream.Labels);
        var entry = Assert.Single(engine.Store.Logs.Entries([stream.Id], 0, long.MaxValue, false, LogNeeds.None, None));
        Assert.Equal(("went wrong", 1795394188000000001), (entry.Line, entry.TimestampNs));
        Assert.Contains(new("trace_id", TraceHex), entry.Metadata);
    }

    [Fact]
    public void Lists_and_maps_are_their_json_as_text()
    {
        var list = new ArrayValue { Values = { new AnyValue { StringValue = "é\"" }, new AnyValue { IntValue = 5 }, new AnyValue { DoubleValue = 0.5 },
            new AnyValue() } };
        var map = new KeyValueList { Values = { new KeyValue { Key = "a", Value = new AnyValue { BoolValue = true } }, OtlpValues.Text("a", "again") } };
        list.Values.Add(new AnyValue { KvlistValue = map });
        list.Values.Add(new AnyValue { DoubleValue = double.NaN });
        Assert.Equal("""["é\"",5,0.5,null,{"a":true},"NaN"]""", OtlpText.Of(new AnyValue { ArrayValue = list }));

        var nested = new AnyValue { StringValue = "deep" };
        for (var i = 0; i < 90; i++)
            nested = new AnyValue { ArrayValue = new ArrayValue { Values = { nested } } };
        Assert.Equal($"{new string('[', 90)}\"deep\"{new string(']', 90)}", OtlpText.Of(nested));
    }

    [Fact]
    public async Task Zipkin_and_Jaeger_spans_are_stored_as_Otlp_spans()
    {
        await using var engine = await Engine.StartAsync();
        const string zipkin = """
            [{"traceId":"0102030405060708090a0b0c0d0e0f10","id":"00000000000000a1","parentId":"00000000000000a0","name":"call","kind":"CLIENT",
            "timestamp":1795394188000001,"duration":250,"localEndpoint":{"serviceName":"zip"},"remoteEndpoint":{"serviceName":"db","port":5432},
            "annotations":[{"timestamp":1795394188000002,"value":"sent"}],"tags":{"http.method":"GET","error":"boom"}}]
            """;
        Assert.Equal(HttpStatusCode.Accepted, (await engine.PostAsync(
            engine.Options.Ports.Zipkin, "/api/v2/spans", Text(zipkin, "application/json"))).StatusCode);
        var content = new ByteArrayContent(JaegerBatch());
        content.Headers.ContentType = new("application/vnd.apache.thrift.binary");
        Assert.Equal(HttpStatusCode.Accepted, (await engine.PostAsync(
            engine.Options.Ports.JaegerThrift, "/api/traces?format=jaeger.thrift", content)).StatusCode);

        var spans = engine.Store.Spans.Trace(TraceId, None);
        var fromZipkin = spans.Single(span => span.ServiceName == "zip");
        Assert.Equal(("call", 3, 1795394188000001000, 1795394188000251000, 0xa0),
            (fromZipkin.Name, fromZipkin.Kind, fromZipkin.StartNs, fromZipkin.EndNs, fromZipkin.ParentSpanId![7]));
        var zipkinSpan = OpenTelemetry.Proto.Trace.V1.Span.Parser.ParseFrom(fromZipkin.Span);
        Assert.Equal((Status.Types.StatusCode.Error, "boom"), (zipkinSpan.Status.Code, zipkinSpan.Status.Message));
        Assert.Contains(OtlpValues.Text("peer.service", "db"), zipkinSpan.Attributes);
        Assert.Contains(OtlpValues.Text("http.method", "GET"), zipkinSpan.Attributes);
        Assert.Equal("sent", Assert.Single(zipkinSpan.Events).Name);

        var fromJaeger = spans.Single(span => span.ServiceName == "jae");
        Assert.Equal(("op", 2, 1795394188000005000, 1795394188000012000, 0xa1),
            (fromJaeger.Name, fromJaeger.Kind, fromJaeger.StartNs, fromJaeger.EndNs, fromJaeger.ParentSpanId![7]));
        var jaegerSpan = OpenTelemetry.Proto.Trace.V1.Span.Parser.ParseFrom(fromJaeger.Span);
        Assert.Equal(new KeyValue { Key = "count", Value = new AnyValue { IntValue = 5 } }, Assert.Single(jaegerSpan.Attributes));
    }

    private static double Value(Engine engine, string series)
    {
        foreach (var set in engine.Store.Metrics.Series([], 1000, None))
        {
            var labels = set.Labels.Where(label => label.Key != "__name__").Select(label => $"{label.Key}={label.Value}");
            if (series == $"{set.Labels.First(label => label.Key == "__name__").Value}{{{string.Join(',', labels)}}}")
                return engine.Store.Metrics.Newest([set.Id], 0, long.MaxValue, None)[set.Id].Value;
        }

        Assert.Fail($"{series} is not there.");
        return 0;
    }
}
