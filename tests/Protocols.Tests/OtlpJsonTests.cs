using System.Text;
using Google.Protobuf;
using MicroMonitored.Protocols.Otlp;
using OpenTelemetry.Proto.Collector.Trace.V1;
using OpenTelemetry.Proto.Common.V1;
using OpenTelemetry.Proto.Trace.V1;
using SpanKind = OpenTelemetry.Proto.Trace.V1.Span.Types.SpanKind;

namespace Protocols.Tests;

public sealed class OtlpJsonTests
{
    private static readonly byte[] TraceId = [.. Enumerable.Range(1, 16).Select(i => (byte)i)];

    private const string Json = """
        {"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},
        "scopeSpans":[{"scope":{"name":"s"},"spans":[
        {"traceId":"0102030405060708090A0B0C0D0E0F10","spanId":"0000000000000001","parentSpanId":"","name":"GET /a","kind":2,
        "startTimeUnixNano":"1795394188000000000","endTimeUnixNano":1795394189000000000,"futureField":{"x":[1]},
        "attributes":[{"key":"n","value":{"intValue":"5"}},{"key":"d","value":{"doubleValue":0.5}},{"key":"b","value":{"boolValue":true}},
        {"key":"l","value":{"arrayValue":{"values":[{"stringValue":"x"}]}}}],
        "events":[{"timeUnixNano":"1","name":"e"}],
        "links":[{"traceId":"0102030405060708090a0b0c0d0e0f11","spanId":"0000000000000002"}],"status":{"code":2,"message":"m"}}]}]}]}
        """;

    [Fact]
    public void Json_means_what_protobuf_means()
    {
        var expected = new Span
        {
            TraceId = ByteString.CopyFrom(TraceId), SpanId = OtlpValues.Id(1), Name = "GET /a", Kind = SpanKind.Server,
            StartTimeUnixNano = 1795394188000000000, EndTimeUnixNano = 1795394189000000000,
            Attributes =
            {
                new KeyValue { Key = "n", Value = new AnyValue { IntValue = 5 } },
                new KeyValue { Key = "d", Value = new AnyValue { DoubleValue = 0.5 } },
                new KeyValue { Key = "b", Value = new AnyValue { BoolValue = true } },
                new KeyValue { Key = "l", Value = new AnyValue { ArrayValue = new ArrayValue { Values = { new AnyValue { StringValue = "x" } } } } },
            },
            Events = { new Span.Types.Event { TimeUnixNano = 1, Name = "e" } },
            Links = { new Span.Types.Link { TraceId = ByteString.CopyFrom([.. TraceId[..15], 0x11]), SpanId = OtlpValues.Id(2) } },
            Status = new Status { Code = Status.Types.StatusCode.Error, Message = "m" },
        };
        var request = OtlpJson.Parse<ExportTraceServiceRequest>(Encoding.UTF8.GetBytes(Json));
        Assert.Equal(expected, request.ResourceSpans[0].ScopeSpans[0].Spans[0]);
    }

    [Fact]
    public void What_is_written_is_read_back_and_has_ids_in_hex_and_enums_as_numbers()
    {
        var request = OtlpJson.Parse<ExportTraceServiceRequest>(Encoding.UTF8.GetBytes(Json));
        var written = OtlpJson.Format(request);
        Assert.Equal(request, OtlpJson.Parse<ExportTraceServiceRequest>(written));
        const string expected = """
            {"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},
            "scopeSpans":[{"scope":{"name":"s"},"spans":[{"traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"0000000000000001",
            "name":"GET /a","kind":2,"startTimeUnixNano":"1795394188000000000","endTimeUnixNano":"1795394189000000000",
            "attributes":[{"key":"n","value":{"intValue":"5"}},{"key":"d","value":{"doubleValue":0.5}},{"key":"b","value":{"boolValue":true}},
            {"key":"l","value":{"arrayValue":{"values":[{"stringValue":"x"}]}}}],"events":[{"timeUnixNano":"1","name":"e"}],
            "links":[{"traceId":"0102030405060708090a0b0c0d0e0f11","spanId":"0000000000000002"}],"status":{"message":"m","code":2}}]}]}]}
            """;
        Assert.Equal(expected.Replace("\n", "", StringComparison.Ordinal), Encoding.UTF8.GetString(written));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("""{"resourceSpans":5}""")]
    [InlineData("""{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"AQIDBAUGBwgJCgsMDQ4PEA=="}]}]}]}""")]
    [InlineData("""{"resourceSpans":[{"scopeSpans":[{"spans":[{"startTimeUnixNano":"-1"}]}]}]}""")]
    [InlineData("""{"\ud800":""")]
    public void What_is_no_message_is_refused(string json) =>
        Assert.Throws<FormatException>(() => OtlpJson.Parse<ExportTraceServiceRequest>(Encoding.UTF8.GetBytes(json)));
}
