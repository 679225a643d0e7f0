using MicroMonitored.Embedded.Store;

namespace MicroMonitored.Embedded.Query.PromQL;

/// <summary>The samples of one query's selectors, each selector loaded once for the whole time asked about.</summary>
internal sealed class PromSamples(IMetricReader reader, long startMs, long endMs, CancellationToken cancellation)
{
    private const long LookbackMs = 300_000;

    private readonly Dictionary<PromSelector, Loaded[]> _loaded = new(ReferenceEqualityComparer.Instance);
    private long _samples;

    private sealed record Loaded(Labels Labels, IReadOnlyList<Sample> Samples);

    /// <summary>The newest sample of each series at a time, the selector's offset counted in; none where it is stale or too old.</summary>
    public IEnumerable<(Labels Labels, Sample Sample)> Newest(PromSelector selector, long time)
    {
        var at = time - selector.ShiftMs;
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
        var to = time - selector.ShiftMs;
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

    private Loaded[] Load(PromSelector selector)
    {
        if (_loaded.TryGetValue(selector, out var known))
            return known;

        var series = reader.Series(selector.Matchers, QueryLimits.Series, cancellation);
        var from = startMs - selector.ShiftMs - (selector.RangeMs ?? LookbackMs);
        var to = endMs - selector.ShiftMs;
        var result = new List<Loaded>(series.Count);
        if (selector.RangeMs is null && startMs == endMs)
        {
            var newest = reader.Newest([.. series.Select(static s => s.Id)], from, to, cancellation);
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
                cancellation.ThrowIfCancellationRequested();
                var points = reader.Samples(one.Id, from, to, cancellation);
                if ((_samples += points.Count) > QueryLimits.Samples)
                    throw new QueryLimitException($"the query would load more than {QueryLimits.Samples} samples; narrow its selectors or its range");
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
