using System.Globalization;
using System.Text.RegularExpressions;

namespace MicroMonitored.Embedded.Query;

/// <summary>Makes the regular expressions of queries: linear in the input, bounded in size.</summary>
internal static class Patterns
{
    private const int MaxLength = 2000;
    private const long MaxRepeat = 1000;

    /// <summary>A pattern that must cover the whole value, as label matchers do.</summary>
    public static Regex Anchored(string pattern, int offset) => Make(pattern, $@"\A(?:{pattern})\z", offset);

    /// <summary>A pattern that may match anywhere, as line filters do.</summary>
    public static Regex Anywhere(string pattern, int offset) => Make(pattern, pattern, offset);

    private static Regex Make(string pattern, string effective, int offset)
    {
        if (pattern.Length > MaxLength)
            throw new QuerySyntaxException($"regular expression is longer than {MaxLength} characters", offset);

        if (RepeatProduct(pattern) > MaxRepeat)
            throw new QuerySyntaxException($"regular expression repeats more than {MaxRepeat} times", offset);

        try
        {
            // The pattern on its own first: "a)(b" must not become valid through the group around it.
            _ = new Regex(pattern, Options);
            return new Regex(effective, Options);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException or RegexMatchTimeoutException or OverflowException)
        {
            throw new QuerySyntaxException($"error parsing regexp: {e.Message.ReplaceLineEndings(" ")}", offset);
        }
    }

    private const RegexOptions Options = RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.Singleline;

    // Counted repeats multiply when nested; their product bounds the automaton however they are arranged.
    private static long RepeatProduct(string pattern)
    {
        long product = 1;
        for (var i = 0; i < pattern.Length; i++)
        {
            if (pattern[i] == '\\')
            {
                i++;
                continue;
            }

            if (pattern[i] != '{')
                continue;

            var end = pattern.IndexOf('}', i);
            if (end < 0)
                break;

            long largest = 1;
            foreach (var part in pattern[(i + 1)..end].Split(','))
            {
                if (part.Length > 0 && part.All(char.IsAsciiDigit))
                    largest = Math.Max(largest, long.TryParse(part, CultureInfo.InvariantCulture, out var n) ? n : long.MaxValue);
            }

            if (largest > MaxRepeat || (product *= largest) > MaxRepeat)
                return long.MaxValue;
        }

        return product;
    }
}
