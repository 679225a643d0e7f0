using MicroMonitored.Model.Settings;

namespace MicroMonitored.Embedded.Query.PromQL;

internal enum PromTokenKind
{
    End,
    Identifier,
    Number,
    Duration,
    String,
    Punctuation,
}

/// <summary>A token; for strings <see cref="Text"/> is the value without quotes and escapes.</summary>
internal readonly record struct PromToken(PromTokenKind Kind, string Text, int Offset)
{
    public bool Is(string punctuation) => Kind == PromTokenKind.Punctuation && Text == punctuation;

    public override string ToString() => Kind switch
    {
        PromTokenKind.End => "end of input",
        PromTokenKind.Identifier => $"identifier \"{Text}\"",
        PromTokenKind.Number => $"number \"{Text}\"",
        PromTokenKind.Duration => $"duration \"{Text}\"",
        PromTokenKind.String => $"string \"{Text}\"",
        _ => $"\"{Text}\"",
    };
}

/// <summary>Splits PromQL into tokens.</summary>
internal static class PromLexer
{
    private static readonly string[] Punctuation =
        ["==", "!=", "=~", "!~", "<=", ">=", "(", ")", "{", "}", "[", "]", ",", "=", "<", ">", "+", "-", "*", "/", "%", "^", "@", ":"];

    public static List<PromToken> Tokens(string query)
    {
        if (query.Length > QueryLimits.QueryLength)
            throw new QuerySyntaxException($"query is longer than {QueryLimits.QueryLength} characters", 0);

        var tokens = new List<PromToken>();
        var brackets = 0;
        var i = 0;
        while (i < query.Length)
        {
            var c = query[i];
            if (c is ' ' or '\t' or '\n' or '\r')
            {
                i++;
            }
            else if (c == '#')
            {
                while (i < query.Length && query[i] != '\n')
                    i++;
            }
            else if (c is '"' or '\'' or '`')
            {
                var start = i;
                if (!Quantities.TryQuoted(query, ref i, out var value, out var error))
                    throw new QuerySyntaxException(error, start);
                tokens.Add(new(PromTokenKind.String, value, start));
            }
            else if (char.IsAsciiLetter(c) || c == '_' || (c == ':' && brackets == 0))
            {
                var start = i;
                while (i < query.Length && (char.IsAsciiLetterOrDigit(query[i]) || query[i] is '_' or ':'))
                    i++;
                tokens.Add(new(PromTokenKind.Identifier, query[start..i], start));
            }
            else if (char.IsAsciiDigit(c) || (c == '.' && i + 1 < query.Length && char.IsAsciiDigit(query[i + 1])))
            {
                tokens.Add(Number(query, ref i));
            }
            else
            {
                var found = Punctuation.FirstOrDefault(p => string.CompareOrdinal(query, i, p, 0, p.Length) == 0)
                    ?? throw new QuerySyntaxException(c == '!' ? "unexpected character after '!'" : $"unexpected character: '{c}'", i);
                brackets += found switch { "[" => 1, "]" => -1, _ => 0 };
                tokens.Add(new(PromTokenKind.Punctuation, found, i));
                i += found.Length;
            }
        }

        tokens.Add(new(PromTokenKind.End, "", query.Length));
        return tokens;
    }

    private static PromToken Number(string query, ref int i)
    {
        var start = i;
        if (query[i] == '0' && i + 1 < query.Length && query[i + 1] is 'x' or 'X')
        {
            i += 2;
            while (i < query.Length && char.IsAsciiHexDigit(query[i]))
                i++;
        }
        else
        {
            while (i < query.Length && (char.IsAsciiDigit(query[i]) || query[i] == '.'))
                i++;

            var exponent = i;
            if (exponent < query.Length && query[exponent] is 'e' or 'E')
            {
                exponent++;
                if (exponent < query.Length && query[exponent] is '+' or '-')
                    exponent++;
                if (exponent < query.Length && char.IsAsciiDigit(query[exponent]))
                {
                    while (exponent < query.Length && char.IsAsciiDigit(query[exponent]))
                        exponent++;
                    i = exponent;
                }
            }
        }

        while (i < query.Length && (char.IsAsciiLetterOrDigit(query[i]) || query[i] == '_'))
            i++;

        var text = query[start..i];
        if (Quantities.TryNumber(text, out _))
            return new(PromTokenKind.Number, text, start);
        if (DurationText.TryParse(text, DurationNotation.Prometheus, out _))
            return new(PromTokenKind.Duration, text, start);

        throw new QuerySyntaxException($"bad number or duration syntax: \"{text}\"", start);
    }
}
