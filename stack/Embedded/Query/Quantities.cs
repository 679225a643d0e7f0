using System.Buffers.Text;
using System.Globalization;
using System.Text;
using MicroMonitored.Model.Settings;

namespace MicroMonitored.Embedded.Query;

/// <summary>Durations, times and numbers as the three query languages write them.</summary>
internal static class Quantities
{
    /// <summary>Reads <c>1h30m</c>, <c>1.5s</c>, <c>250ms</c>; the units are <c>ns us ms s m h d w y</c>.</summary>
    public static bool TryDuration(ReadOnlySpan<char> text, out double milliseconds) => DurationText.TryParse(text, DurationNotation.Go, out milliseconds);

    /// <summary>Seconds since the Unix epoch (with fraction) or RFC 3339, as milliseconds.</summary>
    public static bool TryTimeMs(string text, out long milliseconds)
    {
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds) && double.IsFinite(seconds) && Math.Abs(seconds) < 1e12)
        {
            milliseconds = (long)Math.Round(seconds * 1000);
            return true;
        }

        if (TryRfc3339(text, out var time))
        {
            milliseconds = time.ToUnixTimeMilliseconds();
            return true;
        }

        milliseconds = 0;
        return false;
    }

    /// <summary>Nanoseconds or seconds since the Unix epoch or RFC 3339, told apart as Loki does.</summary>
    public static bool TryTimeNs(string text, out long nanoseconds)
    {
        nanoseconds = 0;
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole))
        {
            if (text.Length > 10)
            {
                nanoseconds = whole;
                return true;
            }

            nanoseconds = whole * 1_000_000_000;
            return true;
        }

        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds) && Math.Abs(seconds) < 9e9)
        {
            nanoseconds = (long)(Math.Floor(seconds) * 1e9) + (long)Math.Round((seconds - Math.Floor(seconds)) * 1e9);
            return true;
        }

        if (TryRfc3339(text, out var time) && time.Year is > 1677 and < 2262)
        {
            nanoseconds = (time - DateTimeOffset.UnixEpoch).Ticks * 100;
            return true;
        }

        return false;
    }

    private static bool TryRfc3339(string text, out DateTimeOffset time)
    {
        time = default;
        return text.Length is >= 20 and <= 40 && text[10] is 'T' or 't'
            && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out time);
    }

    /// <summary>A Go-style number: decimal, exponent, hexadecimal, Inf, NaN.</summary>
    public static bool TryNumber(string text, out double value)
    {
        if (text.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
        {
            var parsed = long.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var hex);
            value = hex;
            return parsed;
        }

        var bare = text.TrimStart('+', '-');
        if (bare.Equals("inf", StringComparison.OrdinalIgnoreCase))
        {
            value = text.StartsWith('-') ? double.NegativeInfinity : double.PositiveInfinity;
            return text.Length - bare.Length <= 1;
        }

        if (bare.Equals("nan", StringComparison.OrdinalIgnoreCase))
        {
            value = double.NaN;
            return text.Length - bare.Length <= 1;
        }

        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value);
    }

    /// <summary>The shortest text that reads back as the same number, as Prometheus writes sample values; without exponents where asked.</summary>
    public static string Format(double value, bool exponents = true)
    {
        if (double.IsNaN(value))
            return "NaN";
        if (double.IsInfinity(value))
            return value > 0 ? "+Inf" : "-Inf";
        if (value == 0)
            return double.IsNegative(value) ? "-0" : "0";

        Span<byte> buffer = stackalloc byte[40];
        Utf8Formatter.TryFormat(value, buffer, out var written);
        var text = Encoding.ASCII.GetString(buffer[..written]);
        var sign = text[0] == '-' ? "-" : "";
        text = text[sign.Length..];
        var e = text.IndexOf('E', StringComparison.Ordinal);
        var exponent = e < 0 ? 0 : int.Parse(text.AsSpan(e + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        var mantissa = e < 0 ? text : text[..e];
        var point = mantissa.IndexOf('.', StringComparison.Ordinal);
        var digits = mantissa.Replace(".", "", StringComparison.Ordinal);
        var scale = (point < 0 ? mantissa.Length : point) + exponent;
        var leading = digits.Length - digits.TrimStart('0').Length;
        digits = digits[leading..].TrimEnd('0');
        scale -= leading;

        var magnitude = Math.Abs(value);
        if (exponents && magnitude is < 1e-6 or >= 1e21)
        {
            var power = scale - 1;
            var fraction = digits.Length > 1 ? "." + digits[1..] : "";
            return $"{sign}{digits[0]}{fraction}e{(power < 0 ? '-' : '+')}{Math.Abs(power):00}";
        }

        if (scale <= 0)
            return $"{sign}0.{new string('0', -scale)}{digits}";
        return scale >= digits.Length
            ? $"{sign}{digits}{new string('0', scale - digits.Length)}"
            : $"{sign}{digits[..scale]}.{digits[scale..]}";
    }

    /// <summary>Milliseconds as the seconds of an answer: whole, or with three decimals.</summary>
    public static string FormatSeconds(long milliseconds)
    {
        var (seconds, rest) = (milliseconds / 1000, Math.Abs(milliseconds % 1000));
        var sign = milliseconds < 0 && seconds == 0 ? "-" : "";
        return rest == 0
            ? seconds.ToString(CultureInfo.InvariantCulture)
            : string.Create(CultureInfo.InvariantCulture, $"{sign}{seconds}.{rest:000}");
    }
}
