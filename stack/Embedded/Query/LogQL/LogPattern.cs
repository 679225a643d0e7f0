using System.Text;

namespace MicroMonitored.Embedded.Query.LogQL;

/// <summary>Loki's patterns: texts with captures between them, as in <c>&lt;method&gt; &lt;_&gt; &lt;status&gt;</c>.</summary>
internal sealed class LogPattern
{
    private readonly record struct Part(string Text, bool Capture)
    {
        public bool Named => Capture && Text != "_";
    }

    private readonly List<Part> _parts = [];

    private LogPattern(string pattern, int offset)
    {
        var text = new StringBuilder();
        for (var i = 0; i < pattern.Length; i++)
        {
            if (pattern[i] == '<' && NameAt(pattern, i + 1) is { } name)
            {
                Flush();
                if (_parts is [.., { Capture: true }])
                    throw new QuerySyntaxException($"invalid pattern: found consecutive capture '<{name}>'", offset);
                _parts.Add(new(name, Capture: true));
                i += name.Length + 1;
                continue;
            }

            text.Append(pattern[i]);
        }

        Flush();

        void Flush()
        {
            if (text.Length > 0)
                _parts.Add(new(text.ToString(), Capture: false));
            text.Clear();
        }
    }

    /// <summary>A pattern that names what it takes out.</summary>
    public static LogPattern Parser(string text, int offset)
    {
        var pattern = new LogPattern(text, offset);
        var names = pattern._parts.Where(static part => part.Named).Select(static part => part.Text).ToList();
        if (names.Count == 0)
            throw new QuerySyntaxException("invalid pattern parser: at least one capture is required", offset);
        if (names.Distinct(StringComparer.Ordinal).Count() < names.Count)
            throw new QuerySyntaxException("invalid pattern parser: duplicate capture name", offset);
        return pattern;
    }

    /// <summary>A pattern that a whole line fits or does not.</summary>
    public static LogPattern Filter(string text, int offset)
    {
        var pattern = new LogPattern(text, offset);
        return pattern._parts.Any(static part => part.Named)
            ? throw new QuerySyntaxException("invalid pattern filter: named captures are not allowed; use <_>", offset)
            : pattern;
    }

    private static string? NameAt(string pattern, int start)
    {
        var end = start;
        while (end < pattern.Length && (char.IsAsciiLetter(pattern[end]) || pattern[end] == '_' || (end > start && char.IsAsciiDigit(pattern[end]))))
            end++;
        return end > start && end < pattern.Length && pattern[end] == '>' ? pattern[start..end] : null;
    }

    /// <summary>The captures of a line; a line that ends early fills those before its end.</summary>
    public void Extract(LogLine line)
    {
        if (line.Text.Length == 0)
            return;
        var rest = line.Text.AsSpan();
        var next = 0;
        if (!_parts[0].Capture)
        {
            if (!rest.StartsWith(_parts[0].Text, StringComparison.Ordinal))
                return;
            rest = rest[_parts[0].Text.Length..];
            next = 1;
        }

        for (; next < _parts.Count; next += 2)
        {
            var end = next + 1 < _parts.Count ? rest.IndexOf(_parts[next + 1].Text, StringComparison.Ordinal) : -1;
            if (_parts[next].Named)
                line.AddParsed(_parts[next].Text, (end < 0 ? rest : rest[..end]).ToString());
            if (end < 0)
                return;
            rest = rest[(end + _parts[next + 1].Text.Length)..];
        }
    }

    /// <summary>Whether the whole line fits; no capture may be empty.</summary>
    public bool Fits(string line)
    {
        if (line.Length == 0 || _parts.Count == 0)
            return line.Length == 0 && _parts.Count == 0;
        var at = 0;
        for (var i = 0; i < _parts.Count; i++)
        {
            if (_parts[i].Capture)
                continue;
            var found = line.AsSpan(at).IndexOf(_parts[i].Text, StringComparison.Ordinal);
            if (found < 0 || (i > 0 && found == 0))
                return false;
            at += found + _parts[i].Text.Length;
        }

        return _parts[^1].Capture == (at != line.Length);
    }
}
