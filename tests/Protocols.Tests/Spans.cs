using CsCheck;
using Google.Protobuf;
using MicroMonitored.Protocols.Otlp;
using OpenTelemetry.Proto.Collector.Trace.V1;
using OpenTelemetry.Proto.Common.V1;
using OpenTelemetry.Proto.Resource.V1;
using OpenTelemetry.Proto.Trace.V1;
using SpanKind = OpenTelemetry.Proto.Trace.V1.Span.Types.SpanKind;

namespace Protocols.Tests;

/// <summary>Spans that foreign protocols can carry whole.</summary>
internal static class Spans
{
    private static readonly Gen<ulong> Id = Gen.ULong.Where(id => id > 0);
    private static readonly Gen<long> Micros = Gen.Long[0, 4_000_000_000_000_000];

    private static readonly Gen<Status?> Statuses = Gen.Select(Gen.Int[0, 2], Gen.String, (code, message) => code switch
    {
        0 => null,
        1 => new Status { Code = Status.Types.StatusCode.Ok },
        _ => new Status { Code = Status.Types.StatusCode.Error, Message = message is "true" or "false" ? "" : message },
    });

    private static readonly Gen<AnyValue> Values = Gen.OneOf(
        Gen.String.Select(text => new AnyValue { StringValue = text }),
        Gen.Long.Select(whole => new AnyValue { IntValue = whole }),
        Gen.Double.Select(number => new AnyValue { DoubleValue = number }),
        Gen.Bool.Select(flag => new AnyValue { BoolValue = flag }),
        Gen.Byte.Array[0, 9].Select(bytes => new AnyValue { BytesValue = ByteString.CopyFrom(bytes) }));

    private static readonly Gen<Span.Types.Event> Events = Gen.Select(Micros, Gen.String, (at, name) =>
        new Span.Types.Event { TimeUnixNano = (ulong)at * 1000, Name = name });

    /// <summary>One resource with one scope; <paramref name="typed"/>: attributes of every type and links, as Jaeger has them.</summary>
    public static Gen<ExportTraceServiceRequest> Requests(bool typed)
    {
        var values = typed ? Values : Gen.String.Select(text => new AnyValue { StringValue = text });
        var attributes = values.Array[0, 4].Select(all => all.Select((value, at) => new KeyValue { Key = $"k{at}", Value = value }));
        var links = Gen.Select(Id, Id, Gen.Bool, (trace, span, child) => new Span.Types.Link
        {
            TraceId = OtlpValues.Id(1, trace), SpanId = OtlpValues.Id(span),
            Attributes = { OtlpValues.Text("opentracing.ref_type", child ? "child_of" : "follows_from") },
        }).Array[0, typed ? 2 : 0];
        var spans = Gen.Select(Gen.Select(Id, Id, Gen.ULong), Gen.Select(Micros, Gen.Int[0, 1000]), Gen.Select(Gen.String, Gen.Enum<SpanKind>(), Statuses),
            attributes, Events.Array[0, 2], links,
            (ids, time, about, all, events, related) => new Span
            {
                TraceId = OtlpValues.Id(ids.Item1, ids.Item1), SpanId = OtlpValues.Id(ids.Item2), ParentSpanId = ids.Item3 == 0 ? ByteString.Empty
                    : OtlpValues.Id(ids.Item3),
                StartTimeUnixNano = (ulong)time.Item1 * 1000, EndTimeUnixNano = (ulong)(time.Item1 + time.Item2) * 1000,
                Name = about.Item1, Kind = about.Item2, Status = about.Item3, Attributes = { all }, Events = { events }, Links = { related },
            });
        return Gen.Select(spans.Array[1, 3], Gen.String, (all, scope) => new ExportTraceServiceRequest
        {
            ResourceSpans =
            {
                new ResourceSpans
                {
                    Resource = new Resource { Attributes = { OtlpValues.Text("service.name", "shop") } },
                    ScopeSpans = { new ScopeSpans { Scope = new InstrumentationScope { Name = scope }, Spans = { all } } },
                },
            },
        });
    }
}
