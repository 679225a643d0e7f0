using Google.Protobuf;
using MicroMonitored.Embedded.Store;
using OpenTelemetry.Proto.Collector.Trace.V1;
using OpenTelemetry.Proto.Common.V1;
using OpenTelemetry.Proto.Resource.V1;
using OpenTelemetry.Proto.Trace.V1;

namespace MicroMonitored.Embedded.Ingest.Otlp;

/// <summary>Spans taken from a request, and how many of it were refused and why.</summary>
internal sealed record AcceptedSpans(IReadOnlyList<StoredSpan> Spans, int Rejected, string Reason);

/// <summary>Turns OTLP spans into stored ones.</summary>
internal static class OtlpSpans
{
    public const int MaxNameLength = 1024;

    /// <summary>Checks and caps every span; spans without valid ids are refused one by one.</summary>
    public static AcceptedSpans From(ExportTraceServiceRequest request, EngineCounters counters)
    {
        var accepted = new List<StoredSpan>();
        var rejected = 0;
        var reason = "";
        foreach (var resourceSpans in request.ResourceSpans)
        {
            var resource = resourceSpans.Resource ?? new Resource();
            OtlpLimits.Apply(resource.Attributes, counters);
            var resourceBytes = resource.ToByteArray();
            var service = ServiceName(resource);
            foreach (var scopeSpans in resourceSpans.ScopeSpans)
            {
                var scope = scopeSpans.Scope ?? new InstrumentationScope();
                OtlpLimits.Apply(scope.Attributes, counters);
                var scopeBytes = scope.ToByteArray();
                foreach (var span in scopeSpans.Spans)
                {
                    if (Fault(span) is { } fault)
                    {
                        rejected++;
                        reason = fault;
                        continue;
                    }

                    OtlpLimits.Apply(span, counters);
                    accepted.Add(new StoredSpan(
                        span.TraceId.ToByteArray(),
                        span.SpanId.ToByteArray(),
                        IsId(span.ParentSpanId, 8) ? span.ParentSpanId.ToByteArray() : null,
                        service,
                        OtlpLimits.Cut(span.Name, MaxNameLength, counters),
                        (int)span.Kind,
                        (long)span.StartTimeUnixNano,
                        (long)span.EndTimeUnixNano,
                        span.ToByteArray(),
                        resourceBytes,
                        scopeBytes));
                }
            }
        }

        counters.Add("rejected_spans", "invalid", rejected);
        return new AcceptedSpans(accepted, rejected, reason);
    }

    public static string ServiceName(Resource resource)
    {
        foreach (var attribute in resource.Attributes)
            if (attribute.Key == "service.name" && attribute.Value is { HasStringValue: true, StringValue.Length: > 0 } value)
                return value.StringValue.Length > MaxNameLength ? value.StringValue[..MaxNameLength] : value.StringValue;
        return "unknown_service";
    }

    private static string? Fault(Span span)
    {
        if (!IsId(span.TraceId, 16))
            return "trace_id must be 16 bytes, not all zero";
        if (!IsId(span.SpanId, 8))
            return "span_id must be 8 bytes, not all zero";
        return span.StartTimeUnixNano > long.MaxValue || span.EndTimeUnixNano > long.MaxValue ? "a time is out of range" : null;
    }

    private static bool IsId(ByteString id, int length) => id.Length == length && id.Span.ContainsAnyExcept((byte)0);
}
