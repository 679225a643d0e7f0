using MicroMonitored.Embedded.Store;

namespace MicroMonitored.Embedded.Query.PromQL;

/// <summary>The arithmetic of range functions, histogram quantiles and aggregations.</summary>
internal static class PromWindows
{
    /// <summary>One range function over the samples of <c>(from, to]</c>; null where it has no value.</summary>
    public static double? Evaluate(string function, ArraySegment<Sample> window, long fromMs, long toMs) => function switch
    {
        "rate" => Extrapolated(window, fromMs, toMs, counter: true, perSecond: true),
        "increase" => Extrapolated(window, fromMs, toMs, counter: true, perSecond: false),
        "delta" => Extrapolated(window, fromMs, toMs, counter: false, perSecond: false),
        "irate" => Instant(window, counter: true),
        "idelta" => Instant(window, counter: false),
        "changes" => Pairs(window, static (a, b) => a != b && !(double.IsNaN(a) && double.IsNaN(b))),
        "resets" => Pairs(window, static (a, b) => b < a),
        "avg_over_time" => Mean(window),
        "min_over_time" => window.Aggregate(double.NaN, static (least, s) => s.Value < least || double.IsNaN(least) ? s.Value : least),
        "max_over_time" => window.Aggregate(double.NaN, static (most, s) => s.Value > most || double.IsNaN(most) ? s.Value : most),
        "sum_over_time" => window.Sum(static s => s.Value),
        "count_over_time" => window.Count,
        "last_over_time" => window[^1].Value,
        "present_over_time" => 1,
        _ => throw new QueryExecutionException($"cannot evaluate the function {function}"),
    };

    // Extends the observed change to the window's edges, as Prometheus does: at most half a sample interval where an
    // edge is farther than 1.1 intervals from its nearest sample, and a counter never below zero.
    private static double? Extrapolated(ArraySegment<Sample> window, long fromMs, long toMs, bool counter, bool perSecond)
    {
        if (window.Count < 2)
            return null;

        var (first, last) = (window[0], window[^1]);
        var change = last.Value - first.Value;
        if (counter)
        {
            for (var i = 1; i < window.Count; i++)
            {
                if (window[i].Value < window[i - 1].Value)
                    change += window[i - 1].Value;
            }
        }

        var sampled = (last.TimestampMs - first.TimestampMs) / 1000.0;
        if (sampled <= 0)
            return null;

        var toStart = (first.TimestampMs - fromMs) / 1000.0;
        var toEnd = (toMs - last.TimestampMs) / 1000.0;
        var average = sampled / (window.Count - 1);
        var threshold = average * 1.1;
        if (toStart >= threshold)
            toStart = average / 2;
        if (counter && change > 0 && first.Value >= 0)
            toStart = Math.Min(toStart, sampled * (first.Value / change));
        if (toEnd >= threshold)
            toEnd = average / 2;

        var factor = (sampled + toStart + toEnd) / sampled;
        if (perSecond)
            factor /= (toMs - fromMs) / 1000.0;
        return change * factor;
    }

    private static double? Instant(ArraySegment<Sample> window, bool counter)
    {
        if (window.Count < 2)
            return null;

        var (before, last) = (window[^2], window[^1]);
        var change = counter && last.Value < before.Value ? last.Value : last.Value - before.Value;
        if (!counter)
            return change;

        var seconds = (last.TimestampMs - before.TimestampMs) / 1000.0;
        return seconds == 0 ? null : change / seconds;
    }

    private static double Pairs(ArraySegment<Sample> window, Func<double, double, bool> counts)
    {
        var count = 0;
        for (var i = 1; i < window.Count; i++)
        {
            if (counts(window[i - 1].Value, window[i].Value))
                count++;
        }

        return count;
    }

    private static double Mean(ArraySegment<Sample> window)
    {
        var sum = window.Sum(static s => s.Value);
        return double.IsInfinity(sum) && window.All(static s => double.IsFinite(s.Value))
            ? window.Sum(s => s.Value / window.Count)
            : sum / window.Count;
    }

    /// <summary>The quantile of a classic histogram's cumulative buckets, linear within a bucket.</summary>
    public static double BucketQuantile(double quantile, List<(double Upper, double Count)> buckets)
    {
        if (double.IsNaN(quantile))
            return double.NaN;
        if (quantile < 0)
            return double.NegativeInfinity;
        if (quantile > 1)
            return double.PositiveInfinity;

        var merged = new List<(double Upper, double Count)>();
        foreach (var bucket in buckets.OrderBy(static b => b.Upper))
        {
            if (merged.Count > 0 && merged[^1].Upper == bucket.Upper)
                merged[^1] = (bucket.Upper, merged[^1].Count + bucket.Count);
            else
                merged.Add(bucket);
        }

        if (merged.Count < 2 || !double.IsPositiveInfinity(merged[^1].Upper))
            return double.NaN;

        for (var i = 1; i < merged.Count; i++)
        {
            if (merged[i].Count < merged[i - 1].Count)
                merged[i] = (merged[i].Upper, merged[i - 1].Count);
        }

        var total = merged[^1].Count;
        if (total == 0 || double.IsNaN(total))
            return double.NaN;

        var rank = quantile * total;
        var index = 0;
        while (index < merged.Count - 1 && merged[index].Count < rank)
            index++;

        if (index == merged.Count - 1)
            return merged[^2].Upper;
        if (index == 0 && merged[0].Upper <= 0)
            return merged[0].Upper;

        var (lower, count) = (0.0, merged[index].Count);
        if (index > 0)
        {
            lower = merged[index - 1].Upper;
            count -= merged[index - 1].Count;
            rank -= merged[index - 1].Count;
        }

        return lower + ((merged[index].Upper - lower) * (rank / count));
    }

    /// <summary>One aggregation over the members of a group.</summary>
    public static double Aggregate(string name, List<PromPoint> members, double parameter)
    {
        switch (name)
        {
            case "sum":
                return members.Sum(static p => p.Value);
            case "count":
                return members.Count;
            case "group":
                return 1;
            case "avg":
                var sum = members.Sum(static p => p.Value);
                return double.IsFinite(sum) ? sum / members.Count : members.Sum(p => p.Value / members.Count);
            case "min":
                return members.Aggregate(double.NaN, static (least, p) => p.Value < least || double.IsNaN(least) ? p.Value : least);
            case "max":
                return members.Aggregate(double.NaN, static (most, p) => p.Value > most || double.IsNaN(most) ? p.Value : most);
            case "quantile":
                return Quantile(parameter, [.. members.Select(static p => p.Value).Order()]);
            default:
                var mean = members.Average(static p => p.Value);
                var variance = members.Average(p => (p.Value - mean) * (p.Value - mean));
                return name == "stdvar" ? variance : Math.Sqrt(variance);
        }
    }

    private static double Quantile(double quantile, double[] sorted)
    {
        if (sorted.Length == 0 || double.IsNaN(quantile))
            return double.NaN;
        if (quantile < 0)
            return double.NegativeInfinity;
        if (quantile > 1)
            return double.PositiveInfinity;

        var rank = quantile * (sorted.Length - 1);
        var lower = Math.Max(0, (int)Math.Floor(rank));
        var upper = Math.Min(sorted.Length - 1, lower + 1);
        var weight = rank - Math.Floor(rank);
        return (sorted[lower] * (1 - weight)) + (sorted[upper] * weight);
    }
}
