using Google.Protobuf;
using MicroMonitored.Protocols.Otlp;
using OpenTelemetry.Proto.Collector.Trace.V1;
using OpenTelemetry.Proto.Common.V1;
using OpenTelemetry.Proto.Resource.V1;
using OpenTelemetry.Proto.Trace.V1;
using SpanKind = OpenTelemetry.Proto.Trace.V1.Span.Types.SpanKind;

namespace MicroMonitored.Protocols.Jaeger;

/// <summary>
/// A Jaeger <c>Batch</c> in Thrift's binary protocol (https://github.com/jaegertracing/jaeger-idl/blob/main/thrift/jaeger.thrift)
/// as OTLP spans, translated as the OpenTelemetry collector does.
/// </summary>
public static class JaegerReader
{
    /// <summary>Reads one batch, which is the whole body.</summary>
    /// <exception cref="LimitException">The batch has more than <paramref name="maxSpans"/> spans, or more than 500,000 parts in all.</exception>
    /// <exception cref="FormatException">The bytes are no batch.</exception>
    public static ExportTraceServiceRequest Read(ReadOnlySpan<byte> body, int maxSpans = int.MaxValue)
    {
        var reader = new ThriftReader(body);
        try
        {
            return Batch(ref reader, maxSpans);
        }
        catch (OverflowException exception)
        {
            throw new FormatException("a time is out of range", exception);
        }
    }

    private static ExportTraceServiceRequest Batch(ref ThriftReader reader, int maxSpans)
    {
        var resource = new Resource();
        var scopes = new Dictionary<string, ScopeSpans>(StringComparer.Ordinal);
        while (reader.Next(out var field))
        {
            switch (field)
            {
                case (ThriftType.Struct, 1): Process(ref reader, resource); break;
                case (ThriftType.List, 2):
                    var count = reader.StructList();
                    if (count > maxSpans)
                        throw new LimitException($"More than {maxSpans} spans in one body.");
                    for (; count > 0; count--)
                    {
                        var (span, scope) = Span(ref reader);
                        if (!scopes.TryGetValue(scope, out var scopeSpans))
                            scopes.Add(scope, scopeSpans = new ScopeSpans { Scope = new InstrumentationScope { Name = scope } });
                        scopeSpans.Spans.Add(span);
                    }

                    break;
                default: reader.Skip(field.Type); break;
            }
        }

        var batch = new ResourceSpans { Resource = resource, ScopeSpans = { scopes.Values } };
        return new ExportTraceServiceRequest { ResourceSpans = { batch } };
    }

    private static void Process(ref ThriftReader reader, Resource resource)
    {
        while (reader.Next(out var field))
        {
            switch (field)
            {
                case (ThriftType.Binary, 1): resource.Attributes.Insert(0, OtlpValues.Text("service.name", reader.Text())); break;
                case (ThriftType.List, 2):
                    for (var count = reader.StructList(); count > 0; count--)
                    {
                        var tag = Tag(ref reader);
                        if (tag.Key != "service.name")
                            resource.Attributes.Add(tag);
                    }

                    break;
                default: reader.Skip(field.Type); break;
            }
        }
    }

    private static (Span Span, string Scope) Span(ref ThriftReader reader)
    {
        var span = new Span();
        long traceLow = 0, traceHigh = 0, parent = 0, start = 0, duration = 0;
        var references = new List<(int Type, long TraceLow, long TraceHigh, long SpanId)>();
        var tags = new List<KeyValue>();
        while (reader.Next(out var field))
        {
            switch (field)
            {
                case (ThriftType.I64, 1): traceLow = reader.I64(); break;
                case (ThriftType.I64, 2): traceHigh = reader.I64(); break;
                case (ThriftType.I64, 3): span.SpanId = OtlpValues.Id((ulong)reader.I64()); break;
                case (ThriftType.I64, 4): parent = reader.I64(); break;
                case (ThriftType.Binary, 5): span.Name = reader.Text(); break;
                case (ThriftType.List, 6):
                    for (var count = reader.StructList(); count > 0; count--)
                        references.Add(Reference(ref reader));
                    break;
                case (ThriftType.I64, 8): start = reader.I64(); break;
                case (ThriftType.I64, 9): duration = reader.I64(); break;
                case (ThriftType.List, 10):
                    for (var count = reader.StructList(); count > 0; count--)
                        tags.Add(Tag(ref reader));
                    break;
                case (ThriftType.List, 11):
                    for (var count = reader.StructList(); count > 0; count--)
                        span.Events.Add(Log(ref reader));
                    break;
                default: reader.Skip(field.Type); break;
            }
        }

        span.TraceId = OtlpValues.Id((ulong)traceHigh, (ulong)traceLow);
        span.StartTimeUnixNano = checked((ulong)start * 1000);
        span.EndTimeUnixNano = checked((ulong)(start + duration) * 1000);
        Relate(span, references, parent, traceHigh, traceLow);
        return (span, Attributes(span, tags));
    }

    /// <summary>The parent is the given one, or else the first reference within the trace; every other reference is a link.</summary>
    private static void Relate(Span span, List<(int Type, long TraceLow, long TraceHigh, long SpanId)> references, long parent, long traceHigh, long traceLow)
    {
        if (parent == 0)
            parent = references.Find(reference => reference.Type == 0 && (reference.TraceHigh, reference.TraceLow) == (traceHigh, traceLow)).SpanId;
        if (parent != 0)
            span.ParentSpanId = OtlpValues.Id((ulong)parent);
        foreach (var reference in references)
            if (reference.SpanId != parent || reference.TraceHigh != traceHigh || reference.TraceLow != traceLow)
                span.Links.Add(new Span.Types.Link
                {
                    TraceId = OtlpValues.Id((ulong)reference.TraceHigh, (ulong)reference.TraceLow),
                    SpanId = OtlpValues.Id((ulong)reference.SpanId),
                    Attributes = { OtlpValues.Text("opentracing.ref_type", reference.Type == 0 ? "child_of" : "follows_from") },
                });
    }

    /// <summary>Moves tags with a meaning of their own to their places; gives the name of the scope.</summary>
    private static string Attributes(Span span, List<KeyValue> tags)
    {
        var scope = "";
        Status? status = null;
        foreach (var tag in tags)
        {
            switch (tag.Key)
            {
                case "span.kind":
                    span.Kind = tag.Value.StringValue switch
                    {
                        "client" => SpanKind.Client,
                        "server" => SpanKind.Server,
                        "producer" => SpanKind.Producer,
                        "consumer" => SpanKind.Consumer,
                        "internal" => SpanKind.Internal,
                        _ => SpanKind.Unspecified,
                    };
                    break;
                case "error" when tag.Value.BoolValue || tag.Value.StringValue == "true":
                    (status ??= new Status()).Code = Status.Types.StatusCode.Error;
                    break;
                case "error":
                    break;
                case "otel.status_code":
                    (status ??= new Status()).Code = tag.Value.StringValue switch
                    {
                        "OK" => Status.Types.StatusCode.Ok,
                        "ERROR" => Status.Types.StatusCode.Error,
                        _ => status?.Code ?? Status.Types.StatusCode.Unset,
                    };
                    break;
                case "otel.status_description": (status ??= new Status()).Message = tag.Value.StringValue; break;
                case "w3c.tracestate": span.TraceState = tag.Value.StringValue; break;
                case "otel.scope.name" or "otel.library.name": scope = tag.Value.StringValue; break;
                default: span.Attributes.Add(tag); break;
            }
        }

        span.Status = status;
        return scope;
    }

    private static (int Type, long TraceLow, long TraceHigh, long SpanId) Reference(ref ThriftReader reader)
    {
        var reference = (Type: 0, TraceLow: 0L, TraceHigh: 0L, SpanId: 0L);
        while (reader.Next(out var field))
        {
            switch (field)
            {
                case (ThriftType.I32, 1): reference.Type = reader.I32(); break;
                case (ThriftType.I64, 2): reference.TraceLow = reader.I64(); break;
                case (ThriftType.I64, 3): reference.TraceHigh = reader.I64(); break;
                case (ThriftType.I64, 4): reference.SpanId = reader.I64(); break;
                default: reader.Skip(field.Type); break;
            }
        }

        return reference;
    }

    private static Span.Types.Event Log(ref ThriftReader reader)
    {
        var log = new Span.Types.Event();
        while (reader.Next(out var field))
        {
            switch (field)
            {
                case (ThriftType.I64, 1): log.TimeUnixNano = checked((ulong)reader.I64() * 1000); break;
                case (ThriftType.List, 2):
                    for (var count = reader.StructList(); count > 0; count--)
                    {
                        var tag = Tag(ref reader);
                        if (tag.Key == "event" && tag.Value.HasStringValue)
                            log.Name = tag.Value.StringValue;
                        else
                            log.Attributes.Add(tag);
                    }

                    break;
                default: reader.Skip(field.Type); break;
            }
        }

        return log;
    }

    private static KeyValue Tag(ref ThriftReader reader)
    {
        var tag = new KeyValue { Value = new AnyValue() };
        while (reader.Next(out var field))
        {
            switch (field)
            {
                case (ThriftType.Binary, 1): tag.Key = reader.Text(); break;
                case (ThriftType.Binary, 3): tag.Value.StringValue = reader.Text(); break;
                case (ThriftType.Double, 4): tag.Value.DoubleValue = reader.Double(); break;
                case (ThriftType.Bool, 5): tag.Value.BoolValue = reader.Bool(); break;
                case (ThriftType.I64, 6): tag.Value.IntValue = reader.I64(); break;
                case (ThriftType.Binary, 7): tag.Value.BytesValue = ByteString.CopyFrom(reader.Binary()); break;
                default: reader.Skip(field.Type); break;
            }
        }

        return tag;
    }
}
