using MicroMonitored.Embedded.Store;

namespace MicroMonitored.Embedded.Query.PromQL;

/// <summary>The arithmetic of range functions and aggregations.</summary>
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
        "avg_over_time" => PromSums.Mean(Values(window)),
        "min_over_time" => window.Aggregate(double.NaN, static (least, s) => s.Value < least || double.IsNaN(least) ? s.Value : least),
        "max_over_time" => window.Aggregate(double.NaN, static (most, s) => s.Value > most || double.IsNaN(most) ? s.Value : most),
        "sum_over_time" => PromSums.Sum(Values(window)),
        "stdvar_over_time" => PromSums.Variance(Values(window)),
        "stddev_over_time" => Math.Sqrt(PromSums.Variance(Values(window))),
        "mad_over_time" => Deviation(Values(window)),
        "deriv" => Line(window, window[0].TimestampMs, static (slope, _) => slope),
        "count_over_time" => window.Count,
        "first_over_time" => window[0].Value,
        "last_over_time" => window[^1].Value,
        "ts_of_first_over_time" => window[0].TimestampMs / 1000.0,
        "ts_of_last_over_time" => window[^1].TimestampMs / 1000.0,
        "ts_of_max_over_time" => Moment(window, static (value, most) => value >= most),
        "ts_of_min_over_time" => Moment(window, static (value, least) => value <= least),
        "present_over_time" => 1,
        _ => throw new QueryExecutionException($"cannot evaluate the function {function}"),
    };

    public static double[] Values(ArraySegment<Sample> window) => [.. window.Select(static sample => sample.Value)];

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

    // The line through the samples, with x in seconds from a moment.
    private static double? Line(ArraySegment<Sample> window, long zeroMs, Func<double, double, double> answer)
    {
        if (window.Count < 2)
            return null;
        var (slope, intercept) = PromSums.Line([.. window.Select(sample => ((sample.TimestampMs - zeroMs) / 1000.0, sample.Value))]);
        return answer(slope, intercept);
    }

    /// <summary>What a straight line through the samples says about a moment after <paramref name="timeMs"/>; null for less than two samples.</summary>
    public static double? Predicted(ArraySegment<Sample> window, long timeMs, double seconds) =>
        Line(window, timeMs, (slope, intercept) => (slope * seconds) + intercept);

    /// <summary>Holt and Winters' double exponential smoothing; null for less than two samples.</summary>
    public static double? Smoothed(ArraySegment<Sample> window, double smoothing, double trend)
    {
        if (!(smoothing is > 0 and < 1))
            throw new QueryExecutionException($"invalid smoothing factor. Expected: 0 < sf < 1, got: {Quantities.Format(smoothing)}");
        if (!(trend is > 0 and < 1))
            throw new QueryExecutionException($"invalid trend factor. Expected: 0 < tf < 1, got: {Quantities.Format(trend)}");
        if (window.Count < 2)
            return null;

        var (before, level, slope) = (0.0, window[0].Value, window[1].Value - window[0].Value);
        for (var i = 1; i < window.Count; i++)
        {
            if (i > 1)
                slope = (trend * (level - before)) + ((1 - trend) * slope);
            (before, level) = (level, (smoothing * window[i].Value) + ((1 - smoothing) * (level + slope)));
        }

        return level;
    }

    private static double Deviation(double[] values)
    {
        if (values.Any(double.IsNaN))
            return double.NaN;
        var median = PromSums.Quantile(0.5, values);
        return PromSums.Quantile(0.5, values.Select(value => Math.Abs(value - median)));
    }

    // When the extreme was last there.
    private static double Moment(ArraySegment<Sample> window, Func<double, double, bool> better)
    {
        var found = window[0];
        foreach (var sample in window)
        {
            if (better(sample.Value, found.Value) || double.IsNaN(found.Value))
                found = sample;
        }

        return found.TimestampMs / 1000.0;
    }

    /// <summary>One aggregation over the members of a group.</summary>
    public static double Aggregate(string name, List<PromPoint> members, double parameter)
    {
        switch (name)
        {
            case "sum":
                return PromSums.Sum(members.Select(static p => p.Value));
            case "count":
                return members.Count;
            case "group":
                return 1;
            case "avg":
                return PromSums.Mean([.. members.Select(static p => p.Value)]);
            case "min":
                return members.Aggregate(double.NaN, static (least, p) => p.Value < least || double.IsNaN(least) ? p.Value : least);
            case "max":
                return members.Aggregate(double.NaN, static (most, p) => p.Value > most || double.IsNaN(most) ? p.Value : most);
            case "quantile":
                return PromSums.Quantile(parameter, members.Select(static p => p.Value));
            default:
                var variance = members.Any(static p => !double.IsFinite(p.Value)) ? double.NaN : PromSums.Variance([.. members.Select(static p => p.Value)]);
                return name == "stdvar" ? variance : Math.Sqrt(variance);
        }
    }
}
