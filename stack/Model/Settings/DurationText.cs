using System.Globalization;

namespace MicroMonitored.Model.Settings;

/// <summary>What a duration may look like beside whole numbers of ms, s, m, h, d, w and y in descending order.</summary>
public enum DurationNotation
{
    /// <summary>Nothing else: Prometheus' <c>1h30m</c> (its configuration reference, <c>&lt;duration&gt;</c>).</summary>
    Prometheus,

    /// <summary>Also fractions, ns, us and µs, in any order: Go's <c>1.5s</c> (its <c>time.ParseDuration</c>).</summary>
    Go,
}

/// <summary>Reads durations, in settings and in query languages alike.</summary>
public static class DurationText
{
    /// <summary>The longest duration: what 64 bits of nanoseconds hold, 292 years.</summary>
    public const double LongestMilliseconds = long.MaxValue / 1e6;

    private const int MaxLength = 64;

    private static readonly (string Unit, double Milliseconds)[] Units =
    [
        ("y", 31_536_000_000), ("w", 604_800_000), ("d", 86_400_000), ("h", 3_600_000), ("ms", 1), ("m", 60_000), ("s", 1000),
        ("us", 0.001), ("µs", 0.001), ("ns", 0.000001),
    ];

    /// <summary>Reads a duration of at least one number with its unit, zero included.</summary>
    /// <param name="text">The whole text, for example <c>1h30m</c>.</param>
    /// <param name="notation">What is taken.</param>
    /// <param name="milliseconds">The duration.</param>
    public static bool TryParse(ReadOnlySpan<char> text, DurationNotation notation, out double milliseconds)
    {
        milliseconds = 0;
        if (text.Length is 0 or > MaxLength)
            return false;
        var smallest = double.MaxValue;
        while (text.Length > 0)
        {
            var digits = text.IndexOfAnyExcept(notation == DurationNotation.Go ? "0123456789." : "0123456789");
            if (digits <= 0 || !double.TryParse(text[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var amount)
                || !TryUnit(text[digits..], out var unit)
                || (notation == DurationNotation.Prometheus && (unit.Milliseconds < 1 || unit.Milliseconds >= smallest)))
                return false;
            smallest = unit.Milliseconds;
            milliseconds += amount * unit.Milliseconds;
            text = text[(digits + unit.Unit.Length)..];
        }

        return milliseconds <= LongestMilliseconds;
    }

    private static bool TryUnit(ReadOnlySpan<char> text, out (string Unit, double Milliseconds) unit)
    {
        foreach (var candidate in Units)
        {
            if (text.StartsWith(candidate.Unit, StringComparison.Ordinal))
            {
                unit = candidate;
                return true;
            }
        }

        unit = default;
        return false;
    }
}
