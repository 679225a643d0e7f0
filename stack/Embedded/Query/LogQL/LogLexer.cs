namespace MicroMonitored.Embedded.Query.LogQL;

internal enum LogTokenKind
{
    End,
    Identifier,
    Number,
    Duration,
    Bytes,
    String,
    Punctuation,
}

internal readonly record struct LogToken(LogTokenKind Kind, string Text, int Offset)
{
    public bool Is(string punctuation) => Kind == LogTokenKind.Punctuation && Text == punctuation;

    public override string ToString() => Kind switch
    {
        LogTokenKind.End => "$end",
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
            else if (char.IsAsciiDigit(c) || (c == '.' && i + 1 < query.Length && char.IsAsciiDigit(query[i + 1])))
            {
                while (i < query.Length && (char.IsAsciiLetterOrDigit(query[i]) || query[i] == '.'
                    || (query[i] is '+' or '-' && query[i - 1] is 'e' or 'E' && i + 1 < query.Length && char.IsAsciiDigit(query[i + 1]))))
                {
                    i++;
                }

                var text = query[start..i];
                var kind = Quantities.TryNumber(text, out _) ? LogTokenKind.Number
                    : Quantities.TryDuration(text, out _) ? LogTokenKind.Duration
                    : LogParsers.TryBytes(text, out _) ? LogTokenKind.Bytes
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
}
