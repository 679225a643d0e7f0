using System.Text;

namespace MicroMonitored.Embedded.Query.Templates;

/// <summary>The functions every template of Go has.</summary>
internal static class TemplateBuiltIns
{
    public static TemplateFunction? Of(string name) => name switch
    {
        "not" => static a => !GoText.IsTrue(a[0]),
        "eq" => static a => a.Length < 2 ? throw new ArgumentException("missing argument for comparison") : a[1..].Any(other => Compare(a[0], other) == 0),
        "ne" => static a => Compare(a[0], a[1]) != 0,
        "lt" => static a => Compare(a[0], a[1]) < 0,
        "le" => static a => Compare(a[0], a[1]) <= 0,
        "gt" => static a => Compare(a[0], a[1]) > 0,
        "ge" => static a => Compare(a[0], a[1]) >= 0,
        "len" => static a => a[0] switch
        {
            string text => (long)Encoding.UTF8.GetByteCount(text),
            IReadOnlyList<object?> list => (long)list.Count,
            IReadOnlyDictionary<string, object?> map => (long)map.Count,
            IReadOnlyDictionary<string, string> map => (long)map.Count,
            _ => throw new ArgumentException("len of " + GoText.Print(a[0])),
        },
        "index" => static a => a[1..].Aggregate(a[0], Index),
        "slice" => static a => a[0] is string text
            ? text[Whole(a, 1, 0)..Whole(a, 2, text.Length)]
            : a[0] is IReadOnlyList<object?> list ? list.Skip(Whole(a, 1, 0)).Take(Whole(a, 2, list.Count) - Whole(a, 1, 0)).ToList()
            : throw new ArgumentException("can't slice " + GoText.Print(a[0])),
        "print" => static a => Joined(a, always: false),
        "println" => static a => Joined(a, always: true) + "\n",
        "printf" => static a => GoText.Format((string)a[0]!, a.AsSpan(1)),
        "html" => static a => System.Net.WebUtility.HtmlEncode(Joined(a, always: false)),
        "urlquery" => static a => Uri.EscapeDataString(Joined(a, always: false)).Replace("%20", "+", StringComparison.Ordinal),
        "and" or "or" => static a => a[^1],
        _ => null,
    };

    private static int Whole(object?[] arguments, int at, int missing) => at < arguments.Length ? checked((int)(long)arguments[at]!) : missing;

    // Print puts a space between two values neither of which is a text; Println between all.
    private static string Joined(object?[] values, bool always)
    {
        var result = new StringBuilder();
        for (var i = 0; i < values.Length; i++)
        {
            if (i > 0 && (always || (values[i] is not string && values[i - 1] is not string)))
                result.Append(' ');
            result.Append(GoText.Print(values[i]));
        }

        return result.ToString();
    }

    private static object? Index(object? value, object? key) => (value, key) switch
    {
        (IReadOnlyList<object?> list, long at) => at >= 0 && at < list.Count ? list[(int)at] : throw new ArgumentException($"index out of range: {at}"),
        (IReadOnlyDictionary<string, object?> map, string name) => map.GetValueOrDefault(name),
        (IReadOnlyDictionary<string, string> map, string name) => map.GetValueOrDefault(name, ""),
        (string text, long at) => at >= 0 && at < text.Length ? (long)text[(int)at] : throw new ArgumentException($"index out of range: {at}"),
        _ => throw new ArgumentException("can't index " + GoText.Print(value)),
    };

    private static int Compare(object? left, object? right) => (left, right) switch
    {
        (string a, string b) => string.CompareOrdinal(a, b),
        (long a, long b) => a.CompareTo(b),
        (double a, double b) => a.CompareTo(b),
        (bool a, bool b) => a.CompareTo(b),
        (null, null) => 0,
        (null, _) or (_, null) => 1,
        _ => throw new ArgumentException("incompatible types for comparison"),
    };
}
