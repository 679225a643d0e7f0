namespace MicroMonitored.Model.Scanning;

/// <summary>Reads a query piece by piece as its language spells it.</summary>
internal sealed class QueryScanner(string query, QuerySyntax syntax)
{
    private int _brackets;

    public int Position { get; set; }

    public bool AtEnd => Position >= query.Length;

    public char Next => AtEnd ? '\0' : query[Position];

    public bool AtNumber => char.IsAsciiDigit(Next) || (Next == '.' && char.IsAsciiDigit(Ahead(1)));

    private char Ahead(int count) => Position + count < query.Length ? query[Position + count] : '\0';

    /// <summary>All tokens; the last says that the query ends.</summary>
    public List<QueryToken> Tokens()
    {
        var tokens = new List<QueryToken>();
        for (Space(); !AtEnd; Space())
            tokens.Add(Token());
        tokens.Add(new(QueryTokenKind.End, "", query.Length));
        return tokens;
    }

    private QueryToken Token()
    {
        var (at, c) = (Position, Next);
        if (char.IsAsciiLetter(c) || (syntax.WordBegins.Contains(c) && (c != ':' || _brackets == 0)))
            return Taken(QueryTokenKind.Word, at, WordEnd(at, syntax.WordHolds));
        if (syntax.Quotes.Contains(c))
            return new(QueryTokenKind.Text, TakeText(), at);
        if (AtNumber)
            return syntax.Number(TakeNumber(), at);
        if (syntax.HasFlags && c == '-' && Ahead(1) == '-' && char.IsAsciiLetter(Ahead(2)))
            return Taken(QueryTokenKind.Flag, at, WordEnd(at, "-"));
        if (syntax.HasVariables && c == '$')
        {
            var close = Ahead(1) == '{' ? query.IndexOf('}', at) : -1;
            return Taken(QueryTokenKind.Variable, at, close > 0 ? close + 1 : WordEnd(at + 1, syntax.WordHolds));
        }

        var sign = SignOf(syntax.Signs) ?? (syntax.BadSign is { } bad ? throw bad(c, at) : c.ToString());
        _brackets += sign switch { "[" => 1, "]" => -1, _ => 0 };
        Position += sign.Length;
        return new(QueryTokenKind.Sign, sign, at);
    }

    private QueryToken Taken(QueryTokenKind kind, int at, int end)
    {
        Position = end;
        return new(kind, query[at..end], at);
    }

    /// <summary>Goes on to what is neither a space nor of a comment.</summary>
    public void Space()
    {
        for (; !AtEnd; Position++)
        {
            if (Next == '#' && syntax.HasComments)
                Position = query.IndexOf('\n', Position) is >= 0 and var end ? end : query.Length - 1;
            else if (Next is not (' ' or '\t' or '\n' or '\r'))
                return;
        }
    }

    /// <summary>Whether the text stands at the position.</summary>
    public bool At(string text) => string.CompareOrdinal(query, Position, text, 0, text.Length) == 0;

    /// <summary>The first of the signs that stands at the position.</summary>
    public string? SignOf(string[] signs)
    {
        var first = Next;
        foreach (var sign in signs)
        {
            if (sign[0] == first && (sign.Length == 1 || At(sign)))
                return sign;
        }

        return null;
    }

    /// <summary>The word at the position, without taking it.</summary>
    public string PeekWord() => query[Position..WordEnd(Position, syntax.WordHolds)];

    private int WordEnd(int at, string holds)
    {
        while (at < query.Length && (char.IsAsciiLetterOrDigit(query[at]) || holds.Contains(query[at])))
            at++;
        return at;
    }

    /// <summary>Takes a number or quantity: what stands there up to what cannot be part of one, a sign in its exponent included.</summary>
    public string TakeNumber()
    {
        var start = Position;
        var (plain, exponent) = (true, false);
        for (; !AtEnd; Position++)
        {
            var c = Next;
            if (!(char.IsAsciiDigit(c) || (c == '.' && plain) || char.IsAsciiLetter(c) || syntax.NumberHolds.Contains(c)
                || (exponent && c is '+' or '-' && char.IsAsciiDigit(Ahead(1)))))
                break;
            exponent = plain && c is 'e' or 'E';
            plain &= char.IsAsciiDigit(c) || c == '.';
        }

        return query[start..Position];
    }

    /// <summary>Takes a text in quotes.</summary>
    public string TakeText()
    {
        var (at, position) = (Position, Position);
        if (!QuotedText.TryRead(query, ref position, out var value, out var error) && syntax.BadText is { } bad)
            throw bad(error, at);
        Position = position;
        return value;
    }
}
