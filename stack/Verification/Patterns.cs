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
}
