namespace MicroMonitored.Verification;

/// <summary>Percentiles by the nearest rank.</summary>
internal static class Percentiles
{
    /// <summary>Of at least one delay in milliseconds.</summary>
    public static Freshness Of(IReadOnlyList<double> delays)
    {
        double[] ordered = [.. delays.Order()];
        return new Freshness(Math.Round(Rank(ordered, 0.50), 1), Math.Round(Rank(ordered, 0.95), 1), Math.Round(ordered[^1], 1));
    }

    private static double Rank(double[] ordered, double share) => ordered[Math.Max(0, (int)Math.Ceiling(share * ordered.Length) - 1)];
}
