using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace MicroMonitored.Model.Settings;

/// <summary>A duration in the notation Prometheus, Loki and Tempo share: <c>15d</c>, <c>1h30m</c>, <c>250ms</c>.</summary>
/// <remarks>Units are ms, s, m, h, d, w (7 days) and y (365 days), each at most once and in descending order; zero is none.
/// Source: the Prometheus configuration reference, <c>&lt;duration&gt;</c>.</remarks>
public readonly record struct PrometheusDuration
{
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

    /// <summary>Reads a duration of more than nothing.</summary>
    /// <exception cref="FormatException">The text is no duration.</exception>
    public static PrometheusDuration Parse(string text)
        => TryParse(text, out var duration) ? duration : throw new FormatException($"\"{text}\" is no duration");

    /// <summary>Reads a duration of more than nothing.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out PrometheusDuration duration)
    {
        duration = default;
        if (text is null || !DurationText.TryParse(text, DurationNotation.Prometheus, out var milliseconds) || milliseconds == 0)
            return false;
        duration = new PrometheusDuration(text, TimeSpan.FromMilliseconds(milliseconds));
        return true;
    }

    /// <inheritdoc/>
    public override string ToString() => Text;
}
