using MicroMonitored.Embedded.Query.Otlp;
using MicroMonitored.Embedded.Store;

namespace MicroMonitored.Embedded.Query.TraceQL;

/// <summary>A trace that was found, with the spans that meet the condition.</summary>
internal sealed record FoundTrace(TraceView Trace, IReadOnlyList<SpanView> Matched);

/// <summary>What a search asks beside its condition.</summary>
internal sealed record TraceWindow(long? StartNs, long? EndNs, long? MinDurationNs, long? MaxDurationNs, int Limit);

/// <summary>Searches traces: the store narrows by what it has indexes for, the condition decides.</summary>
internal sealed class TraceFinder(ISpanReader reader, CancellationToken cancellation)
{
    public int Inspected { get; private set; }

    public long InspectedBytes { get; private set; }

    /// <summary>The newest traces with at least one span for which the condition holds.</summary>
    public IReadOnlyList<FoundTrace> Find(TraceCondition condition, TraceWindow window)
    {
        var search = new TraceSearch { StartNs = window.StartNs, EndNs = window.EndNs, Limit = window.Limit };
        var exact = window is { MinDurationNs: null, MaxDurationNs: null };
        foreach (var comparison in condition.Required())
        {
            switch (comparison)
            {
                case { Field: { Scope: TraceScope.Resource, Name: "service.name" }, Operator: "=", Value: string service } when search.ServiceName is null:
                    search = search with { ServiceName = service };
                    break;
                case { Field: { Scope: TraceScope.Intrinsic, Name: "name" or "span:name" }, Operator: "=", Value: string name } when search.SpanName is null:
                    search = search with { SpanName = name };
                    break;
                case { Field: { Scope: TraceScope.Intrinsic, Name: "duration" or "span:duration" }, Operator: ">" or ">=", Value: double least }
                    when search.MinDurationNs is null:
                    search = search with { MinDurationNs = (long)Math.Clamp(least, 0, long.MaxValue / 2) };
                    exact = false;
                    break;
                default:
                    exact = false;
                    break;
            }
        }

        if (!exact || condition.Required().Count() != condition.Fields().Count())
            search = search with { Limit = QueryLimits.SearchedTraces };

        var found = new List<FoundTrace>();
        foreach (var id in reader.Search(search, cancellation))
        {
            cancellation.ThrowIfCancellationRequested();
            var trace = new TraceView(id, reader.Trace(id, cancellation));
            Inspected++;
            InspectedBytes += trace.Bytes;
            if (trace.DurationNs < window.MinDurationNs || trace.DurationNs > window.MaxDurationNs)
                continue;

            var matched = trace.Spans.Where(span => condition.Holds(trace, span)).ToList();
            if (matched.Count == 0)
                continue;
            found.Add(new(trace, matched));
            if (found.Count >= window.Limit)
                break;
        }

        return [.. found.OrderByDescending(static f => f.Trace.StartNs)];
    }
}
