using System.Globalization;

namespace MicroMonitored.Embedded.Query.LogQL;

/// <summary>Goes through the tokens of LogQL.</summary>
internal abstract class LogCursor(string query) : QueryCursor(query, Syntax, StringComparison.Ordinal)
{
    private static readonly QuerySyntax Syntax = new("|=", "|~", "|>", "!>", "!=", "!~", "=~", "==", ">=", "<=", "|", "=", ">", "<",
        "{", "}", "(", ")", "[", "]", ",", "+", "-", "*", "/", "%", "^")
    {
        NumberHolds = ".",
        HasFlags = true,
        Number = Number,
        BadText = static (_, at) => new QuerySyntaxException("literal not terminated", at),
        BadSign = static (c, at) => new QuerySyntaxException($"syntax error: unexpected character '{c}'", at),
    };

    private static readonly string[] Keywords =
        ["by", "without", "bool", "on", "ignoring", "group_left", "group_right", "ip", "offset", "and", "or", "unless", "unwrap"];

    private static QueryToken Number(string text, int at)
    {
        if (text is ['0', 'x' or 'X' or 'b' or 'o', _, ..])
            text = HexNumber(text, at);
        var kind = Quantities.TryNumber(text, out _) ? QueryTokenKind.Number
            : Quantities.TryDuration(text, out _) ? QueryTokenKind.Duration
            : IsSize(text) ? QueryTokenKind.Size
            : throw new QuerySyntaxException($"syntax error: unexpected {text}, expecting a number, duration or size", at);
        return new(kind, text, at);
    }

    private static bool IsSize(string text) =>
        text.All(static c => char.IsAsciiDigit(c) || c is '.' or 'B' or 'i' or 'k' or 'K' or 'M' or 'G' or 'T' or 'P') && LogParsers.TryBytes(text, out _);

    // Of the number systems only a hexadecimal number with an exponent is read as a float.
    private static string HexNumber(string text, int offset)
    {
        var power = text.IndexOfAny(['p', 'P']);
        if (text[1] is not ('x' or 'X') || power < 0 || !int.TryParse(text.AsSpan(power + 1), CultureInfo.InvariantCulture, out var exponent))
            throw new QuerySyntaxException($"unable to parse literal as a float: {text}", offset);
        double value = 0;
        var scale = 0;
        var point = false;
        foreach (var c in text.AsSpan(2, power - 2))
        {
            if (c == '.')
            {
                point = true;
                continue;
            }

            if (!char.IsAsciiHexDigit(c))
                throw new QuerySyntaxException($"unable to parse literal as a float: {text}", offset);
            value = (value * 16) + Convert.ToInt32(c.ToString(), 16);
            scale += point ? 4 : 0;
        }

        return (value * Math.Pow(2, exponent - scale)).ToString("R", CultureInfo.InvariantCulture);
    }

    /// <summary>How a token is spoken of.</summary>
    protected static string Say(QueryToken token) => token.Kind switch
    {
        QueryTokenKind.End => "$end",
        QueryTokenKind.Word when !Keywords.Contains(token.Text) => $"IDENTIFIER {token.Text}",
        QueryTokenKind.Text => "STRING",
        QueryTokenKind.Number => "NUMBER",
        QueryTokenKind.Duration => "DURATION",
        QueryTokenKind.Size => "BYTES",
        _ => token.Text,
    };

    protected QuerySyntaxException Unexpected(string? expecting) =>
        new($"syntax error: unexpected {Say(Peek)}" + (expecting is null ? "" : $", expecting {expecting}"), Position);

    protected void Expect(string sign)
    {
        if (!TryTake(sign))
            throw Unexpected(sign);
    }

    protected string Expect(QueryTokenKind kind, string expecting) => Peek.Kind == kind ? Take().Text : throw Unexpected(expecting);

    protected string Name() => Expect(QueryTokenKind.Word, "IDENTIFIER");

    /// <summary>Items with commas between them, at least one.</summary>
    protected List<T> Listed<T>(Func<T> read)
    {
        var items = new List<T>();
        do
        {
            Count();
            items.Add(read());
        }
        while (TryTake(","));
        return items;
    }

    /// <summary>Names in parentheses, which may be none.</summary>
    protected IReadOnlyList<string> Names()
    {
        Expect("(");
        if (TryTake(")"))
            return [];
        var names = Listed(Name);
        Expect(")");
        return names;
    }
}
