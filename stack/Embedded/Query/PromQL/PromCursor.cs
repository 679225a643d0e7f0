namespace MicroMonitored.Embedded.Query.PromQL;

/// <summary>Reads the tokens of a query one after the other.</summary>
internal sealed class PromCursor(string query)
{
    private readonly List<PromToken> _tokens = PromLexer.Tokens(query);
    private int _next;

    /// <summary>Whether the query opens more parentheses than it closes.</summary>
    public bool HasUnclosed => _tokens.Count(static t => t.Is("(")) > _tokens.Count(static t => t.Is(")"));

    public PromToken Peek => _tokens[_next];

    public PromToken Take() => _tokens[_next].Kind == PromTokenKind.End ? _tokens[_next] : _tokens[_next++];

    public bool TryTake(string punctuation)
    {
        if (!Peek.Is(punctuation))
            return false;
        _next++;
        return true;
    }

    public bool IsKeyword(string keyword) =>
        Peek.Kind == PromTokenKind.Identifier && Peek.Text.Equals(keyword, StringComparison.OrdinalIgnoreCase);

    public bool TryKeyword(string keyword)
    {
        if (!IsKeyword(keyword))
            return false;
        _next++;
        return true;
    }

    public void Expect(string punctuation, string context)
    {
        if (TryTake(punctuation))
            return;

        if (Peek.Kind == PromTokenKind.End)
        {
            throw new QuerySyntaxException(punctuation switch
            {
                ")" => "unclosed left parenthesis",
                "]" => "unclosed left bracket",
                "}" => "unexpected end of input inside braces",
                _ => $"unexpected end of input in {context}, expected \"{punctuation}\"",
            }, Peek.Offset);
        }

        throw Unexpected($"in {context}, expected \"{punctuation}\"");
    }

    public QuerySyntaxException Unexpected(string rest) => new($"unexpected {Peek} {rest}", Peek.Offset);

    /// <summary>Reads a parenthesized list of label names.</summary>
    public HashSet<string> Names()
    {
        Expect("(", "grouping opts");
        var names = new HashSet<string>(StringComparer.Ordinal);
        while (!TryTake(")"))
        {
            var token = Take();
            if (token.Kind is not (PromTokenKind.Identifier or PromTokenKind.String))
            {
                throw new QuerySyntaxException(
                    token.Kind == PromTokenKind.End ? "unclosed left parenthesis" : $"unexpected {token} in grouping opts, expected label", token.Offset);
            }

            names.Add(token.Text);
            if (!Peek.Is(")"))
                Expect(",", "grouping opts");
        }

        return names;
    }
}
