using System.IO.Compression;
using System.Text;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using MicroMonitored.Embedded.Ingest.Wire;
using MicroMonitored.Protocols.Jaeger;
using MicroMonitored.Protocols.Otlp;
using OpenTelemetry.Proto.Collector.Trace.V1;
using OpenTelemetry.Proto.Common.V1;
using OpenTelemetry.Proto.Resource.V1;
using OpenTelemetry.Proto.Trace.V1;
using Metadata = MicroMonitored.Embedded.Ingest.Wire.Metadata;
using SpanKind = OpenTelemetry.Proto.Trace.V1.Span.Types.SpanKind;

namespace Embedded.Tests.Ingest;

/// <summary>What the receivers are sent.</summary>
internal static class Payloads
{
    public static readonly byte[] TraceId = [.. Enumerable.Range(1, 16).Select(i => (byte)i)];
    public const string TraceHex = "0102030405060708090a0b0c0d0e0f10";

    public const string Json = """
        {"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},
        "scopeSpans":[{"scope":{"name":"s"},"spans":[
        {"traceId":"0102030405060708090A0B0C0D0E0F10","spanId":"0000000000000001","parentSpanId":"","name":"GET /a","kind":2,
        "startTimeUnixNano":"1795394188000000000","endTimeUnixNano":1795394189000000000,"futureField":{"x":[1]},
        "attributes":[{"key":"n","value":{"intValue":"5"}},{"key":"d","value":{"doubleValue":0.5}},{"key":"b","value":{"boolValue":true}},
        {"key":"l","value":{"arrayValue":{"values":[{"stringValue":"x"}]}}}],
        "events":[{"timeUnixNano":"1","name":"e"}],
        "links":[{"traceId":"0102030405060708090a0b0c0d0e0f11","spanId":"0000000000000002"}],"status":{"code":2,"message":"m"}}]}]}]}
        """;

    public const string JsonLogs = """
        {"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},
        "scopeLogs":[{"logRecords":[{"timeUnixNano":"5","severityNumber":9,"body":{"stringValue":"hi"},
        "attributes":[{"key":"a","value":{"kvlistValue":{"values":[{"key":"b","value":{"bytesValue":"AQI="}}]}}}]}]}]}]}
        """;

    public const string JsonMetrics = """
        {"resourceMetrics":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},"scopeMetrics":[{"metrics":[
        {"name":"depth","gauge":{"dataPoints":[{"timeUnixNano":"1795394188000000000","asInt":"4"}]}},
        {"name":"jobs","unit":"1/s","sum":{"aggregationTemporality":2,"isMonotonic":true,"dataPoints":[{"asDouble":"NaN","flags":1}]}},
        {"name":"time","unit":"s","histogram":{"aggregationTemporality":2,"dataPoints":[{"count":"3","sum":1.5,"bucketCounts":["1","2"],"explicitBounds":[0.5],
        "exemplars":[{"timeUnixNano":"5","asDouble":0.4,"traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"0000000000000001"}]}]}},
        {"name":"size","exponentialHistogram":{"aggregationTemporality":2,"dataPoints":[{"count":"1","sum":2,"scale":1}]}},
        {"name":"age","summary":{"dataPoints":[{"count":"1","sum":2,"quantileValues":[{"quantile":0.5,"value":1}]}]}}]}]}]}
        """;

    public const string ZipkinJson = """
        [{"traceId":"0102030405060708","id":"a1","parentId":"a0","kind":"CLIENT","name":"n","timestamp":1,"duration":2,"tags":{"a":"b","error":"true"},
        "localEndpoint":{"serviceName":"s"},"remoteEndpoint":{"ipv4":"::1","port":80},"annotations":[{"timestamp":1,"value":"x"}]}]
        """;

    public const string LokiJson = """
        {"streams":[{"stream":{"app":"shop"},"values":[["5000000007","hello",{"trace_id":"t"}],["5000000008","é\u0000"]]}]}
        """;

    /// <summary>One line of the stream that these labels name.</summary>
    public static PushRequest LokiPushOf(string labels) => new()
    {
        Streams =
        {
            new MicroMonitored.Embedded.Ingest.Wire.Stream
            {
                Labels = labels,
                Entries =
                {
                    new Entry
                    {
                        Timestamp = new Timestamp { Seconds = 5, Nanos = 7 }, Line = "hello",
                        StructuredMetadata = { new Pair { Name = "trace_id", Value = "t" } },
                    },
                },
            },
        },
    };

    public static WriteRequest Write(params long[] times)
    {
        var series = new TimeSeries
        {
            Labels = { new Label { Name = "__name__", Value = "jobs_total" }, new Label { Name = "kind", Value = "a" } },
            Exemplars = { new WriteExemplar { Value = 1, Timestamp = times[^1], Labels = { new Label { Name = "trace_id", Value = "t1" } } } },
        };
        foreach (var (index, time) in times.Index())
            series.Samples.Add(new WriteSample { Timestamp = time, Value = index + 1 });
        return new WriteRequest
        {
            Timeseries = { series }, Metadata = { new Metadata { MetricFamilyName = "jobs_total", Type = Metadata.Types.MetricType.Counter, Help = "Jobs." } },
        };
    }

    public static Span Span(byte id) => new()
    {
        TraceId = ByteString.CopyFrom(TraceId), SpanId = OtlpValues.Id(id), Name = "GET /a", Kind = SpanKind.Server,
        StartTimeUnixNano = 1795394188000000000, EndTimeUnixNano = 1795394189000000000,
    };

    public static ExportTraceServiceRequest Traces(params Span[] spans) => new()
    {
        ResourceSpans = { new ResourceSpans { Resource = new Resource { Attributes = { OtlpValues.Text("service.name", "shop") } },
            ScopeSpans = { new ScopeSpans { Spans = { spans } } } } },
    };

    public static StringContent Text(string text, string type) => new(text, System.Net.Http.Headers.MediaTypeHeaderValue.Parse(type));

    public static byte[] Gzip(byte[] bytes)
    {
        using var stream = new MemoryStream();
        using (var gzip = new GZipStream(stream, CompressionLevel.Fastest))
            gzip.Write(bytes);
        return stream.ToArray();
    }

    /// <summary>One span with a tag.</summary>
    public static byte[] JaegerBatch()
    {
        var span = new Span
        {
            TraceId = ByteString.CopyFrom(TraceId), SpanId = OtlpValues.Id(0xa2), ParentSpanId = OtlpValues.Id(0xa1), Name = "op", Kind = SpanKind.Server,
            StartTimeUnixNano = 1795394188000005000, EndTimeUnixNano = 1795394188000012000,
            Attributes = { new KeyValue { Key = "count", Value = new AnyValue { IntValue = 5 } } },
        };
        var resource = new Resource { Attributes = { OtlpValues.Text("service.name", "jae") } };
        return JaegerWriter.Write(new ResourceSpans { Resource = resource, ScopeSpans = { new ScopeSpans { Spans = { span } } } });
    }
}
