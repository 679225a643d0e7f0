using System.Globalization;
using System.Text;

namespace MicroMonitored.Embedded.Query.Templates;

/// <summary>A moment in nanoseconds since the Unix epoch, with the offset of its zone.</summary>
internal readonly record struct GoTime(long Ns, TimeSpan Offset = default, string Zone = "UTC")
{
    // Longest first where one begins with another.
    private static readonly string[] Parts =
    [
        "January", "Monday", "2006", "Jan", "Mon", "MST", "Z07:00", "Z0700", "-07:00", "-0700", "-07", "002", "01", "02", "03", "04", "05", "06", "15", "_2",
        "PM", "pm", "1", "2", "3", "4", "5",
    ];

    /// <summary>No time: the first moment of the year one, which nanoseconds do not reach.</summary>
    public static readonly GoTime None = new(long.MinValue);

    /// <summary>Milliseconds since the Unix epoch.</summary>
    public long Ms => this == None ? -62_135_596_800_000 : Ns / 1_000_000;

    private DateTimeOffset Moment => this == None ? DateTimeOffset.MinValue
        : DateTimeOffset.UnixEpoch.AddTicks((Ns / 100) - (Ns % 100 < 0 ? 1 : 0)).ToOffset(Offset);

    private long Nanosecond => this == None ? 0 : ((Ns % 1_000_000_000) + 1_000_000_000) % 1_000_000_000;

    public override string ToString() => Format("2006-01-02 15:04:05.999999999 -0700 MST");

    private static IEnumerable<string> Tokens(string layout)
    {
        for (var i = 0; i < layout.Length;)
        {
            var at = i;
            var token = Fraction(layout, at) ?? Parts.FirstOrDefault(part => string.CompareOrdinal(layout, at, part, 0, part.Length) == 0)
                ?? layout[at].ToString();
            yield return token;
            i += token.Length;
        }
    }

    // A point or comma with zeros or nines that no digit follows.
    private static string? Fraction(string layout, int at)
    {
        if (layout[at] is not ('.' or ',') || at + 1 >= layout.Length || layout[at + 1] is not ('0' or '9'))
            return null;
        var end = at + 1;
        while (end < layout.Length && layout[end] == layout[at + 1])
            end++;
        return end < layout.Length && char.IsAsciiDigit(layout[end]) ? null : layout[at..end];
    }

    /// <summary>The time in one of Go's layouts, as in <c>2006-01-02T15:04:05Z07:00</c>.</summary>
    public string Format(string layout)
    {
        var result = new StringBuilder();
        var moment = Moment;
        foreach (var token in Tokens(layout))
            result.Append(One(token, moment));
        return result.ToString();
    }

    private string One(string token, DateTimeOffset moment)
    {
        var culture = CultureInfo.InvariantCulture;
        var sign = Offset < TimeSpan.Zero ? "-" : "+";
        var colon = $"{sign}{Math.Abs(Offset.Hours):00}:{Math.Abs(Offset.Minutes):00}";
        return token switch
        {
            "2006" => moment.ToString("yyyy", culture),
            "06" => moment.ToString("yy", culture),
            "January" => moment.ToString("MMMM", culture),
            "Jan" => moment.ToString("MMM", culture),
            "01" => moment.ToString("MM", culture),
            "1" => moment.Month.ToString(culture),
            "Monday" => moment.ToString("dddd", culture),
            "Mon" => moment.ToString("ddd", culture),
            "02" => moment.ToString("dd", culture),
            "_2" => moment.Day.ToString(culture).PadLeft(2),
            "2" => moment.Day.ToString(culture),
            "002" => moment.DayOfYear.ToString("000", culture),
            "15" => moment.ToString("HH", culture),
            "03" => moment.ToString("hh", culture),
            "3" => ((moment.Hour + 11) % 12 + 1).ToString(culture),
            "04" => moment.ToString("mm", culture),
            "4" => moment.Minute.ToString(culture),
            "05" => moment.ToString("ss", culture),
            "5" => moment.Second.ToString(culture),
            "PM" => moment.Hour < 12 ? "AM" : "PM",
            "pm" => moment.Hour < 12 ? "am" : "pm",
            "MST" => Zone,
            "Z07:00" => Offset == TimeSpan.Zero ? "Z" : colon,
            "Z0700" => Offset == TimeSpan.Zero ? "Z" : colon.Replace(":", "", StringComparison.Ordinal),
            "-07:00" => colon,
            "-0700" => colon.Replace(":", "", StringComparison.Ordinal),
            "-07" => colon[..3],
            ['.' or ',', '0', ..] => token[0] + Nanosecond.ToString("000000000", culture)[..Math.Min(9, token.Length - 1)],
            ['.' or ',', '9', ..] => Nanosecond.ToString("000000000", culture)[..Math.Min(9, token.Length - 1)].TrimEnd('0') is { Length: > 0 } digits
                ? token[0] + digits : "",
            _ => token,
        };
    }

    /// <summary>Reads a time in one of Go's layouts; what the layout leaves out is as in the year 0.</summary>
    public static bool TryParse(string layout, string text, TimeZoneInfo zone, out GoTime time)
    {
        time = default;
        int year = 1, month = 1, day = 1, hour = 0, minute = 0, second = 0, at = 0;
        long fraction = 0;
        bool? afternoon = null;
        TimeSpan? offset = null;
        var named = "";
        var culture = CultureInfo.InvariantCulture.DateTimeFormat;

        bool Digits(int least, int most, out int value)
        {
            var end = at;
            while (end < text.Length && end - at < most && char.IsAsciiDigit(text[end]))
                end++;
            var read = end - at >= least;
            value = 0;
            if (read)
                value = int.Parse(text.AsSpan(at, end - at), CultureInfo.InvariantCulture);
            at = end;
            return read;
        }

        bool OneOf(string[] names, out int index)
        {
            var (rest, place) = (text, at);
            index = Array.FindIndex(
                names, name => name.Length > 0 && string.Compare(rest, place, name, 0, name.Length, StringComparison.OrdinalIgnoreCase) == 0);
            if (index >= 0)
                at += names[index].Length;
            return index >= 0;
        }

        bool Zone(bool colon, bool zulu)
        {
            if (zulu && at < text.Length && text[at] == 'Z')
            {
                at++;
                offset = TimeSpan.Zero;
                return true;
            }

            if (at >= text.Length || text[at] is not ('+' or '-'))
                return false;
            var negative = text[at++] == '-';
            var read = Digits(2, 2, out var hours);
            if (colon && (at >= text.Length || text[at++] != ':'))
                return false;
            if (!read || !Digits(2, 2, out var minutes) || hours > 14 || minutes > 59)
                return false;
            offset = new TimeSpan(hours, minutes, 0) * (negative ? -1 : 1);
            return true;
        }

        void OptionalFraction()
        {
            // Seconds may have a fraction although the layout has none.
            if (at + 1 >= text.Length || text[at] is not ('.' or ',') || !char.IsAsciiDigit(text[at + 1]))
                return;
            var end = ++at;
            while (end < text.Length && char.IsAsciiDigit(text[end]))
                end++;
            fraction = long.Parse(text[at..end].PadRight(9, '0')[..9], CultureInfo.InvariantCulture);
            at = end;
        }

        bool Half(string early, string late)
        {
            if (!OneOf([early, late], out var half))
                return false;
            afternoon = half == 1;
            return true;
        }

        bool Word()
        {
            var start = at;
            while (at < text.Length && char.IsAsciiLetterUpper(text[at]))
                at++;
            named = text[start..at];
            return named.Length >= 3;
        }

        foreach (var token in Tokens(layout))
        {
            var read = token switch
            {
                "2006" => Digits(4, 4, out year),
                "06" => Digits(2, 2, out year) && (year += year >= 69 ? 1900 : 2000) > 0,
                "January" => OneOf(culture.MonthNames, out month) && ++month > 0,
                "Jan" => OneOf(culture.AbbreviatedMonthNames, out month) && ++month > 0,
                "01" => Digits(2, 2, out month),
                "1" => Digits(1, 2, out month),
                "Monday" => OneOf(culture.DayNames, out _),
                "Mon" => OneOf(culture.AbbreviatedDayNames, out _),
                "02" => Digits(2, 2, out day),
                "2" or "_2" => (token != "_2" || at >= text.Length || text[at] != ' ' || ++at > 0) && Digits(1, 2, out day),
                "15" => Digits(2, 2, out hour),
                "03" => Digits(2, 2, out hour),
                "3" => Digits(1, 2, out hour),
                "04" => Digits(2, 2, out minute),
                "4" => Digits(1, 2, out minute),
                "05" => Digits(2, 2, out second),
                "5" => Digits(1, 2, out second),
                "PM" => Half("AM", "PM"),
                "pm" => Half("am", "pm"),
                "MST" => Word(),
                "Z07:00" or "-07:00" => Zone(colon: true, zulu: token[0] == 'Z'),
                "Z0700" or "-0700" => Zone(colon: false, zulu: token[0] == 'Z'),
                ['.' or ',', '0' or '9', ..] => true,
                _ => at < text.Length && text[at++] == token[0],
            };
            if (!read)
                return false;
            if (token is "05" or "5" or ['.' or ',', '0' or '9', ..])
                OptionalFraction();
        }

        if (afternoon is { } half)
            hour = (hour % 12) + (half ? 12 : 0);
        if (at != text.Length || year is < 1 or > 9999 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month)
            || hour > 23 || minute > 59 || second > 59)
        {
            return false;
        }

        var local = new DateTime(year, month, day, hour, minute, second, DateTimeKind.Unspecified);
        var shift = offset ?? (named is "UTC" or "GMT" ? TimeSpan.Zero : zone.GetUtcOffset(local));
        var ticks = local.Ticks - DateTime.UnixEpoch.Ticks - shift.Ticks;
        if (Math.Abs(ticks) > long.MaxValue / 100 - 1)
            return false;
        time = new((ticks * 100) + fraction, shift, named.Length > 0 ? named : shift == TimeSpan.Zero ? "UTC" : zone.StandardName);
        return true;
    }
}
