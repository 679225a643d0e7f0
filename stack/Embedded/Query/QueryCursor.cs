using MicroMonitored.Embedded.Store;

namespace MicroMonitored.Embedded.Query;

/// <summary>Goes through the tokens of a query.</summary>
internal abstract class QueryCursor : QueryParser
{
    private readonly List<QueryToken> _tokens;
    private readonly StringComparison _words;
    private int _next;

    /// <param name="words">How its keywords are told apart.</param>
    protected QueryCursor(string query, QuerySyntax syntax, StringComparison words) : base(query)
    {
        _tokens = new QueryScanner(query, syntax).Tokens();
        _words = words;
    }

    protected QueryToken Peek => _tokens[_next];

    protected sealed override int Position => Peek.Offset;

    /// <summary>Whether the query opens more parentheses than it closes.</summary>
    protected bool HasUnclosed => _tokens.Count(static token => token.Is("(")) > _tokens.Count(static token => token.Is(")"));

    protected QueryToken Ahead(int count) => _tokens[Math.Min(_next + count, _tokens.Count - 1)];

    protected QueryToken Take() => Peek.Kind == QueryTokenKind.End ? Peek : _tokens[_next++];

    protected bool TryTake(string sign)
    {
        if (!Peek.Is(sign))
            return false;
        _next++;
        return true;
    }

    protected bool IsWord(string word) => Peek.Kind == QueryTokenKind.Word && Peek.Text.Equals(word, _words);

    protected bool TryWord(string word)
    {
        if (!IsWord(word))
            return false;
        _next++;
        return true;
    }

    /// <summary>Takes the sign before a number, if there is one: whether it is a minus.</summary>
    protected bool TryMinus()
    {
        var negative = TryTake("-");
        if (!negative)
            TryTake("+");
        return negative;
    }

    protected static MatchOperator? MatchOf(QueryToken token) => token.Kind != QueryTokenKind.Sign ? null : token.Text switch
    {
        "=" => MatchOperator.Equal,
        "!=" => MatchOperator.NotEqual,
        "=~" => MatchOperator.Matches,
        "!~" => MatchOperator.NotMatches,
        _ => null,
    };

    /// <summary>A matcher of a selector; its pattern is one, or the query is refused.</summary>
    protected static LabelMatcher Matcher(string name, MatchOperator match, QueryToken value)
    {
        if (match is MatchOperator.Matches or MatchOperator.NotMatches)
            Patterns.Anchored(value.Text, value.Offset);
        return new(name, match, value.Text);
    }

    /// <summary>Whether what has none of the labels would be selected.</summary>
    protected static bool MatchEmpty(IEnumerable<LabelMatcher> matchers) => matchers.All(static matcher => matcher.Operator switch
    {
        MatchOperator.Equal => matcher.Value.Length == 0,
        MatchOperator.NotEqual => matcher.Value.Length > 0,
        MatchOperator.Matches => Patterns.Anchored(matcher.Value, 0).IsMatch(""),
        _ => !Patterns.Anchored(matcher.Value, 0).IsMatch(""),
    });
}
