using MicroMonitored.Model.Settings;

namespace MicroMonitored.Embedded.Query.PromQL;

/// <summary>Reads the tokens of PromQL one after the other.</summary>
internal abstract class PromCursor(string query) : QueryCursor(query, Syntax, StringComparison.OrdinalIgnoreCase)
{
    private static readonly QuerySyntax Syntax =
        new("==", "!=", "=~", "!~", "<=", ">=", "(", ")", "{", "}", "[", "]", ",", "=", "<", ">", "+", "-", "*", "/", "%", "^", "@", ":")
        {
            Quotes = "\"'`",
            WordBegins = "_:",
            NumberHolds = "_",
            Number = Number,
            BadText = static (error, at) => new QuerySyntaxException(error, at),
            BadSign = static (c, at) => new QuerySyntaxException(c == '!' ? "unexpected character after '!'" : $"unexpected character: '{c}'", at),
        };

    private static QueryToken Number(string text, int at)
    {
        if (Quantities.TryNumber(text, out _))
            return new(QueryTokenKind.Number, text, at);
        return DurationText.TryParse(text, DurationNotation.Prometheus, out _)
            ? new(QueryTokenKind.Duration, text, at)
            : throw new QuerySyntaxException($"bad number or duration syntax: \"{text}\"", at);
    }

    /// <summary>How a token is spoken of.</summary>
    protected static string Say(QueryToken token) => token.Kind switch
    {
        QueryTokenKind.End => "end of input",
        QueryTokenKind.Word => $"identifier \"{token.Text}\"",
        QueryTokenKind.Number => $"number \"{token.Text}\"",
        QueryTokenKind.Duration => $"duration \"{token.Text}\"",
        QueryTokenKind.Text => $"string \"{token.Text}\"",
        _ => $"\"{token.Text}\"",
    };

    /// <summary>Says of a token that it does not belong here, or of the end of the query that it comes too early.</summary>
    protected static QuerySyntaxException Unexpected(QueryToken token, string rest, string? atEnd = null) =>
        new(token.Kind == QueryTokenKind.End && atEnd is not null ? atEnd : $"unexpected {Say(token)} {rest}", token.Offset);

    protected void Expect(string sign, string context)
    {
        if (!TryTake(sign))
        {
            throw Unexpected(Peek, $"in {context}, expected \"{sign}\"", sign switch
            {
                ")" => "unclosed left parenthesis",
                "]" => "unclosed left bracket",
                "}" => "unexpected end of input inside braces",
                _ => $"unexpected end of input in {context}, expected \"{sign}\"",
            });
        }
    }

    /// <summary>Reads a parenthesized list of label names.</summary>
    protected HashSet<string> Names()
    {
        Expect("(", "grouping opts");
        var names = new HashSet<string>(StringComparer.Ordinal);
        while (!TryTake(")"))
        {
            var token = Take();
            if (token.Kind is not (QueryTokenKind.Word or QueryTokenKind.Text))
                throw Unexpected(token, "in grouping opts, expected label", "unclosed left parenthesis");
            names.Add(token.Text);
            if (!Peek.Is(")"))
                Expect(",", "grouping opts");
        }

        return names;
    }
}
