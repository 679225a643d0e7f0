using System.Globalization;
using System.Text;

namespace MicroMonitored.Embedded.Query.TraceQL;

/// <summary>Reads the words, signs and values of TraceQL one after the other.</summary>
internal abstract class TraceScanner
{
    private int _count;
    private int _nesting;

    protected TraceScanner(string query)
    {
        if (query.Length > QueryLimits.QueryLength)
            throw new QuerySyntaxException($"query is longer than {QueryLimits.QueryLength} characters", 0);
        Query = query;
        Space();
    }

    protected string Query { get; }

    protected int Position { get; private set; }

    protected bool End => Position >= Query.Length;

    protected char Next => End ? '\0' : Query[Position];

    /// <summary>Counts a node of the query; too many are refused.</summary>
    protected void Count()
    {
        if (++_count > QueryLimits.Nodes)
            throw new QuerySyntaxException($"query has more than {QueryLimits.Nodes} parts", Position);
    }

    /// <summary>Reads what is nested one level deeper.</summary>
    protected T Nested<T>(Func<T> read)
    {
        if (++_nesting > QueryLimits.Depth)
            throw new QuerySyntaxException($"query nests deeper than {QueryLimits.Depth} levels", Position);
        var result = read();
        _nesting--;
        return result;
    }

    protected QuerySyntaxException Unexpected(string expecting)
    {
        var end = Position;
        while (end < Query.Length && char.IsAsciiLetterOrDigit(Query[end]))
            end++;
        var found = End ? "$end" : $"'{(end > Position ? Query[Position..end] : Query[Position])}'";
        return new($"syntax error: unexpected {found}, expecting {expecting}", Position);
    }

    private void Space()
    {
        while (!End && char.IsWhiteSpace(Query[Position]))
            Position++;
    }

    private void Move(int characters)
    {
        Position += characters;
        Space();
    }

    protected bool At(string text) => string.CompareOrdinal(Query, Position, text, 0, text.Length) == 0;

    protected bool TryTake(string text)
    {
        if (!At(text))
            return false;
        Move(text.Length);
        return true;
    }

    protected void Expect(string text)
    {
        if (!TryTake(text))
            throw Unexpected(text);
    }

    /// <summary>The word at the position, without taking it.</summary>
    protected string PeekWord()
    {
        var end = Position;
        while (end < Query.Length && (char.IsAsciiLetterOrDigit(Query[end]) || Query[end] == '_'))
            end++;
        return Query[Position..end];
    }

    /// <summary>Takes the word if it stands there and nothing of a longer one follows.</summary>
    protected bool TryWord(string word)
    {
        if (PeekWord() != word)
            return false;
        Move(word.Length);
        return true;
    }

    /// <summary>Takes characters that no space may follow or precede, as the scope of a name.</summary>
    protected bool TryPrefix(string text)
    {
        if (!At(text))
            return false;
        Position += text.Length;
        return true;
    }

    protected string Text()
    {
        var (at, position) = (Position, Position);
        if (!Quantities.TryQuoted(Query, ref position, out var text, out var error))
            throw new QuerySyntaxException(error, at);
        Position = position;
        Space();
        return text;
    }

    /// <summary>The rest of an attribute's name, parts of which may be quoted.</summary>
    protected string AttributeName()
    {
        var name = new StringBuilder();
        while (!End)
        {
            var c = Query[Position];
            if (c == '"')
            {
                QuotedName(name);
                continue;
            }

            if (char.IsWhiteSpace(c) || "=!<>~{}()&|^,`".Contains(c, StringComparison.Ordinal))
                break;
            name.Append(c);
            Position++;
        }

        if (name.Length == 0)
            throw new QuerySyntaxException("syntax error: unexpected END_ATTRIBUTE, expecting IDENTIFIER", Math.Max(0, Position - 1));
        Space();
        return name.ToString();
    }

    // Within quotes only \" and \\ are escapes; a line break is a character as any other.
    private void QuotedName(StringBuilder name)
    {
        var start = Position++;
        for (; !End; Position++)
        {
            var c = Query[Position];
            if (c == '"')
            {
                Position++;
                return;
            }

            if (c == '\\' && Position + 1 < Query.Length && Query[Position + 1] is '"' or '\\')
                Position++;
            name.Append(Query[Position]);
        }

        throw new QuerySyntaxException("unterminated quoted string", start);
    }

    /// <summary>A whole number, a number or a duration.</summary>
    protected object Number()
    {
        var (start, end) = (Position, Position);
        while (end < Query.Length && (char.IsAsciiLetterOrDigit(Query[end]) || Query[end] is '.' or 'µ' or '_'
            || (Query[end] is '+' or '-' && Query[end - 1] is 'e' or 'E' && end + 1 < Query.Length && char.IsAsciiDigit(Query[end + 1]))))
        {
            end++;
        }

        var text = Query[start..end];
        object? value = null;
        if (text.All(char.IsAsciiDigit))
            value = long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var whole) ? whole : null;
        else if (Quantities.TryNumber(text, out var number))
            value = number;
        else if (Quantities.TryDuration(text, out var milliseconds) && milliseconds < 9e12)
            value = new TraceDuration((long)(milliseconds * 1e6));
        if (value is null)
            throw new QuerySyntaxException($"syntax error: {text} is no number or duration within range", start);
        Move(text.Length);
        return value;
    }
}
