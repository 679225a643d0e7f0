using MicroMonitored.Embedded.Store;

namespace MicroMonitored.Embedded.Query.LogQL;

/// <summary>Goes through the tokens of a query.</summary>
internal abstract class LogCursor(string query)
{
    private readonly List<LogToken> _tokens = LogLexer.Tokens(query);
    private int _next;
    private int _depth;
    private int _count;

    protected LogToken Peek => _tokens[_next];

    protected LogToken Ahead(int count) => _tokens[Math.Min(_next + count, _tokens.Count - 1)];

    protected LogToken Take() => _tokens[_next].Kind == LogTokenKind.End ? _tokens[_next] : _tokens[_next++];

    protected bool TryTake(string punctuation)
    {
        if (!Peek.Is(punctuation))
            return false;
        _next++;
        return true;
    }

    protected bool IsWord(string word) => Peek.Kind == LogTokenKind.Identifier && Peek.Text == word;

    protected bool TryWord(string word)
    {
        if (!IsWord(word))
            return false;
        _next++;
        return true;
    }

    protected void Expect(string punctuation)
    {
        if (!TryTake(punctuation))
            throw Unexpected(punctuation);
    }

    protected string Expect(LogTokenKind kind, string expecting)
    {
        if (Peek.Kind != kind)
            throw Unexpected(expecting);
        return Take().Text;
    }

    protected string Name() => Expect(LogTokenKind.Identifier, "IDENTIFIER");

    protected QuerySyntaxException Unexpected(string? expecting) =>
        new($"syntax error: unexpected {Peek}" + (expecting is null ? "" : $", expecting {expecting}"), Peek.Offset);

    /// <summary>Reads what is nested one level deeper.</summary>
    protected T Nested<T>(Func<T> read)
    {
        if (++_depth > QueryLimits.Depth)
            throw new QuerySyntaxException($"query nests deeper than {QueryLimits.Depth} levels", Peek.Offset);
        var result = read();
        _depth--;
        return result;
    }

    /// <summary>Counts a part of the query; too many are refused.</summary>
    protected void Count()
    {
        if (++_count > QueryLimits.Nodes)
            throw new QuerySyntaxException($"query has more than {QueryLimits.Nodes} parts", Peek.Offset);
    }

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

    protected static MatchOperator? MatchOf(LogToken token) => token.Kind != LogTokenKind.Punctuation ? null : token.Text switch
    {
        "=" => MatchOperator.Equal,
        "!=" => MatchOperator.NotEqual,
        "=~" => MatchOperator.Matches,
        "!~" => MatchOperator.NotMatches,
        _ => null,
    };
}
