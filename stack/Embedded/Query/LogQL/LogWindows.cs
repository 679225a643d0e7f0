namespace MicroMonitored.Embedded.Query.LogQL;

/// <summary>The arithmetic of range functions over the values of <c>(from, to]</c>, and of aggregations.</summary>
internal static class LogWindows
{
    /// <summary>One function over a window that is not empty.</summary>
    public static double Evaluate(LogRange range, ReadOnlySpan<long> times, ReadOnlySpan<double> values, long toNs)
    {
        var seconds = range.RangeNs / 1e9;
        switch (range.Function)
        {
            case "rate" or "bytes_rate":
                return Sum(values) / seconds;
            case "rate_counter":
                return CounterRate(times, values, toNs, range.RangeNs);
            case "avg_over_time":
                return Aggregate("avg", values);
            case "min_over_time":
                return Aggregate("min", values);
            case "max_over_time":
                return Aggregate("max", values);
            case "stdvar_over_time":
                return Aggregate("stdvar", values);
            case "stddev_over_time":
                return Aggregate("stddev", values);
            case "first_over_time":
                return values[0];
            case "last_over_time":
                return values[^1];
            case "quantile_over_time":
                return Quantile(range.Parameter, values);
            default:
                return Sum(values);
        }
    }

    private static double Sum(ReadOnlySpan<double> values)
    {
        double sum = 0;
        foreach (var value in values)
            sum += value;
        return sum;
    }

    // The growth between the first and the last value, drops counted as resets, and carried on to the edges of the window as Prometheus does.
    private static double CounterRate(ReadOnlySpan<long> times, ReadOnlySpan<double> values, long toNs, long rangeNs)
    {
        if (values.Length < 2)
            return 0;
        var growth = values[^1] - values[0];
        for (var i = 1; i < values.Length; i++)
            growth += values[i] < values[i - 1] ? values[i - 1] : 0;

        var sampled = (times[^1] - times[0]) / 1e9;
        var average = sampled / (values.Length - 1);
        var toStart = (times[0] - (toNs - rangeNs)) / 1e9;
        var toEnd = (toNs - times[^1]) / 1e9;
        if (toStart >= average * 1.1)
            toStart = average / 2;
        if (growth > 0 && values[0] >= 0)
            toStart = Math.Min(toStart, sampled * (values[0] / growth));
        if (toEnd >= average * 1.1)
            toEnd = average / 2;
        return growth * ((sampled + toStart + toEnd) / sampled) / (rangeNs / 1e9);
    }

    private static double Quantile(double quantile, ReadOnlySpan<double> values)
    {
        if (quantile is < 0 or > 1)
            return quantile < 0 ? double.NegativeInfinity : double.PositiveInfinity;
        var sorted = values.ToArray();
        Array.Sort(sorted);
        var rank = quantile * (sorted.Length - 1);
        var lower = Math.Max(0, (int)Math.Floor(rank));
        var upper = Math.Min(sorted.Length - 1, lower + 1);
        var weight = rank - Math.Floor(rank);
        return (sorted[lower] * (1 - weight)) + (sorted[upper] * weight);
    }

    /// <summary>One aggregation over values, of which there is at least one.</summary>
    public static double Aggregate(string name, ReadOnlySpan<double> values)
    {
        var result = name is "min" or "max" ? values[0] : 0;
        double mean = 0;
        double squares = 0;
        for (var i = 0; i < values.Length; i++)
        {
            var value = values[i];
            switch (name)
            {
                case "min":
                    result = value < result || double.IsNaN(result) ? value : result;
                    break;
                case "max":
                    result = value > result || double.IsNaN(result) ? value : result;
                    break;
                case "sum":
                    result += value;
                    break;
                case "count":
                    result++;
                    break;
                default:
                    if (double.IsInfinity(mean) && (double.IsFinite(value) || value == mean))
                        break;
                    var delta = value - mean;
                    mean += delta / (i + 1);
                    squares += delta * (value - mean);
                    break;
            }
        }

        return name switch
        {
            "avg" => mean,
            "stdvar" => squares / values.Length,
            "stddev" => Math.Sqrt(squares / values.Length),
            _ => result,
        };
    }
}
