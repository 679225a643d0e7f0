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

    /// <summary>Whether some text fits the pattern and is made from the template, in which <c>*</c> stands for characters without a blank.</summary>
    public static bool MayFit(string pattern, string template)
    {
        // Whether the rest of the one fits the rest of the other, from the end of both.
        var next = new bool[template.Length + 2];
        for (var at = pattern.Length; at >= 0; at--)
        {
            var row = new bool[template.Length + 2];
            for (var other = template.Length; other >= 0; other--)
            {
                var (isOver, isMadeOver) = (at == pattern.Length, other == template.Length);
                row[other] = (isOver && isMadeOver)
                    || (!isOver && pattern[at] == '*' && (next[other] || (!isMadeOver && row[other + 1])))
                    || (!isMadeOver && template[other] == '*' && (row[other + 1] || (!isOver && pattern[at] != ' ' && next[other])))
                    || (!isOver && !isMadeOver && pattern[at] == template[other] && next[other + 1]);
            }

            next = row;
        }

        return next[0];
    }
}
