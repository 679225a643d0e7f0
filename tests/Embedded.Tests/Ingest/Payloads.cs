using System.IO.Compression;
using System.Text;
using Google.Protobuf;
using MicroMonitored.Protocols.Jaeger;
using MicroMonitored.Protocols.Otlp;
using OpenTelemetry.Proto.Collector.Trace.V1;
using OpenTelemetry.Proto.Common.V1;
using OpenTelemetry.Proto.Resource.V1;
using OpenTelemetry.Proto.Trace.V1;
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
