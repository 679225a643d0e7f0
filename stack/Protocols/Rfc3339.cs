using System.Globalization;

namespace MicroMonitored.Protocols;

/// <summary>RFC 3339 times with up to nanoseconds.</summary>
public static class Rfc3339
{
    /// <summary>Reads <c>2026-11-23T00:36:28.963098312Z</c> or with an offset; more than nine fraction digits are cut.</summary>
    /// <param name="text">The whole text.</param>
    /// <param name="nanoseconds">Since the Unix epoch; only years 1970 to 2200 are taken.</param>
    public static bool TryParse(ReadOnlySpan<char> text, out long nanoseconds)
    {
        nanoseconds = 0;
        if (text.Length < 20
            || text[4] != '-' || text[7] != '-' || text[10] is not ('T' or 't' or ' ') || text[13] != ':' || text[16] != ':'
            || !Digits(text[..4], out var year) || !Digits(text[5..7], out var month) || !Digits(text[8..10], out var day)
            || !Digits(text[11..13], out var hour) || !Digits(text[14..16], out var minute) || !Digits(text[17..19], out var second))
            return false;
        if (year is < 1970 or > 2200 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month)
            || hour > 23 || minute > 59 || second > 60)
            return false;

        var position = 19;
        var fraction = 0L;
        if (text[position] is '.' or ',')
        {
            var digits = 0;
            for (position++; position < text.Length && char.IsAsciiDigit(text[position]); position++, digits++)
                if (digits < 9)
                    fraction = (fraction * 10) + text[position] - '0';
            if (digits == 0)
                return false;
            for (; digits < 9; digits++)
                fraction *= 10;
        }

        if (!Offset(text[position..], out var offsetMinutes))
            return false;
        var ticks = new DateTime(year, month, day, hour, minute, 0, DateTimeKind.Utc).Ticks - DateTime.UnixEpoch.Ticks;
        nanoseconds = ((((ticks / TimeSpan.TicksPerSecond) + second) - (offsetMinutes * 60L)) * 1_000_000_000) + fraction;
        return nanoseconds >= 0;
    }

    /// <summary>Writes a time as UTC with seven fraction digits: <c>2026-11-23T00:36:28.9630983Z</c>.</summary>
    public static string Format(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'", CultureInfo.InvariantCulture);

    private static bool Offset(ReadOnlySpan<char> text, out int minutes)
    {
        minutes = 0;
        if (text is "Z" or "z")
            return true;
        if (text.Length != 6 || text[0] is not ('+' or '-') || text[3] != ':' || !Digits(text[1..3], out var hour) || !Digits(text[4..], out var minute))
            return false;
        minutes = ((hour * 60) + minute) * (text[0] == '-' ? -1 : 1);
        return hour < 24 && minute < 60;
    }

    private static bool Digits(ReadOnlySpan<char> text, out int value)
    {
        value = 0;
        foreach (var character in text)
        {
            if (!char.IsAsciiDigit(character))
                return false;
            value = (value * 10) + character - '0';
        }

        return true;
    }
}
