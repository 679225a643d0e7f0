using System.Text;

namespace MicroMonitored.Embedded.Query.PromQL;

/// <summary>The aggregations that choose among the members of a group, and the one that counts equal values.</summary>
internal static class PromChoice
{
    /// <summary>The first few members of each group, in an order.</summary>
    public static List<PromPoint> Some(
        IEnumerable<List<PromPoint>> groups, double parameter, Func<List<PromPoint>, IEnumerable<PromPoint>> order)
    {
        if (double.IsNaN(parameter))
            throw new QueryExecutionException("Parameter value is NaN");
        if (Math.Abs(parameter) >= 9.2e18)
            throw new QueryExecutionException($"Scalar value {Quantities.Format(parameter)} {(parameter > 0 ? "overflows" : "underflows")} int64");
        var count = (int)Math.Clamp(parameter, 0, int.MaxValue);
        return [.. groups.SelectMany(members => order(members).Take(count))];
    }

    /// <summary>A share of the members, always the same ones; a negative share are those that its complement leaves out.</summary>
    public static List<PromPoint> Share(IEnumerable<List<PromPoint>> groups, double share)
    {
        if (double.IsNaN(share))
            throw new QueryExecutionException("Ratio value is NaN");
        share = Math.Clamp(share, -1, 1);
        return [.. groups.SelectMany(static members => members).Where(point =>
            share >= 0 ? Place(point.Labels) < share : Place(point.Labels) >= 1 + share)];
    }

    /// <summary>How often each value is there, under a label that bears it.</summary>
    public static List<PromPoint> Values(Dictionary<Labels, List<PromPoint>> groups, string label)
    {
        if (label.Length == 0)
            throw new QueryExecutionException($"invalid label name \"{label}\"");
        return [.. groups.SelectMany(group => group.Value
            .GroupBy(member => group.Key.With(label, Quantities.Format(member.Value, exponents: false)))
            .Select(static same => new PromPoint(same.Key, same.Count())))];
    }

    // A number below one that the labels alone decide (FNV-1a, its bits mixed once more).
    private static double Place(Labels labels)
    {
        var hash = 14695981039346656037;
        foreach (var unit in Encoding.UTF8.GetBytes(labels.ToString()))
            hash = (hash ^ unit) * 1099511628211;
        hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccd;
        return (hash ^ (hash >> 33)) / 18446744073709551616.0;
    }
}
