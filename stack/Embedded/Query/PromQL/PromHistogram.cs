namespace MicroMonitored.Embedded.Query.PromQL;

/// <summary>A cumulative bucket of a classic histogram.</summary>
internal readonly record struct PromBucket(double Upper, double Count);

/// <summary>What classic histograms answer, linear within a bucket.</summary>
internal static class PromHistogram
{
    // Differences between neighbouring counts that are smaller than this share of them come from rounding.
    private const double Rounding = 1e-12;

    /// <summary>The value below which a share of the observations lies.</summary>
    public static double Quantile(double share, IEnumerable<PromBucket> buckets)
    {
        if (double.IsNaN(share))
            return double.NaN;
        if (share < 0)
            return double.NegativeInfinity;
        if (share > 1)
            return double.PositiveInfinity;

        var merged = Rising(Merged(buckets));
        if (merged.Count < 2 || !double.IsPositiveInfinity(merged[^1].Upper))
            return double.NaN;
        var total = merged[^1].Count;
        if (total == 0 || double.IsNaN(total))
            return double.NaN;

        var rank = share * total;
        var index = 0;
        while (index < merged.Count - 1 && merged[index].Count < rank)
            index++;
        if (index == merged.Count - 1)
            return merged[^2].Upper;
        if (index == 0 && merged[0].Upper <= 0)
            return merged[0].Upper;

        var below = index > 0 ? merged[index - 1] : new(0, 0);
        return below.Upper + ((merged[index].Upper - below.Upper) * ((rank - below.Count) / (merged[index].Count - below.Count)));
    }

    /// <summary>The share of the observations between two values.</summary>
    public static double Fraction(double lower, double upper, IEnumerable<PromBucket> buckets)
    {
        var merged = Merged(buckets);
        var total = merged.Count == 0 || !double.IsPositiveInfinity(merged[^1].Upper) ? 0 : merged[^1].Count;
        if (total == 0 || double.IsNaN(lower) || double.IsNaN(upper))
            return double.NaN;
        return lower >= upper ? 0 : (Rank(upper) - Rank(lower)) / total;

        // The observations up to a value; a bucket without an end has none that could be placed.
        double Rank(double value)
        {
            var (from, count) = (merged[0].Upper > 0 ? 0 : double.NegativeInfinity, 0.0);
            foreach (var bucket in merged)
            {
                if (from >= value)
                    return count;
                if (bucket.Upper > value)
                    return double.IsNegativeInfinity(from) ? bucket.Count : count + ((bucket.Count - count) * ((value - from) / (bucket.Upper - from)));
                (from, count) = (bucket.Upper, bucket.Count);
            }

            return total;
        }
    }

    private static List<PromBucket> Merged(IEnumerable<PromBucket> buckets)
    {
        var merged = new List<PromBucket>();
        foreach (var bucket in buckets.OrderBy(static one => one.Upper))
        {
            if (merged.Count > 0 && merged[^1].Upper == bucket.Upper)
                merged[^1] = bucket with { Count = merged[^1].Count + bucket.Count };
            else
                merged.Add(bucket);
        }

        return merged;
    }

    // Counts never fall from one bucket to the next, and what only rounding tells apart is equal.
    private static List<PromBucket> Rising(List<PromBucket> buckets)
    {
        for (var i = 1; i < buckets.Count; i++)
        {
            var (before, count) = (buckets[i - 1].Count, buckets[i].Count);
            if (count < before || Math.Abs(count - before) <= Rounding * Math.Min(Math.Abs(count) + Math.Abs(before), double.MaxValue))
                buckets[i] = buckets[i] with { Count = before };
        }

        return buckets;
    }
}
