using Google.Protobuf;
using MicroMonitored.Embedded.Query.Otlp;
using MicroMonitored.Embedded.Store;

namespace MicroMonitored.Embedded.Query.TraceQL;

/// <summary>A trace that was found, with its spansets.</summary>
internal sealed record FoundTrace(TraceView Trace, IReadOnlyList<TraceSpanset> Sets)
{
    /// <summary>The spans of all spansets, each once.</summary>
    public IReadOnlyList<SpanView> Matched { get; } =
        Sets.Count == 1 ? Sets[0].Spans : [.. Sets.SelectMany(static set => set.Spans).ToHashSet<SpanView>(ReferenceEqualityComparer.Instance)];
}

/// <summary>What a search asks beside its query.</summary>
internal sealed record TraceWindow(long? StartNs, long? EndNs, long? MinDurationNs, long? MaxDurationNs, int Limit);

/// <summary>Searches traces: the store narrows by what it has indexes for, the query decides.</summary>
internal sealed class TraceFinder(ISpanReader reader, CancellationToken cancellation)
{
    // Traces read together share the blocks they lie in; how many is chosen by the spans of those before.
    private const int FirstTraces = 8, MostTraces = 256, MostSpans = 8192;

    public int Inspected { get; private set; }

    public long InspectedBytes { get; private set; }

    /// <summary>The newest traces of which the query leaves a spanset.</summary>
    public IReadOnlyList<FoundTrace> Find(TraceQuery query, TraceWindow window)
    {
        if (query.Metric is not null)
            throw new QueryParameterException("q", "a metric such as rate() is no search; open it in Explore or ask /api/metrics/query_range");
        var search = Narrow(query.Spans, new() { StartNs = window.StartNs, EndNs = window.EndNs, Limit = QueryLimits.SearchedTraces }, out var exact);
        if (exact && window is { MinDurationNs: null, MaxDurationNs: null })
            search = search with { Limit = window.Limit };

        var found = new List<FoundTrace>();
        foreach (var one in Read(query.Spans, search))
        {
            if (one.Trace.DurationNs < window.MinDurationNs || one.Trace.DurationNs > window.MaxDurationNs)
                continue;
            found.Add(one);
            if (found.Count >= window.Limit)
                break;
        }

        return [.. found.OrderByDescending(static f => f.Trace.StartNs)];
    }

    /// <summary>Every span of the window that the query leaves, however many traces there are.</summary>
    public IEnumerable<(TraceView Trace, SpanView Span)> Spans(TraceStage stage, long startNs, long endNs)
    {
        var search = Narrow(stage, new() { StartNs = startNs, EndNs = endNs, Limit = QueryLimits.MeasuredTraces + 1 }, out _);
        foreach (var found in Read(stage, search))
        {
            if (Inspected > QueryLimits.MeasuredTraces)
                throw new QueryLimitException($"the metric would read more than {QueryLimits.MeasuredTraces} traces; narrow its spanset or its range");
            foreach (var span in found.Sets.SelectMany(static set => set.Spans))
                yield return (found.Trace, span);
        }
    }

    private IEnumerable<FoundTrace> Read(TraceStage stage, TraceSearch search)
    {
        var ids = reader.Search(search, cancellation);
        for (int at = 0, next = FirstTraces; at < ids.Count;)
        {
            byte[][] some = [.. ids.Skip(at).Take(next)];
            var traces = reader.Traces(some, cancellation);
            at += some.Length;
            next = Math.Clamp(MostSpans * some.Length / Math.Max(1, traces.Sum(static spans => spans.Count)), 1, MostTraces);
            var known = new Dictionary<byte[], IMessage>();
            foreach (var (id, spans) in some.Zip(traces))
            {
                cancellation.ThrowIfCancellationRequested();
                var trace = new TraceView(id, spans, known);
                Inspected++;
                InspectedBytes += trace.Bytes;
                var sets = stage.Apply(trace, [new(trace.Spans, [])]).Where(static set => set.Spans.Count > 0).ToList();
                if (sets.Count > 0)
                    yield return new(trace, sets);
            }
        }
    }

    // What one span must meet is asked of the store; exact where that is the whole query.
    private static TraceSearch Narrow(TraceStage stage, TraceSearch search, out bool exact)
    {
        exact = stage is TraceFilter filter && filter.Required().Count() == filter.Fields().Count();
        foreach (var comparison in stage.Required())
        {
            switch (((TraceOfField)comparison.Left).Field, comparison.Sign, ((TraceStatic)comparison.Right).Value)
            {
                case ({ Scope: TraceScope.Resource, Name: "service.name" }, "=", string service) when search.ServiceName is null:
                    search = search with { ServiceName = service };
                    break;
                case ({ Scope: TraceScope.Intrinsic, Name: "name" or "span:name" }, "=", string name) when search.SpanName is null:
                    search = search with { SpanName = name };
                    break;
                case ({ Scope: TraceScope.Intrinsic, Name: "duration" or "span:duration" }, ">" or ">=", TraceDuration least)
                    when search.MinDurationNs is null:
                    search = search with { MinDurationNs = Math.Max(0, least.Ns) };
                    exact = false;
                    break;
                case ({ Scope: TraceScope.Intrinsic, Name: "status" or "span:status" }, "=", TraceKeyword { Text: "error" }):
                    search = search with { ErrorsOnly = true };
                    exact = false;
                    break;
                default:
                    exact = false;
                    break;
            }
        }

        return search;
    }
}
