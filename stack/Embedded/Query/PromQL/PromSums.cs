namespace MicroMonitored.Embedded.Query.PromQL;

/// <summary>A sum that carries what rounding took from it (Neumaier's), as Prometheus sums.</summary>
internal record struct PromSum(double Value, double Lost)
{
    public readonly double Total => double.IsInfinity(Value) ? Value : Value + Lost;

    public static PromSum operator +(PromSum sum, double increment)
    {
        var total = sum.Value + increment;
        return double.IsInfinity(total) ? new(total, 0)
            : Math.Abs(sum.Value) >= Math.Abs(increment) ? new(total, sum.Lost + (sum.Value - total + increment))
            : new(total, sum.Lost + (increment - total + sum.Value));
    }
}

/// <summary>Figures of a series of numbers, summed with what rounding took.</summary>
internal static class PromSums
{
    public static double Sum(IEnumerable<double> values) => values.Aggregate(default(PromSum), static (sum, value) => sum + value).Total;

    /// <summary>The mean, of the sum while that does not overflow, from there on from value to value.</summary>
    public static double Mean(IReadOnlyList<double> values)
    {
        PromSum sum = default, mean = default;
        var overflown = false;
        for (var i = 0; i < values.Count; i++)
        {
            var count = i + 1.0;
            if (!overflown)
            {
                var next = sum + values[i];
                if (i == 0 || !double.IsInfinity(next.Value))
                {
                    sum = next;
                    continue;
                }

                overflown = true;
                mean = new(sum.Value / i, sum.Lost / i);
            }

            var share = (count - 1) / count;
            mean = new PromSum(share * mean.Value, share * mean.Lost) + (values[i] / count);
        }

        return overflown ? mean.Total : double.IsInfinity(sum.Value) ? sum.Value : (sum.Value / values.Count) + (sum.Lost / values.Count);
    }

    /// <summary>The variance of all values, after Welford.</summary>
    public static double Variance(IReadOnlyList<double> values)
    {
        PromSum mean = default, squares = default;
        for (var i = 0; i < values.Count; i++)
        {
            var delta = values[i] - mean.Total;
            mean += delta / (i + 1);
            squares += delta * (values[i] - mean.Total);
        }

        return squares.Total / values.Count;
    }

    /// <summary>The value below which a share of the values lies, linear between two of them.</summary>
    public static double Quantile(double share, IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        if (sorted.Length == 0 || double.IsNaN(share))
            return double.NaN;
        if (share < 0)
            return double.NegativeInfinity;
        if (share > 1)
            return double.PositiveInfinity;

        var rank = share * (sorted.Length - 1);
        var lower = (int)Math.Floor(rank);
        var upper = Math.Min(sorted.Length - 1, lower + 1);
        var weight = rank - lower;
        return (sorted[lower] * (1 - weight)) + (sorted[upper] * weight);
    }

    /// <summary>The straight line through points by least squares: its slope, and its height where x is zero.</summary>
    public static (double Slope, double Intercept) Line(IReadOnlyList<(double X, double Y)> points)
    {
        var first = points[0].Y;
        if (points.All(point => point.Y == first))
            return double.IsInfinity(first) ? (double.NaN, double.NaN) : (0, first);

        var count = points.Count;
        var (x, y) = (Sum(points.Select(static p => p.X)), Sum(points.Select(static p => p.Y)));
        var covariance = Sum(points.Select(static p => p.X * p.Y)) - (x * y / count);
        var variance = Sum(points.Select(static p => p.X * p.X)) - (x * x / count);
        var slope = covariance / variance;
        return (slope, (y / count) - (slope * x / count));
    }
}
