using System.Text.RegularExpressions;

namespace MicroMonitored.Verification;

/// <summary>Text in which <c>*</c> stands for any characters.</summary>
internal static class Patterns
{
    /// <summary>Whether the whole text is as the pattern says; case counts.</summary>
    public static bool Matches(string pattern, string text) =>
        pattern == text || (pattern.Contains('*', StringComparison.Ordinal)
            && System.Text.RegularExpressions.Regex.IsMatch(
                text, $"^(?:{Regex(pattern)})$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.Singleline));

    /// <summary>The pattern as a regular expression, without anchors.</summary>
    public static string Regex(string pattern) => System.Text.RegularExpressions.Regex.Escape(pattern).Replace("\\*", ".*", StringComparison.Ordinal);

    /// <summary>Whether some text fits both patterns.</summary>
    public static bool MayBeSame(string left, string right)
    {
        // By the rest of both: dynamic programming over the positions, from the end.
        var next = new bool[right.Length + 2];
        for (var at = left.Length; at >= 0; at--)
        {
            var row = new bool[right.Length + 2];
            for (var other = right.Length; other >= 0; other--)
            {
                var (isLeftOver, isRightOver) = (at == left.Length, other == right.Length);
                row[other] = isLeftOver && isRightOver ? true
                    : !isLeftOver && left[at] == '*' ? next[other] || (!isRightOver && row[other + 1])
                    : !isRightOver && right[other] == '*' ? row[other + 1] || (!isLeftOver && next[other])
                    : !isLeftOver && !isRightOver && left[at] == right[other] && next[other + 1];
            }

            next = row;
        }

        return next[0];
    }
}
