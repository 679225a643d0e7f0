using System.Globalization;

namespace MicroMonitored.Embedded.Hosting;

/// <summary>Durations as Prometheus writes them: <c>2s</c>, <c>1h30m</c>, <c>15d</c>, <c>500ms</c>.</summary>
public static class PrometheusDuration
{
    private static readonly (string Unit, long Milliseconds)[] Units =
        [("y", 31_536_000_000), ("w", 604_800_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)];

    /// <summary>Reads a duration; units must descend, as Prometheus demands.</summary>
    public static bool TryParse(string? text, out TimeSpan duration)
    {
        duration = default;
        if (string.IsNullOrEmpty(text))
            return false;

        long total = 0;
        var unit = 0;
        var position = 0;
        while (position < text.Length)
        {
            var digits = position;
            while (digits < text.Length && char.IsAsciiDigit(text[digits]))
                digits++;
            var letters = digits;
            while (letters < text.Length && char.IsAsciiLetterLower(text[letters]))
                letters++;
            if (digits - position is 0 or > 9)
                return false;

            var name = text.AsSpan(digits, letters - digits);
            while (unit < Units.Length && !name.SequenceEqual(Units[unit].Unit))
                unit++;
            if (unit == Units.Length)
                return false;

            total += long.Parse(text.AsSpan(position, digits - position), CultureInfo.InvariantCulture) * Units[unit++].Milliseconds;
            position = letters;
        }

        if (total > 100 * Units[0].Milliseconds)
            return false;
        duration = TimeSpan.FromMilliseconds(total);
        return true;
    }
}
