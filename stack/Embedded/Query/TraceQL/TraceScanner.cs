using System.Globalization;
using System.Text;

namespace MicroMonitored.Embedded.Query.TraceQL;

/// <summary>Reads the words, signs and values of TraceQL one after the other.</summary>
internal abstract class TraceScanner : QueryParser
{
    private static readonly QuerySyntax Syntax = new()
    {
        WordHolds = "_",
        NumberHolds = "._µ",
        HasComments = false,
        BadText = static (error, at) => new QuerySyntaxException(error, at),
    };

    private readonly QueryScanner _scanner;

    protected TraceScanner(string query) : base(query)
    {
        _scanner = new(query, Syntax);
        _scanner.Space();
    }

    protected sealed override int Position => _scanner.Position;

    protected bool End => _scanner.AtEnd;

    protected bool AtNumber => _scanner.AtNumber;

    protected bool AtText => _scanner.Next is '"' or '`';

    protected QuerySyntaxException Unexpected(string expecting)
    {
        var found = End ? "$end" : $"'{(PeekWord() is { Length: > 0 } word ? word : _scanner.Next.ToString())}'";
        return new($"syntax error: unexpected {found}, expecting {expecting}", Position);
    }

    protected bool At(string text) => _scanner.At(text);

    /// <summary>The first of the signs that stands at the position.</summary>
    protected string? SignOf(string[] signs) => _scanner.SignOf(signs);

    /// <summary>The word at the position, without taking it.</summary>
    protected string PeekWord() => _scanner.PeekWord();

    protected bool TryTake(string text)
    {
        if (!TryPrefix(text))
            return false;
        _scanner.Space();
        return true;
    }

    protected void Expect(string text)
    {
        if (!TryTake(text))
            throw Unexpected(text);
    }

    /// <summary>Takes the word if it stands there and nothing of a longer one follows.</summary>
    protected bool TryWord(string word) => PeekWord() == word && TryTake(word);

    /// <summary>Takes characters that no space may follow or precede, as the scope of a name.</summary>
    protected bool TryPrefix(string text)
    {
        if (!At(text))
            return false;
        _scanner.Position += text.Length;
        return true;
    }

    protected string Text()
    {
        var text = _scanner.TakeText();
        _scanner.Space();
        return text;
    }

    /// <summary>The rest of an attribute's name, parts of which may be quoted.</summary>
    protected string AttributeName()
    {
        var name = new StringBuilder();
        while (!End)
        {
            var c = _scanner.Next;
            if (c == '"')
            {
                QuotedName(name);
                continue;
            }

            if (char.IsWhiteSpace(c) || "=!<>~{}()&|^,`".Contains(c, StringComparison.Ordinal))
                break;
            name.Append(c);
            _scanner.Position++;
        }

        if (name.Length == 0)
            throw new QuerySyntaxException("syntax error: unexpected END_ATTRIBUTE, expecting IDENTIFIER", Math.Max(0, Position - 1));
        _scanner.Space();
        return name.ToString();
    }

    // Within quotes only \" and \\ are escapes; a line break is a character as any other.
    private void QuotedName(StringBuilder name)
    {
        var start = _scanner.Position++;
        for (; !End; _scanner.Position++)
        {
            if (TryPrefix("\""))
                return;
            if (At("\\\"") || At("\\\\"))
                _scanner.Position++;
            name.Append(_scanner.Next);
        }

        throw new QuerySyntaxException("unterminated quoted string", start);
    }

    /// <summary>A whole number, a number or a duration.</summary>
    protected object Number()
    {
        var start = Position;
        var text = _scanner.TakeNumber();
        object? value = null;
        if (text.All(char.IsAsciiDigit))
            value = long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var whole) ? whole : null;
        else if (Quantities.TryNumber(text, out var number))
            value = number;
        else if (Quantities.TryDuration(text, out var milliseconds) && milliseconds < 9e12)
            value = new TraceDuration((long)(milliseconds * 1e6));
        if (value is null)
            throw new QuerySyntaxException($"syntax error: {text} is no number or duration within range", start);
        _scanner.Space();
        return value;
    }
}
