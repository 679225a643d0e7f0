using System.Globalization;
using System.Text;
using System.Text.Json;
using MicroMonitored.Embedded.Query.Templates;

namespace MicroMonitored.Embedded.Query.LogQL;

/// <summary>The functions of <c>line_format</c> and <c>label_format</c>.</summary>
internal static class LogTemplates
{
    private const int MostText = 1 << 20;

    private static readonly Dictionary<string, TemplateFunction> Functions = new(StringComparer.Ordinal)
    {
        ["ToLower"] = static a => Text(a, 0).ToLowerInvariant(),
        ["ToUpper"] = static a => Text(a, 0).ToUpperInvariant(),
        ["lower"] = static a => Text(a, 0).ToLowerInvariant(),
        ["upper"] = static a => Text(a, 0).ToUpperInvariant(),
        ["title"] = static a => Title(Text(a, 0)),
        ["Replace"] = static a => Replace(Text(a, 0), Text(a, 1), Text(a, 2), Whole(a[3])),
        ["replace"] = static a => Replace(Text(a, 2), Text(a, 0), Text(a, 1), -1),
        ["Trim"] = static a => Text(a, 0).Trim(Text(a, 1).ToCharArray()),
        ["TrimLeft"] = static a => Text(a, 0).TrimStart(Text(a, 1).ToCharArray()),
        ["TrimRight"] = static a => Text(a, 0).TrimEnd(Text(a, 1).ToCharArray()),
        ["TrimPrefix"] = static a => TrimPrefix(Text(a, 0), Text(a, 1)),
        ["TrimSuffix"] = static a => TrimSuffix(Text(a, 0), Text(a, 1)),
        ["TrimSpace"] = static a => Text(a, 0).Trim(),
        ["trim"] = static a => Text(a, 0).Trim(),
        ["trimAll"] = static a => Text(a, 1).Trim(Text(a, 0).ToCharArray()),
        ["trimPrefix"] = static a => TrimPrefix(Text(a, 1), Text(a, 0)),
        ["trimSuffix"] = static a => TrimSuffix(Text(a, 1), Text(a, 0)),
        ["trunc"] = static a => Truncated(Text(a, 1), Whole(a[0])),
        ["substr"] = static a => Part(Text(a, 2), Whole(a[0]), Whole(a[1])),
        ["contains"] = static a => Text(a, 1).Contains(Text(a, 0), StringComparison.Ordinal),
        ["hasPrefix"] = static a => Text(a, 1).StartsWith(Text(a, 0), StringComparison.Ordinal),
        ["hasSuffix"] = static a => Text(a, 1).EndsWith(Text(a, 0), StringComparison.Ordinal),
        ["indent"] = static a => Indented(Whole(a[0]), Text(a, 1)),
        ["nindent"] = static a => "\n" + Indented(Whole(a[0]), Text(a, 1)),
        ["repeat"] = static a => Repeated(Whole(a[0]), Text(a, 1)),
        ["alignLeft"] = static a => Part(Text(a, 1), 0, Size(a[0])).PadRight(Size(a[0])),
        ["alignRight"] = static a => Text(a, 1) is var text && Size(a[0]) is var size ? (text.Length > size ? text[^size..] : text).PadLeft(size) : null,
        ["regexReplaceAll"] = static a => Patterns.Anywhere(LogParsers.Go(Text(a, 0)), 0).Replace(Text(a, 1), match => GoExpansion.Of(match, Text(a, 2))),
        ["regexReplaceAllLiteral"] = static a => Patterns.Anywhere(LogParsers.Go(Text(a, 0)), 0).Replace(Text(a, 1), _ => Text(a, 2)),
        ["count"] = static a => (long)Patterns.Anywhere(LogParsers.Go(Text(a, 0)), 0).Count(Text(a, 1)),
        ["urlencode"] = static a => Uri.EscapeDataString(Text(a, 0)).Replace("%20", "+", StringComparison.Ordinal),
        ["urldecode"] = static a => Uri.UnescapeDataString(Text(a, 0).Replace('+', ' ')),
        ["b64enc"] = static a => Convert.ToBase64String(Encoding.UTF8.GetBytes(Text(a, 0))),
        ["b64dec"] = static a => Encoding.UTF8.GetString(Convert.FromBase64String(Text(a, 0))),
        ["bytes"] = static a => Converted(Text(a, 0), LogUnit.Bytes),
        ["duration"] = static a => Converted(Text(a, 0), LogUnit.Seconds),
        ["duration_seconds"] = static a => Converted(Text(a, 0), LogUnit.Seconds),
        ["int"] = static a => Whole(a[0]),
        ["float64"] = static a => Number(a[0]),
        ["add"] = static a => a.Aggregate(0L, static (sum, value) => unchecked(sum + Whole(value))),
        ["sub"] = static a => unchecked(Whole(a[0]) - Whole(a[1])),
        ["mul"] = static a => a[1..].Aggregate(Whole(a[0]), static (product, value) => unchecked(product * Whole(value))),
        ["div"] = static a => Whole(a[1]) is -1 ? unchecked(-Whole(a[0])) : Whole(a[0]) / Whole(a[1]),
        ["mod"] = static a => Whole(a[1]) is -1 ? 0L : Whole(a[0]) % Whole(a[1]),
        ["addf"] = static a => a.Aggregate(0.0, static (sum, value) => sum + Number(value)),
        ["subf"] = static a => a[1..].Aggregate(Number(a[0]), static (rest, value) => rest - Number(value)),
        ["mulf"] = static a => a[1..].Aggregate(Number(a[0]), static (product, value) => product * Number(value)),
        ["divf"] = static a => a[1..].Aggregate(Number(a[0]), static (rest, value) => rest / Number(value)),
        ["max"] = static a => a.Max(Whole),
        ["min"] = static a => a.Min(Whole),
        ["maxf"] = static a => a.Max(Number),
        ["minf"] = static a => a.Min(Number),
        ["ceil"] = static a => Math.Ceiling(Number(a[0])),
        ["floor"] = static a => Math.Floor(Number(a[0])),
        ["round"] = static a => Rounded(Number(a[0]), Whole(a[1]), a.Length > 2 ? Number(a[2]) : 0.5),
        ["default"] = static a => a.Length > 1 && GoText.IsTrue(a[1]) ? a[1] : a[0],
        ["fromJson"] = static a => FromJson(Text(a, 0)),
        ["now"] = static a => a.Length == 0
            ? new GoTime((DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).Ticks * 100)
            : throw new ArgumentException("wrong number of args for now: want 0"),
        ["date"] = static a => Time(a[1]).Format(Text(a, 0)),
        ["toDate"] = static a => GoTime.TryParse(Text(a, 0), Text(a, 1), TimeZoneInfo.Utc, out var time) ? time : GoTime.None,
        ["toDateInZone"] = static a =>
            GoTime.TryParse(Text(a, 0), Text(a, 2), TimeZoneInfo.FindSystemTimeZoneById(Text(a, 1)), out var time) ? time : GoTime.None,
        ["unixEpoch"] = static a => (Time(a[0]).Ms / 1000).ToString(CultureInfo.InvariantCulture),
        ["unixEpochMillis"] = static a => Time(a[0]).Ms.ToString(CultureInfo.InvariantCulture),
        ["unixEpochNanos"] = static a => Time(a[0]).Ns.ToString(CultureInfo.InvariantCulture),
        ["unixToTime"] = static a => FromEpoch(Text(a, 0)),
    };

    /// <summary>The names a template may call.</summary>
    public static readonly IReadOnlySet<string> Names = Functions.Keys.Concat(["__line__", "__timestamp__"]).ToHashSet(StringComparer.Ordinal);

    /// <summary>The functions for one line, of which two speak.</summary>
    public static Func<string, TemplateFunction?> Of(LogLine line) => name => name switch
    {
        "__line__" => _ => line.Text,
        "__timestamp__" => _ => new GoTime(line.TimestampNs),
        _ => Functions.GetValueOrDefault(name),
    };

    private static string Text(object?[] arguments, int at) => arguments[at] as string ?? GoText.Print(arguments[at]);

    private static long Whole(object? value) => value switch
    {
        long whole => whole,
        double number => double.IsFinite(number) ? (long)Math.Clamp(number, long.MinValue, long.MaxValue) : 0,
        bool flag => flag ? 1 : 0,
        string text when long.TryParse(text, CultureInfo.InvariantCulture, out var whole) => whole,
        string text when Quantities.TryNumber(text, out var number) && double.IsFinite(number) => (long)number,
        _ => 0,
    };

    private static int Size(object? value) => (int)Math.Clamp(Whole(value), 0, 10_000);

    private static double Number(object? value) => value switch
    {
        long whole => whole,
        double number => number,
        bool flag => flag ? 1 : 0,
        string text when Quantities.TryNumber(text, out var number) => number,
        _ => 0,
    };

    private static GoTime Time(object? value) => value switch
    {
        GoTime time => time,
        long seconds => new(seconds * 1_000_000_000),
        _ => throw new ArgumentException($"expected a time, not {GoText.Print(value)}"),
    };

    private static GoTime FromEpoch(string text)
    {
        if (!long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value))
            throw new ArgumentException($"unable to parse time '{text}'");
        return text.Length switch
        {
            5 => new(value * 86_400_000_000_000),
            10 => new(value * 1_000_000_000),
            13 => new(value * 1_000_000),
            16 => new(value * 1000),
            19 => new(value),
            _ => throw new ArgumentException($"unable to parse time '{text}': unknown precision"),
        };
    }

    private static double Converted(string text, LogUnit unit) => LogParsers.TryConvert(text, unit, out var value, out var error)
        ? value
        : throw new ArgumentException(error);

    private static string Replace(string text, string old, string with, long count)
    {
        if (count < 0 && old.Length > 0)
            return Bounded(text.Replace(old, with, StringComparison.Ordinal));
        var result = new StringBuilder();
        var at = 0;
        while (old.Length > 0 && count-- > 0 && text.IndexOf(old, at, StringComparison.Ordinal) is >= 0 and var found)
        {
            result.Append(text, at, found - at).Append(with);
            at = found + old.Length;
        }

        return Bounded(result.Append(text, at, text.Length - at).ToString());
    }

    private static string Bounded(string text) =>
        text.Length <= MostText ? text : throw new ArgumentException($"a text longer than {MostText} characters");

    private static string TrimPrefix(string text, string prefix) => text.StartsWith(prefix, StringComparison.Ordinal) ? text[prefix.Length..] : text;

    private static string TrimSuffix(string text, string suffix) =>
        suffix.Length > 0 && text.EndsWith(suffix, StringComparison.Ordinal) ? text[..^suffix.Length] : text;

    private static string Title(string text) =>
        string.Concat(text.Select((c, i) => i == 0 || !(char.IsLetterOrDigit(text[i - 1]) || text[i - 1] is '_' or '\'') ? char.ToUpperInvariant(c) : c));

    private static string Truncated(string text, long length) => length < 0
        ? (-length < text.Length ? text[(int)(text.Length + length)..] : text)
        : length < text.Length ? text[..(int)length] : text;

    private static string Part(string text, long start, long end)
    {
        var to = end < 0 || end > text.Length ? text.Length : (int)end;
        return start < 0 ? text[..to] : text[(int)Math.Min(start, to)..to];
    }

    private static string Indented(long count, string text)
    {
        var space = new string(' ', (int)Math.Clamp(count, 0, 1000));
        return Bounded(space + text.Replace("\n", "\n" + space, StringComparison.Ordinal));
    }

    private static string Repeated(long count, string text)
    {
        count = Math.Max(0, count);
        if (text.Length > 0 && count > MostText / text.Length)
            throw new ArgumentException($"a text longer than {MostText} characters");
        return new StringBuilder().Insert(0, text, text.Length == 0 ? 0 : (int)count).ToString();
    }

    private static double Rounded(double value, long places, double up)
    {
        var power = Math.Pow(10, places);
        var (digit, fraction) = (power * value, (power * value) - Math.Truncate(power * value));
        return (Math.Abs(fraction) >= up ? (value < 0 ? Math.Floor(digit) : Math.Ceiling(digit)) : Math.Truncate(digit)) / power;
    }

    private static object? FromJson(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return Of(document.RootElement);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }

        static object? Of(JsonElement element) => element.ValueKind switch
        {
            JsonValueKind.Object => element.EnumerateObject().DistinctBy(static one => one.Name)
                .ToDictionary(static one => one.Name, static one => Of(one.Value)),
            JsonValueKind.Array => element.EnumerateArray().Select(Of).ToList(),
            JsonValueKind.String => element.GetString(),
            JsonValueKind.Number => element.GetDouble(),
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => null,
        };
    }
}
