using System.Buffers.Binary;
using Google.Protobuf;
using MicroMonitored.Protocols.Otlp;
using OpenTelemetry.Proto.Common.V1;
using OpenTelemetry.Proto.Trace.V1;
using SpanKind = OpenTelemetry.Proto.Trace.V1.Span.Types.SpanKind;
using StatusCode = OpenTelemetry.Proto.Trace.V1.Status.Types.StatusCode;

namespace MicroMonitored.Protocols.Jaeger;

/// <summary>
/// OTLP spans as a Jaeger <c>Batch</c> in Thrift's binary protocol: what <see cref="JaegerReader"/> reads.
/// Times are cut to microseconds; lists and maps become their JSON text.
/// </summary>
public static class JaegerWriter
{
    private const int Sampled = 1;

    /// <summary>Writes the spans of one resource, which is Jaeger's process.</summary>
    public static byte[] Write(ResourceSpans resource)
    {
        var thrift = new ThriftWriter();
        var attributes = resource.Resource?.Attributes.ToList() ?? [];
        thrift.Field(ThriftType.Struct, 1);
        thrift.Text(1, attributes.Find(attribute => attribute.Key == "service.name")?.Value.StringValue ?? "");
        Tags(thrift, 2, attributes.FindAll(attribute => attribute.Key != "service.name"));
        thrift.Stop();
        thrift.StructList(2, resource.ScopeSpans.Sum(scope => scope.Spans.Count));
        foreach (var scope in resource.ScopeSpans)
            foreach (var span in scope.Spans)
                Write(thrift, span, scope.Scope?.Name ?? "");
        thrift.Stop();
        return thrift.ToArray();
    }

    private static void Write(ThriftWriter thrift, Span span, string scope)
    {
        thrift.I64(1, Id(span.TraceId, 8));
        thrift.I64(2, Id(span.TraceId, 0));
        thrift.I64(3, Id(span.SpanId, 0));
        thrift.I64(4, span.ParentSpanId.IsEmpty ? 0 : Id(span.ParentSpanId, 0));
        thrift.Text(5, span.Name);
        thrift.StructList(6, span.Links.Count);
        foreach (var link in span.Links)
        {
            thrift.I32(1, link.Attributes.Any(attribute => attribute.Value.StringValue == "child_of") ? 0 : 1);
            thrift.I64(2, Id(link.TraceId, 8));
            thrift.I64(3, Id(link.TraceId, 0));
            thrift.I64(4, Id(link.SpanId, 0));
            thrift.Stop();
        }

        thrift.I32(7, Sampled);
        thrift.I64(8, (long)(span.StartTimeUnixNano / 1000));
        thrift.I64(9, (long)(span.EndTimeUnixNano / 1000) - (long)(span.StartTimeUnixNano / 1000));
        Tags(thrift, 10, [.. Meanings(span, scope), .. span.Attributes]);
        thrift.StructList(11, span.Events.Count);
        foreach (var log in span.Events)
        {
            thrift.I64(1, (long)(log.TimeUnixNano / 1000));
            Tags(thrift, 2, [OtlpValues.Text("event", log.Name), .. log.Attributes]);
            thrift.Stop();
        }

        thrift.Stop();
    }

    /// <summary>The tags that stand for what an OTLP span has fields for.</summary>
    private static IEnumerable<KeyValue> Meanings(Span span, string scope)
    {
        if (span.Kind != SpanKind.Unspecified)
            yield return OtlpValues.Text("span.kind", span.Kind.ToString().ToLowerInvariant());
        if (span.Status?.Code == StatusCode.Error)
            yield return new KeyValue { Key = "error", Value = new AnyValue { BoolValue = true } };
        if (span.Status?.Code == StatusCode.Ok)
            yield return OtlpValues.Text("otel.status_code", "OK");
        if (span.Status?.Message is { Length: > 0 } message)
            yield return OtlpValues.Text("otel.status_description", message);
        if (span.TraceState.Length > 0)
            yield return OtlpValues.Text("w3c.tracestate", span.TraceState);
        if (scope.Length > 0)
            yield return OtlpValues.Text("otel.scope.name", scope);
    }

    private static void Tags(ThriftWriter thrift, short id, List<KeyValue> tags)
    {
        thrift.StructList(id, tags.Count);
        foreach (var tag in tags)
        {
            thrift.Text(1, tag.Key);
            switch (tag.Value.ValueCase)
            {
                case AnyValue.ValueOneofCase.DoubleValue:
                    thrift.I32(2, 1);
                    thrift.Double(4, tag.Value.DoubleValue);
                    break;
                case AnyValue.ValueOneofCase.BoolValue:
                    thrift.I32(2, 2);
                    thrift.Bool(5, tag.Value.BoolValue);
                    break;
                case AnyValue.ValueOneofCase.IntValue:
                    thrift.I32(2, 3);
                    thrift.I64(6, tag.Value.IntValue);
                    break;
                case AnyValue.ValueOneofCase.BytesValue:
                    thrift.I32(2, 4);
                    thrift.Binary(7, tag.Value.BytesValue.Span);
                    break;
                default:
                    thrift.I32(2, 0);
                    thrift.Text(3, tag.Value.HasStringValue ? tag.Value.StringValue : JsonFormatter.Default.Format(tag.Value));
                    break;
            }

            thrift.Stop();
        }
    }

    private static long Id(ByteString id, int from) => BinaryPrimitives.ReadInt64BigEndian(id.Span[from..]);
}
