using System.Text.Json.Serialization;
using MicroMonitored.Embedded.Query.Otlp;

namespace MicroMonitored.Embedded.Web;

/// <summary>A trace as <c>/api/traces</c> gives it.</summary>
internal sealed record TempoBatches(IEnumerable<TempoResource> Batches);

/// <summary>A trace as <c>/api/v2/traces</c> gives it.</summary>
internal sealed record TempoTrace(TempoResources Trace, TempoMetrics Metrics);

internal sealed record TempoResources(IEnumerable<TempoResource> ResourceSpans);

/// <summary>OTLP's <c>ResourceSpans</c>, written span by span.</summary>
internal sealed record TempoResource(Protobuf Resource, IEnumerable<TempoScope> ScopeSpans)
{
    public static IEnumerable<TempoResource> Of(TraceView trace) => trace.Spans
        .GroupBy(static span => Convert.ToBase64String(span.Stored.Resource))
        .Select(static resource => new TempoResource(new(resource.First().Resource), resource
            .GroupBy(static span => Convert.ToBase64String(span.Stored.Scope))
            .Select(static scope => new TempoScope(new(scope.First().Scope), scope.Select(static span => new Protobuf(span.Span))))));
}

internal sealed record TempoScope(Protobuf Scope, IEnumerable<Protobuf> Spans);

internal sealed record TempoMetrics([property: JsonNumberHandling(JsonNumberHandling.WriteAsString)] long InspectedBytes);

internal sealed record TempoSearch(IEnumerable<TempoFound> Traces, TempoSearchMetrics Metrics);

internal sealed record TempoSearchMetrics(
    int InspectedTraces, [property: JsonNumberHandling(JsonNumberHandling.WriteAsString)] long InspectedBytes, int CompletedJobs, int TotalJobs);

internal sealed record TempoFound(
    string TraceID, string RootServiceName, string? RootTraceName,
    [property: JsonNumberHandling(JsonNumberHandling.WriteAsString)] long StartTimeUnixNano,
    long? DurationMs, TempoSpanSet? SpanSet, TempoSpanSet[]? SpanSets, Dictionary<string, TempoServiceStats>? ServiceStats);

internal sealed record TempoServiceStats(int SpanCount, int? ErrorCount);

internal sealed record TempoSpanSet(TempoSpan[] Spans, int Matched, Protobuf[]? Attributes);

internal sealed record TempoSpan(
    string SpanID, string Name,
    [property: JsonNumberHandling(JsonNumberHandling.WriteAsString)] long StartTimeUnixNano,
    [property: JsonNumberHandling(JsonNumberHandling.WriteAsString)] long DurationNanos,
    Protobuf[]? Attributes);

internal sealed record TempoTagNames(IEnumerable<string> TagNames, TempoMetrics Metrics);

internal sealed record TempoTagScopes(IEnumerable<TempoTagScope> Scopes, TempoMetrics Metrics);

internal sealed record TempoTagScope(string Name, List<string> Tags);

internal sealed record TempoTagValues<T>(IEnumerable<T> TagValues, TempoMetrics Metrics);

internal sealed record TempoTagValue(string Type, string Value);

/// <summary>The answer of <c>/api/metrics/query_range</c>; zero values are left out, as protobuf's JSON does.</summary>
internal sealed record TempoRange(IEnumerable<TempoSeries> Series, TempoSearchMetrics Metrics);

internal sealed record TempoSeries(Protobuf[] Labels, TempoPoint[] Samples, string PromLabels, TempoExemplar[]? Exemplars);

internal sealed record TempoPoint(
    [property: JsonNumberHandling(JsonNumberHandling.WriteAsString)] long TimestampMs,
    [property: JsonNumberHandling(JsonNumberHandling.AllowNamedFloatingPointLiterals)] double? Value);

internal sealed record TempoExemplar(
    Protobuf[] Labels,
    [property: JsonNumberHandling(JsonNumberHandling.AllowNamedFloatingPointLiterals)] double? Value,
    [property: JsonNumberHandling(JsonNumberHandling.WriteAsString)] long TimestampMs);

/// <summary>The answer of <c>/api/metrics/query</c>.</summary>
internal sealed record TempoInstant(IEnumerable<TempoInstantSeries> Series, TempoSearchMetrics Metrics);

internal sealed record TempoInstantSeries(
    Protobuf[] Labels, [property: JsonNumberHandling(JsonNumberHandling.AllowNamedFloatingPointLiterals)] double? Value, string PromLabels);
