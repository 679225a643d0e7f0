using System.Globalization;
using System.Text;

namespace MicroMonitored.Embedded.Query.Templates;

/// <summary>Values as Go prints and judges them.</summary>
internal static class GoText
{
    public static bool IsTrue(object? value) => value switch
    {
        null => false,
        bool flag => flag,
        string text => text.Length > 0,
        long whole => whole != 0,
        double number => number != 0,
        IReadOnlyList<object?> list => list.Count > 0,
        IReadOnlyDictionary<string, object?> map => map.Count > 0,
        IReadOnlyDictionary<string, string> map => map.Count > 0,
        _ => true,
    };

    public static string Print(object? value) => value switch
    {
        null => "<no value>",
        string text => text,
        bool flag => flag ? "true" : "false",
        long whole => whole.ToString(CultureInfo.InvariantCulture),
        double number => Shortest(number),
        GoTime time => time.ToString(),
        IReadOnlyList<object?> list => "[" + string.Join(" ", list.Select(Print)) + "]",
        IReadOnlyDictionary<string, object?> map => Map(map.Select(static pair => (pair.Key, Print(pair.Value)))),
        IReadOnlyDictionary<string, string> map => Map(map.Select(static pair => (pair.Key, pair.Value))),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    private static string Map(IEnumerable<(string Key, string Value)> pairs) =>
        "map[" + string.Join(" ", pairs.OrderBy(static pair => pair.Key, StringComparer.Ordinal).Select(static pair => $"{pair.Key}:{pair.Value}")) + "]";

    // Like Quantities.Format, but with an exponent below 1e-4.
    private static string Shortest(double value)
    {
        if (value == 0 || Math.Abs(value) is >= 1e-4 or < 1e-6 || !double.IsFinite(value))
            return Quantities.Format(value);
        var text = value.ToString("E16", CultureInfo.InvariantCulture);
        for (var digits = 0; digits < 17; digits++)
        {
            text = value.ToString("0." + new string('#', digits) + "e-00", CultureInfo.InvariantCulture);
            if (double.Parse(text, CultureInfo.InvariantCulture) == value)
                break;
        }

        return text;
    }

    /// <summary>Go's <c>Sprintf</c> for the verbs that texts, numbers and truths have.</summary>
    public static string Format(string format, ReadOnlySpan<object?> values)
    {
        var result = new StringBuilder();
        var next = 0;
        for (var i = 0; i < format.Length; i++)
        {
            if (format[i] != '%')
            {
                result.Append(format[i]);
                continue;
            }

            var start = ++i;
            while (i < format.Length && (format[i] is '-' or '+' or '#' or ' ' or '0' or '.' || char.IsAsciiDigit(format[i])))
                i++;
            if (i == format.Length)
                return result.Append("%!(NOVERB)").ToString();
            if (format[i] == '%')
            {
                result.Append('%');
                continue;
            }

            if (next == values.Length)
            {
                result.Append("%!").Append(format[i]).Append("(MISSING)");
                continue;
            }

            result.Append(Verb(format[i], format[start..i], values[next++]));
        }

        return result.ToString();
    }

    private static double Rounded(double number, int digits)
    {
        var format = "G" + digits.ToString(CultureInfo.InvariantCulture);
        return double.Parse(number.ToString(format, CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
    }

    private static string Verb(char verb, string flags, object? value)
    {
        var dot = flags.IndexOf('.', StringComparison.Ordinal);
        int? precision = dot < 0 ? null : int.TryParse(flags.AsSpan(dot + 1), CultureInfo.InvariantCulture, out var digits) ? Math.Min(digits, 100) : 0;
        var before = dot < 0 ? flags : flags[..dot];
        var width = int.TryParse(before.TrimStart('-', '+', '#', ' ', '0'), CultureInfo.InvariantCulture, out var wide) ? Math.Min(wide, 1000) : 0;
        var text = (verb, value) switch
        {
            ('q', string quoted) => "\"" + quoted.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)
                .Replace("\n", "\\n", StringComparison.Ordinal).Replace("\t", "\\t", StringComparison.Ordinal) + "\"",
            ('s' or 'v', string whole) => precision is { } most && most < whole.Length ? whole[..most] : whole,
            ('x' or 'X', string bytes) => Convert.ToHexStringLower(Encoding.UTF8.GetBytes(bytes)),
            ('d', long number) => number.ToString(CultureInfo.InvariantCulture),
            ('x', long number) => number.ToString("x", CultureInfo.InvariantCulture),
            ('X', long number) => number.ToString("X", CultureInfo.InvariantCulture),
            ('b', long number) => Convert.ToString(number, 2),
            ('o', long number) => Convert.ToString(number, 8),
            ('c', long number) when Rune.IsValid((int)number) => new Rune((int)number).ToString(),
            ('f' or 'F', double number) => number.ToString("F" + (precision ?? 6).ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture),
            ('e' or 'E', double number) => number.ToString(
                $"0{(precision == 0 ? "" : "." + new string('0', precision ?? 6))}{verb}+00", CultureInfo.InvariantCulture),
            ('g' or 'G' or 'v', double number) => Print(precision is { } most ? Rounded(number, Math.Max(1, most)) : number),
            ('v' or 't', _) when verb == 'v' || value is bool => Print(value),
            _ => $"%!{verb}({(value switch { string => "string=", long => "int=", double => "float64=", bool => "bool=", _ => "" })}{Print(value)})",
        };
        if (before.Contains('+', StringComparison.Ordinal) && value is long or double && !text.StartsWith('-'))
            text = "+" + text;
        if (before.Contains('-', StringComparison.Ordinal))
            return text.PadRight(width);
        return value is long or double && before.TrimStart('+', '#', ' ').StartsWith('0')
            ? text is ['-' or '+', ..] ? text[0] + text[1..].PadLeft(width - 1, '0') : text.PadLeft(width, '0')
            : text.PadLeft(width);
    }
}
