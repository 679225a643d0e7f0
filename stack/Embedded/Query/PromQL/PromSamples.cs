using MicroMonitored.Embedded.Store;

namespace MicroMonitored.Embedded.Query.PromQL;

/// <summary>The samples of one query's selectors, each selector loaded once for the whole time that it is looked at.</summary>
internal sealed class PromSamples
{
    private const long LookbackMs = 300_000;

    private readonly IMetricReader _reader;
    private readonly long _startMs;
    private readonly long _endMs;
    private readonly CancellationToken _cancellation;
    private readonly Dictionary<PromSelector, (long FromMs, long ToMs)> _times = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<PromSelector, Loaded[]> _loaded = new(ReferenceEqualityComparer.Instance);
    private long _samples;

    public PromSamples(IMetricReader reader, PromNode query, long startMs, long endMs, CancellationToken cancellation)
    {
        (_reader, _startMs, _endMs, _cancellation) = (reader, startMs, endMs, cancellation);
        Plan(query, startMs, endMs);
    }

    private sealed record Loaded(Labels Labels, IReadOnlyList<Sample> Samples);

    /// <summary>The newest sample of each series at a time, the selector's offset counted in; none where it is stale or too old.</summary>
    public IEnumerable<(Labels Labels, Sample Sample)> Newest(PromSelector selector, long time)
    {
        var at = At(selector.Shift, time);
        foreach (var series in Load(selector))
        {
            var index = UpTo(series.Samples, at) - 1;
            if (index >= 0 && series.Samples[index] is var sample && sample.TimestampMs > at - LookbackMs && !sample.IsStale)
                yield return (series.Labels, sample);
        }
    }

    /// <summary>The samples of each series within the selector's range before a time.</summary>
    public IEnumerable<(Labels Labels, ArraySegment<Sample> Samples)> Window(PromSelector selector, long time)
    {
        var to = At(selector.Shift, time);
        var from = to - selector.RangeMs!.Value;
        foreach (var series in Load(selector))
        {
            var first = UpTo(series.Samples, from);
            var end = UpTo(series.Samples, to);
            var array = series.Samples as Sample[];
            yield return (series.Labels, array is not null
                ? new ArraySegment<Sample>(array, first, end - first)
                : new ArraySegment<Sample>([.. series.Samples.Skip(first).Take(end - first)]));
        }
    }

    /// <summary>The moment that a selector or subquery looks at.</summary>
    public long At(PromShift shift, long time) => shift.Of(time, _startMs, _endMs);

    /// <summary>Counts samples that a query holds; too many end it.</summary>
    public void Count(int samples)
    {
        if ((_samples += samples) > QueryLimits.Samples)
            throw new QueryLimitException($"the query would load more than {QueryLimits.Samples} samples; narrow its selectors or its range");
    }

    // Each selector is asked about a time of its own: subqueries begin earlier, and an @ stands still.
    private void Plan(PromNode node, long fromMs, long toMs)
    {
        switch (node)
        {
            case PromSelector selector:
                _times[selector] = (At(selector.Shift, fromMs), At(selector.Shift, toMs));
                break;
            case PromSubquery subquery:
                (fromMs, toMs) = (At(subquery.Shift, fromMs) - subquery.RangeMs, At(subquery.Shift, toMs));
                break;
        }

        foreach (var child in node.Children)
            Plan(child, fromMs, toMs);
    }

    private Loaded[] Load(PromSelector selector)
    {
        if (_loaded.TryGetValue(selector, out var known))
            return known;

        var series = _reader.Series(selector.Matchers, QueryLimits.Series, _cancellation);
        var (first, to) = _times[selector];
        var from = first - (selector.RangeMs ?? LookbackMs);
        var result = new List<Loaded>(series.Count);
        if (selector.RangeMs is null && first == to)
        {
            var newest = _reader.Newest([.. series.Select(static s => s.Id)], from, to, _cancellation);
            foreach (var one in series)
            {
                if (newest.TryGetValue(one.Id, out var sample))
                    result.Add(new(Labels.From(one.Labels), [sample]));
            }
        }
        else
        {
            foreach (var one in series)
            {
                _cancellation.ThrowIfCancellationRequested();
                var points = _reader.Samples(one.Id, from, to, _cancellation);
                Count(points.Count);
                if (selector.RangeMs is not null && points.Any(static p => p.IsStale))
                    points = [.. points.Where(static p => !p.IsStale)];
                if (points.Count > 0)
                    result.Add(new(Labels.From(one.Labels), points));
            }
        }

        return _loaded[selector] = [.. result];
    }

    // The number of samples with timestamp <= time.
    private static int UpTo(IReadOnlyList<Sample> points, long time)
    {
        var (low, high) = (0, points.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (points[middle].TimestampMs <= time)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }
}
