namespace Bench;

/// <summary>What one round cost a server, per request.</summary>
/// <param name="ProcessorTime">User and system time in microseconds.</param>
/// <param name="Bytes">Bytes allocated on the managed heap.</param>
/// <param name="Spans">Spans that arrived where they are sent.</param>
public readonly record struct Cost(double ProcessorTime, double Bytes, double Spans);

/// <summary>The medians of all rounds of a variant; the ratio is the median of the ratios to bare of the same round.</summary>
/// <param name="ProcessorTime">User and system time in microseconds per request.</param>
/// <param name="Ratio">Processor time relative to the bare server's.</param>
/// <param name="Bytes">Bytes allocated per request.</param>
/// <param name="ExtraBytes">Bytes beyond those of the bare server.</param>
/// <param name="Spans">Spans that arrived per request: what a server drops under load, it does not pay for.</param>
public sealed record Result(Variant Variant, double ProcessorTime, double Ratio, double Bytes, double ExtraBytes, double Spans)
{
    public static Result Of(Variant variant, IReadOnlyList<Cost> rounds, IReadOnlyList<Cost> bare) => new(
        variant,
        Median.Of(rounds.Select(static round => round.ProcessorTime)),
        Median.Of(rounds.Zip(bare, static (own, other) => own.ProcessorTime / other.ProcessorTime)),
        Median.Of(rounds.Select(static round => round.Bytes)),
        Median.Of(rounds.Zip(bare, static (own, other) => own.Bytes - other.Bytes)),
        Median.Of(rounds.Select(static round => round.Spans)));
}
