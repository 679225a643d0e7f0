using System.Globalization;
using System.Text.RegularExpressions;
using OpenTelemetry.Proto.Common.V1;

namespace MicroMonitored.Embedded.Query.TraceQL;

internal enum TraceType
{
    /// <summary>An attribute: known only span by span.</summary>
    Attribute,
    Nil,
    Bool,
    Int,
    Float,
    Duration,
    String,
    Status,
    Kind,
    Array,
}

/// <summary>A duration in nanoseconds.</summary>
internal readonly record struct TraceDuration(long Ns);

/// <summary>A word of the language that is a value: of a status or of a kind.</summary>
internal sealed record TraceKeyword(TraceType Type, string Text);

/// <summary>The values of a field that a span has several times, as those of its events: one that fits is enough.</summary>
internal sealed record TraceMany(IReadOnlyList<object> Values);

/// <summary>
/// The values of TraceQL (text, <see cref="bool"/>, <see cref="long"/>, <see cref="double"/>, <see cref="TraceDuration"/>, <see cref="TraceKeyword"/>,
/// lists of them, and null for nil) and its operators.
/// </summary>
internal static class TraceValues
{
    public static TraceType TypeOf(object? value) => value switch
    {
        null => TraceType.Nil,
        bool => TraceType.Bool,
        long => TraceType.Int,
        double => TraceType.Float,
        TraceDuration => TraceType.Duration,
        string => TraceType.String,
        TraceKeyword keyword => keyword.Type,
        _ => TraceType.Array,
    };

    public static bool IsNumeric(TraceType type) => type is TraceType.Int or TraceType.Float or TraceType.Duration;

    public static bool IsComparison(string sign) => sign is "=" or "!=" or ">" or ">=" or "<" or "<=" or "=~" or "!~";

    /// <summary>Whether two types may stand at the sides of an operator.</summary>
    public static bool Match(TraceType left, TraceType right) =>
        left == right || left is TraceType.Attribute or TraceType.Nil || right is TraceType.Attribute or TraceType.Nil || (IsNumeric(left) && IsNumeric(right));

    /// <summary>Whether an operator takes a type.</summary>
    public static bool Allows(string sign, TraceType type) => type switch
    {
        TraceType.Attribute => true,
        TraceType.Bool => sign is "&&" or "||" or "=" or "!=",
        TraceType.Int or TraceType.Float or TraceType.Duration => sign is not ("&&" or "||" or "=~" or "!~"),
        TraceType.String => IsComparison(sign),
        _ => sign is "=" or "!=",
    };

    public static double Number(object? value) => value switch
    {
        long whole => whole,
        double number => number,
        TraceDuration duration => duration.Ns,
        _ => double.NaN,
    };

    /// <summary>What an operator makes of two values; null where it has no answer for them.</summary>
    public static object? Apply(string sign, object? left, object? right, Regex? pattern = null)
    {
        if (left is TraceMany many)
            return many.Values.Any(one => Apply(sign, one, right, pattern) is true);
        if (right is TraceMany others)
            return others.Values.Any(one => Apply(sign, left, one, pattern) is true);
        if (left is object[] list)
            return OfList(sign, list, one => Apply(sign, one, right, pattern));
        if (right is object[] listed)
            return OfList(sign, listed, one => Apply(sign, left, one, pattern));

        if (left is null || right is null)
            return IsComparison(sign) || sign is "&&" or "||" ? sign == "||" && (left is true || right is true) : null;
        var (type, other) = (TypeOf(left), TypeOf(right));
        if (!Match(type, other) || !Allows(sign, type) || !Allows(sign, other))
            return IsComparison(sign) ? false : null;

        return (left, right) switch
        {
            (bool a, bool b) => sign switch { "&&" => a && b, "||" => a || b, "=" => a == b, _ => a != b },
            (string a, string b) => Texts(sign, a, b, pattern),
            (TraceKeyword a, TraceKeyword b) => a.Text == b.Text == (sign == "="),
            (long a, long b) => Whole(sign, a, b),
            _ => Numbers(sign, Number(left), Number(right)),
        };
    }

    // Not one of a list may equal or match what is excluded; one is enough for everything else.
    private static bool OfList(string sign, object[] list, Func<object, object?> apply) =>
        sign is "!=" or "!~" ? list.All(one => apply(one) is true) : list.Any(one => apply(one) is true);

    private static bool Texts(string sign, string left, string right, Regex? pattern)
    {
        if (sign is "=~" or "!~")
            return (pattern ?? Patterns.Anchored(right, 0)).IsMatch(left) == (sign == "=~");
        var order = string.CompareOrdinal(left, right);
        return Compare(sign, order, 0);
    }

    private static bool Compare<T>(string sign, T left, T right) where T : IComparable<T>
    {
        var order = left.CompareTo(right);
        return sign switch { "=" => order == 0, "!=" => order != 0, ">" => order > 0, ">=" => order >= 0, "<" => order < 0, _ => order <= 0 };
    }

    private static object? Whole(string sign, long left, long right) => sign switch
    {
        "+" => unchecked(left + right),
        "-" => unchecked(left - right),
        "*" => unchecked(left * right),
        "/" => right == 0 ? null : right == -1 ? unchecked(-left) : left / right,
        "%" => right == 0 ? null : right == -1 ? 0L : left % right,
        "^" => right < 0 ? 0L : Power(left, right),
        _ => Compare(sign, left, right),
    };

    private static long Power(long number, long exponent)
    {
        long result = 1;
        for (; exponent > 0; exponent >>= 1, number = unchecked(number * number))
        {
            if ((exponent & 1) == 1)
                result = unchecked(result * number);
        }

        return result;
    }

    private static object Numbers(string sign, double left, double right) => sign switch
    {
        "+" => left + right,
        "-" => left - right,
        "*" => left * right,
        "/" => left / right,
        "%" => left % right,
        "^" => Math.Pow(left, right),
        "=" => left == right,
        "!=" => left != right,
        ">" => left > right,
        ">=" => left >= right,
        "<" => left < right,
        _ => left <= right,
    };

    /// <summary>An attribute's value; null for what the language has no word for.</summary>
    public static object? Of(AnyValue? value) => value?.ValueCase switch
    {
        AnyValue.ValueOneofCase.StringValue => value.StringValue,
        AnyValue.ValueOneofCase.BoolValue => value.BoolValue,
        AnyValue.ValueOneofCase.IntValue => value.IntValue,
        AnyValue.ValueOneofCase.DoubleValue => value.DoubleValue,
        AnyValue.ValueOneofCase.ArrayValue => (object[])[.. value.ArrayValue.Values.Select(Of).OfType<object>()],
        _ => null,
    };

    /// <summary>The value as OTLP has it.</summary>
    public static AnyValue Otlp(object? value) => value switch
    {
        bool flag => new() { BoolValue = flag },
        long whole => new() { IntValue = whole },
        double number => new() { DoubleValue = number },
        object[] list => new() { ArrayValue = new() { Values = { list.Select(Otlp) } } },
        TraceMany many => Otlp(many.Values[0]),
        _ => new() { StringValue = Text(value) },
    };

    /// <summary>The value as a label has it.</summary>
    public static string Text(object? value) => value switch
    {
        null => "nil",
        string text => text,
        bool flag => flag ? "true" : "false",
        double number => Quantities.Format(number),
        TraceDuration duration => Duration(duration.Ns),
        TraceKeyword keyword => keyword.Text,
        object[] list => "[" + string.Join(", ", list.Select(Text)) + "]",
        TraceMany many => Text(many.Values[0]),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    /// <summary>Nanoseconds as Go writes a duration: <c>1h0m2.5s</c>, <c>1.5ms</c>.</summary>
    public static string Duration(long ns)
    {
        if (ns == 0)
            return "0s";
        var sign = ns < 0 ? "-" : "";
        var left = Math.Abs((decimal)ns);
        if (left < 1_000_000_000)
        {
            return left switch
            {
                < 1000 => $"{sign}{Plain(left)}ns",
                < 1_000_000 => $"{sign}{Plain(left / 1000)}µs",
                _ => $"{sign}{Plain(left / 1_000_000)}ms",
            };
        }

        var hours = Math.Floor(left / 3_600_000_000_000);
        var minutes = Math.Floor(left / 60_000_000_000) % 60;
        return sign + (hours > 0 ? $"{Plain(hours)}h" : "") + (hours > 0 || minutes > 0 ? $"{Plain(minutes)}m" : "")
            + $"{Plain(left % 60_000_000_000 / 1_000_000_000)}s";
    }

    private static string Plain(decimal value) => value.ToString("0.#########", CultureInfo.InvariantCulture);
}
