using System.Globalization;

namespace MicroMonitored.Embedded.Query.LogQL;

internal enum LogTokenKind
{
    End,
    Identifier,
    Number,
    Duration,
    Bytes,
    String,
    Flag,
    Punctuation,
}

internal readonly record struct LogToken(LogTokenKind Kind, string Text, int Offset)
{
    private static readonly string[] Keywords =
        ["by", "without", "bool", "on", "ignoring", "group_left", "group_right", "ip", "offset", "and", "or", "unless", "unwrap"];

    public bool Is(string punctuation) => Kind == LogTokenKind.Punctuation && Text == punctuation;

    public override string ToString() => Kind switch
    {
        LogTokenKind.End => "$end",
        LogTokenKind.Identifier when Keywords.Contains(Text) => Text,
        LogTokenKind.Identifier => $"IDENTIFIER {Text}",
        LogTokenKind.String => "STRING",
        LogTokenKind.Number => "NUMBER",
        LogTokenKind.Duration => "DURATION",
        LogTokenKind.Bytes => "BYTES",
        _ => Text,
    };
}

/// <summary>Splits LogQL into tokens.</summary>
internal static class LogLexer
{
    private static readonly string[] Punctuation =
        ["|=", "|~", "|>", "!>", "!=", "!~", "=~", "==", ">=", "<=", "|", "=", ">", "<", "{", "}", "(", ")", "[", "]", ",", "+", "-", "*", "/", "%", "^"];

    public static List<LogToken> Tokens(string query)
    {
        if (query.Length > QueryLimits.QueryLength)
            throw new QuerySyntaxException($"query is longer than {QueryLimits.QueryLength} characters", 0);

        var tokens = new List<LogToken>();
        var i = 0;
        while (i < query.Length)
        {
            var c = query[i];
            var start = i;
            if (c is ' ' or '\t' or '\n' or '\r')
            {
                i++;
            }
            else if (c == '#')
            {
                while (i < query.Length && query[i] != '\n')
                    i++;
            }
            else if (c is '"' or '`')
            {
                if (!Quantities.TryQuoted(query, ref i, out var value, out _))
                    throw new QuerySyntaxException("literal not terminated", start);
                tokens.Add(new(LogTokenKind.String, value, start));
            }
            else if (char.IsAsciiLetter(c) || c == '_')
            {
                while (i < query.Length && (char.IsAsciiLetterOrDigit(query[i]) || query[i] is '_' or ':'))
                    i++;
                tokens.Add(new(LogTokenKind.Identifier, query[start..i], start));
            }
            else if (c == '-' && i + 2 < query.Length && query[i + 1] == '-' && char.IsAsciiLetter(query[i + 2]))
            {
                while (i < query.Length && (char.IsAsciiLetter(query[i]) || query[i] == '-'))
                    i++;
                tokens.Add(new(LogTokenKind.Flag, query[start..i], start));
            }
            else if (char.IsAsciiDigit(c) || (c == '.' && i + 1 < query.Length && char.IsAsciiDigit(query[i + 1])))
            {
                while (i < query.Length && (char.IsAsciiLetterOrDigit(query[i]) || query[i] == '.'
                    || (query[i] is '+' or '-' && query[i - 1] is 'e' or 'E' && i + 1 < query.Length && char.IsAsciiDigit(query[i + 1]))))
                {
                    i++;
                }

                var text = query[start..i];
                if (text is ['0', 'x' or 'X' or 'b' or 'o', _, ..])
                    text = HexNumber(text, start);
                var kind = Quantities.TryNumber(text, out _) ? LogTokenKind.Number
                    : Quantities.TryDuration(text, out _) ? LogTokenKind.Duration
                    : IsSize(text) ? LogTokenKind.Bytes
                    : throw new QuerySyntaxException($"syntax error: unexpected {text}, expecting a number, duration or size", start);
                tokens.Add(new(kind, text, start));
            }
            else
            {
                var found = Punctuation.FirstOrDefault(p => string.CompareOrdinal(query, i, p, 0, p.Length) == 0)
                    ?? throw new QuerySyntaxException($"syntax error: unexpected character '{c}'", start);
                tokens.Add(new(LogTokenKind.Punctuation, found, start));
                i += found.Length;
            }
        }

        tokens.Add(new(LogTokenKind.End, "", query.Length));
        return tokens;
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
}
