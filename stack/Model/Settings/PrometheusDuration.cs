using System.Globalization;
using System.Text.RegularExpressions;

namespace MicroMonitored.Model.Settings;

/// <summary>A duration in the notation Prometheus, Loki and Tempo share: <c>15d</c>, <c>1h30m</c>, <c>250ms</c>.</summary>
/// <remarks>Units are ms, s, m, h, d, w (7 days) and y (365 days), each at most once and in descending order.
/// Source: the Prometheus configuration reference, <c>&lt;duration&gt;</c>.</remarks>
public readonly partial record struct PrometheusDuration
{
    // Prometheus counts in nanoseconds of 64 bits: 292 years.
    private const double LongestMilliseconds = long.MaxValue / 1e6;

    private PrometheusDuration(string text, TimeSpan value) => (Text, Value) = (text, value);

    /// <summary>As written.</summary>
    public string Text { get; }

    /// <summary>How long it is.</summary>
    public TimeSpan Value { get; }

    /// <summary>In hours and minutes, for the components that know neither days nor weeks.</summary>
    public string GoText
    {
        get
        {
            if (Value.TotalMilliseconds % 1000 != 0)
                return ((long)Value.TotalMilliseconds).ToString(CultureInfo.InvariantCulture) + "ms";
            var seconds = (long)Value.TotalSeconds;
            return seconds % 3600 == 0 ? FormattableString.Invariant($"{seconds / 3600}h")
                : seconds % 60 == 0 ? FormattableString.Invariant($"{seconds / 60}m")
                : FormattableString.Invariant($"{seconds}s");
        }
    }

    /// <summary>Reads a duration.</summary>
    /// <exception cref="FormatException">The text is no duration.</exception>
    public static PrometheusDuration Parse(string text)
        => TryParse(text, out var duration) ? duration : throw new FormatException($"\"{text}\" is no duration");

    /// <summary>Reads a duration; zero is none.</summary>
    public static bool TryParse(string? text, out PrometheusDuration duration)
    {
        duration = default;
        if (text is null || Notation().Match(text) is not { Success: true } match || text.Length == 0)
            return false;
        var milliseconds = 0.0;
        foreach (var (unit, factor) in Units)
        {
            if (match.Groups[unit] is { Success: true, Value: var digits })
                milliseconds += double.Parse(digits, CultureInfo.InvariantCulture) * factor;
        }

        if (milliseconds is 0 or > LongestMilliseconds)
            return false;
        duration = new PrometheusDuration(text, TimeSpan.FromMilliseconds(milliseconds));
        return true;
    }

    /// <inheritdoc/>
    public override string ToString() => Text;

    private static readonly (string Unit, double Milliseconds)[] Units =
    [
        ("y", 365 * 86_400_000.0), ("w", 7 * 86_400_000.0), ("d", 86_400_000.0),
        ("h", 3_600_000.0), ("m", 60_000.0), ("s", 1000.0), ("ms", 1.0),
    ];

    [GeneratedRegex(
        @"\A(?:(?<y>[0-9]+)y)?(?:(?<w>[0-9]+)w)?(?:(?<d>[0-9]+)d)?"
        + @"(?:(?<h>[0-9]+)h)?(?:(?<m>[0-9]+)m)?(?:(?<s>[0-9]+)s)?(?:(?<ms>[0-9]+)ms)?\z",
        RegexOptions.CultureInvariant)]
    private static partial Regex Notation();
}
