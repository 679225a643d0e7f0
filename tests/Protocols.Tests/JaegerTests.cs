using CsCheck;
using MicroMonitored.Protocols;
using MicroMonitored.Protocols.Jaeger;
using MicroMonitored.Protocols.Otlp;
using OpenTelemetry.Proto.Common.V1;
using OpenTelemetry.Proto.Resource.V1;
using OpenTelemetry.Proto.Trace.V1;
using SpanKind = OpenTelemetry.Proto.Trace.V1.Span.Types.SpanKind;

namespace Protocols.Tests;

/// <summary>Jaeger batches against Apache's own implementation of Thrift, with the fields of jaeger.thrift.</summary>
public sealed class JaegerTests
{
    private static readonly ResourceSpans Batch = new()
    {
        Resource = new Resource { Attributes = { OtlpValues.Text("service.name", "jae"), OtlpValues.Text("host", "h") } },
        ScopeSpans =
        {
            new ScopeSpans
            {
                Scope = new InstrumentationScope { Name = "s" },
                Spans =
                {
                    new Span
                    {
                        TraceId = OtlpValues.Id(0x0102030405060708, 0x090a0b0c0d0e0f10), SpanId = OtlpValues.Id(0xa2), ParentSpanId = OtlpValues.Id(0xa1),
                        Name = "op", Kind = SpanKind.Server, StartTimeUnixNano = 1795394188000005000, EndTimeUnixNano = 1795394188000012000,
                        Attributes = { new KeyValue { Key = "count", Value = new AnyValue { IntValue = 5 } } },
                        Events = { new Span.Types.Event { TimeUnixNano = 1795394188000006000, Name = "sent" } },
                        Links =
                        {
                            new Span.Types.Link
                            {
                                TraceId = OtlpValues.Id(1, 2), SpanId = OtlpValues.Id(3),
                                    Attributes = { OtlpValues.Text("opentracing.ref_type", "follows_from") },
                            },
                        },
                        Status = new Status { Code = Status.Types.StatusCode.Error, Message = "boom" },
                    },
                },
            },
        },
    };

    private static readonly Fields Record = new()
    {
        [1] = new Fields { [1] = "jae", [2] = new List<object> { Tag("host", 0, 3, "h") } },
        [2] = new List<object>
        {
            new Fields
            {
                [1] = 0x090a0b0c0d0e0f10L, [2] = 0x0102030405060708L, [3] = 0xa2L, [4] = 0xa1L, [5] = "op",
                [6] = new List<object> { new Fields { [1] = 1, [2] = 2L, [3] = 1L, [4] = 3L } },
                [7] = 1, [8] = 1795394188000005L, [9] = 7L,
                [10] = new List<object>
                {
                    Tag("span.kind", 0, 3, "server"), Tag("error", 2, 5, true), Tag("otel.status_description", 0, 3, "boom"),
                    Tag("otel.scope.name", 0, 3, "s"), Tag("count", 3, 6, 5L),
                },
                [11] = new List<object> { new Fields { [1] = 1795394188000006L, [2] = new List<object> { Tag("event", 0, 3, "sent") } } },
            },
        },
    };

    [Fact]
    public async Task What_is_written_is_what_Apache_reads() =>
        Assert.Equivalent(Record, await ApacheThrift.ReadAsync(JaegerWriter.Write(Batch)), strict: true);

    [Fact]
    public async Task What_Apache_writes_is_read() =>
        Assert.Equal(Batch, JaegerReader.Read(await ApacheThrift.WriteAsync(Record)).ResourceSpans.Single());

    [Fact]
    public async Task Fields_that_are_not_known_are_passed_over()
    {
        var more = new Fields(Record)
        {
            [90] = new Fields { [1] = 2.5, [2] = new List<object> { "a", "b" }, [3] = true },
            [91] = new Dictionary<string, long> { ["x"] = 1 },
            [92] = (short)7,
        };
        Assert.Equal(Batch, JaegerReader.Read(await ApacheThrift.WriteAsync(more)).ResourceSpans.Single());
    }

    [Fact]
    public void What_is_written_is_read_back() =>
        Spans.Requests(typed: true).Sample(request => Assert.Equal(request, JaegerReader.Read(JaegerWriter.Write(request.ResourceSpans.Single()))), iter: 500);

    [Fact]
    public void More_spans_than_the_limit_are_refused() =>
        Assert.Equal("More than 0 spans in one body.", Assert.Throws<LimitException>(() => JaegerReader.Read(JaegerWriter.Write(Batch), maxSpans: 0)).Message);

    [Fact]
    public void Every_beginning_of_a_batch_is_refused()
    {
        var whole = JaegerWriter.Write(Batch);
        for (var length = 0; length < whole.Length; length++)
            Assert.Throws<FormatException>(() => JaegerReader.Read(whole.AsSpan(0, length)));
    }

    [Fact]
    public void A_list_longer_than_its_body_and_a_body_nested_too_deeply_are_refused()
    {
        Assert.Contains("longer than its body", Assert.Throws<FormatException>(() => JaegerReader.Read([15, 0, 2, 12, 0x7f, 0xff, 0xff, 0xff])).Message,
            StringComparison.Ordinal);
        var deep = Enumerable.Repeat<byte[]>([12, 0, 99], 100).SelectMany(field => field).ToArray();
        Assert.Contains("too deeply", Assert.Throws<FormatException>(() => JaegerReader.Read(deep)).Message, StringComparison.Ordinal);
    }

    private static Fields Tag(string key, int type, short field, object value) => new() { [1] = key, [2] = type, [field] = value };
}
