namespace Bench;

/// <summary>What one round cost a server, per request.</summary>
/// <param name="ProcessorTime">User and system time in microseconds.</param>
/// <param name="Bytes">Bytes allocated on the managed heap.</param>
public readonly record struct Cost(double ProcessorTime, double Bytes);

/// <summary>The medians of all rounds of a variant; the ratio is the median of the ratios to bare of the same round.</summary>
/// <param name="ProcessorTime">User and system time in microseconds per request.</param>
/// <param name="Ratio">Processor time relative to the bare server's.</param>
/// <param name="Bytes">Bytes allocated per request.</param>
/// <param name="ExtraBytes">Bytes beyond those of the bare server.</param>
public sealed record Result(Variant Variant, double ProcessorTime, double Ratio, double Bytes, double ExtraBytes)
{
    public static Result Of(Variant variant, IReadOnlyList<Cost> rounds, IReadOnlyList<Cost> bare) => new(
        variant,
        Median(rounds.Select(static round => round.ProcessorTime)),
        Median(rounds.Zip(bare, static (own, other) => own.ProcessorTime / other.ProcessorTime)),
        Median(rounds.Select(static round => round.Bytes)),
        Median(rounds.Zip(bare, static (own, other) => own.Bytes - other.Bytes)));

    private static double Median(IEnumerable<double> values)
    {
        var ordered = values.Order().ToList();
        return (ordered[(ordered.Count - 1) / 2] + ordered[ordered.Count / 2]) / 2;
    }
}
