using System.Globalization;
using System.Text;

namespace MicroMonitored.Model.Scanning;

/// <summary>Reads the string literals of Go, in double, single or back quotes.</summary>
internal static class QuotedText
{
    /// <summary>Reads the inside of the literal that starts at <paramref name="position"/>; leaves the position after its closing quote.</summary>
    /// <param name="value">What it holds; where it is wrong, what it can be read as.</param>
    /// <param name="error">What is wrong with it; empty where nothing is.</param>
    public static bool TryRead(string text, ref int position, out string value, out string error)
    {
        var quote = text[position];
        var start = position++;
        error = "";
        var plain = text.AsSpan(position).IndexOfAny(quote, '\\', '\n');
        if (plain >= 0 && text[position + plain] == quote)
        {
            value = text.Substring(position, plain);
            position += plain + 1;
            return true;
        }

        var builder = new StringBuilder();
        while (position < text.Length)
        {
            var c = text[position++];
            if (c == quote)
            {
                value = builder.ToString();
                return error.Length == 0;
            }

            if (c == '\n' && quote != '`' && error.Length == 0)
                error = "unterminated quoted string";
            if (c == '\\' && quote != '`' && position < text.Length)
                Escape(text, quote, start, ref position, builder, ref error);
            else
                builder.Append(c);
        }

        if (error.Length == 0)
            error = quote == '`' ? "unterminated raw string" : "unterminated quoted string";
        value = builder.ToString();
        return false;
    }

    private static void Escape(string text, char quote, int start, ref int position, StringBuilder builder, ref string error)
    {
        var escape = text[position++];
        var length = escape switch { 'x' => 2, 'u' => 4, 'U' => 8, _ => 0 };
        if (length > 0)
        {
            if (position + length <= text.Length
                && uint.TryParse(text.AsSpan(position, length), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code)
                && Rune.IsValid(code))
            {
                builder.Append(new Rune(code).ToString());
                position += length;
                return;
            }

            if (error.Length == 0)
                error = $"invalid escape sequence in {text[start..Math.Min(text.Length, start + 40)]}";
        }

        var known = "ntrabfv\\".IndexOf(escape, StringComparison.Ordinal);
        if (known < 0 && length == 0 && escape != quote && error.Length == 0)
            error = $"unknown escape sequence '\\{escape}'";
        builder.Append(known < 0 ? escape : "\n\t\r\a\b\f\v\\"[known]);
    }
}
