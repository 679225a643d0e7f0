using System.Globalization;
using System.Text;

namespace MicroMonitored.Protocols.Exposition;

/// <content>Names, quoted texts, numbers and blanks.</content>
public sealed partial class ExpositionParser
{
    private string MetricName()
    {
        var start = _position;
        while (_position < _text.Length && (char.IsAsciiLetterOrDigit(_text[_position]) || _text[_position] is '_' or ':'))
            _position++;
        if (_position > start && char.IsAsciiDigit(_text[start]))
            throw Fault("a metric name must not start with a digit");
        if (_position == start && Current != '{')
            throw Fault($"expected a metric name, got {Quote(Current)}");
        return _text[start.._position];
    }

    private string LabelName()
    {
        var start = _position;
        while (_position < _text.Length && (char.IsAsciiLetterOrDigit(_text[_position]) || _text[_position] == '_'))
            _position++;
        if (_position > start && char.IsAsciiDigit(_text[start]))
            throw Fault("a label name must not start with a digit");
        return _text[start.._position];
    }

    private string Quoted()
    {
        var start = ++_position;
        var escaped = false;
        while (true)
        {
            if (_position >= _text.Length || _text[_position] == '\n')
                throw Fault("a quoted text has no end");
            var character = _text[_position++];
            if (character == '"')
                break;
            if (character != '\\')
                continue;
            escaped = true;
            if (_position < _text.Length && _text[_position] != '\n')
                _position++;
        }

        if (_position - start > MaxLabelLength)
            throw Fault("label value length limit exceeded");
        var text = _text[start..(_position - 1)];
        return escaped ? Unescape(text, quotes: true) : text;
    }

    private double Number()
    {
        SkipBlanks();
        var token = Token();
        return TryNumber(token, out var value) ? value : throw Fault($"\"{Shorten(token.ToString())}\" is not a number");
    }

    private static bool TryNumber(ReadOnlySpan<char> token, out double value)
    {
        const NumberStyles styles = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        var digits = token.TrimStart("+-");
        if (token.Length - digits.Length <= 1)
        {
            if (digits.Equals("inf", StringComparison.OrdinalIgnoreCase) || digits.Equals("infinity", StringComparison.OrdinalIgnoreCase))
            {
                value = token[0] == '-' ? double.NegativeInfinity : double.PositiveInfinity;
                return true;
            }

            if (digits.Equals("nan", StringComparison.OrdinalIgnoreCase))
            {
                value = double.NaN;
                return true;
            }

            if (digits.Length > 0 && (char.IsAsciiDigit(digits[0]) || digits[0] == '.'))
                return double.TryParse(token, styles, CultureInfo.InvariantCulture, out value);
        }

        value = 0;
        return false;
    }

    private long Timestamp()
    {
        var token = Token();
        if (!_openMetrics)
            return long.TryParse(token, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var milliseconds)
                ? milliseconds
                : throw Fault($"\"{Shorten(token.ToString())}\" is not a timestamp in milliseconds");
        return TryNumber(token, out var seconds) && Math.Abs(seconds) < 1e14
            ? (long)Math.Round(seconds * 1000)
            : throw Fault($"\"{Shorten(token.ToString())}\" is not a timestamp in seconds");
    }

    private ReadOnlySpan<char> Token()
    {
        var start = _position;
        while (_position < _text.Length && _text[_position] is not (' ' or '\t' or '\n' or '\r'))
            _position++;
        return _text.AsSpan(start, _position - start);
    }

    private void SkipBlanks()
    {
        while (_position < _text.Length && _text[_position] is ' ' or '\t')
            _position++;
    }

    private void EndOfLine()
    {
        SkipBlanks();
        if (_position < _text.Length && _text[_position] == '\r')
            _position++;
        if (_position < _text.Length && _text[_position] != '\n')
            throw Fault($"unexpected {Quote(_text[_position])} at the end of a line");
        _position++;
        _position = Math.Min(_position, _text.Length);
    }

    private static ReadOnlySpan<char> Word(ref ReadOnlySpan<char> line)
    {
        line = line.TrimStart(" \t");
        var end = line.IndexOfAny(' ', '\t');
        var word = end < 0 ? line : line[..end];
        line = line[word.Length..];
        return word;
    }

    private string Name(ref ReadOnlySpan<char> line)
    {
        line = line.TrimStart(" \t");
        if (line.IsEmpty || line[0] != '"')
            return Word(ref line).ToString();
        var end = 1;
        while (end < line.Length && line[end] != '"')
            end += line[end] == '\\' ? 2 : 1;
        if (end >= line.Length)
            throw Fault("a quoted text has no end");
        var name = Unescape(line[1..end].ToString(), quotes: true);
        line = line[(end + 1)..];
        return name;
    }

    private static string Unescape(string text, bool quotes)
    {
        if (!text.Contains('\\', StringComparison.Ordinal))
            return text;
        var result = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            var next = text[i] == '\\' && i + 1 < text.Length ? text[i + 1] : '\0';
            switch (next)
            {
                case 'n':
                    result.Append('\n');
                    i++;
                    break;
                case '\\':
                    result.Append('\\');
                    i++;
                    break;
                case '"' when quotes:
                    result.Append('"');
                    i++;
                    break;
                default: result.Append(text[i]); break;
            }
        }

        return result.ToString();
    }

    private static string Shorten(string text) => text.Length <= 60 ? text : text[..60] + "…";

    private static string Quote(char character) => character == '\n' ? "the end of the line" : $"\"{character}\"";

    private ExpositionException Fault(string problem) => new($"line {_line}: {problem}");
}
