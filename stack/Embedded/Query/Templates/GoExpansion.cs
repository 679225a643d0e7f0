using System.Text;
using System.Text.RegularExpressions;

namespace MicroMonitored.Embedded.Query.Templates;

/// <summary>Puts the groups of a match into a text as Go does: <c>$1</c>, <c>${1}</c>, <c>$name</c>, <c>$$</c>; a group that is not there is empty.</summary>
internal static class GoExpansion
{
    public static string Of(Match match, string replacement)
    {
        var result = new StringBuilder();
        for (var i = 0; i < replacement.Length; i++)
        {
            if (replacement[i] != '$' || i + 1 == replacement.Length)
            {
                result.Append(replacement[i]);
                continue;
            }

            if (replacement[i + 1] == '$')
            {
                result.Append('$');
                i++;
                continue;
            }

            var braced = replacement[i + 1] == '{';
            var start = i + (braced ? 2 : 1);
            var end = start;
            while (end < replacement.Length && (char.IsLetterOrDigit(replacement[end]) || replacement[end] == '_'))
                end++;
            if (end == start || (braced && (end == replacement.Length || replacement[end] != '}')))
            {
                result.Append('$');
                continue;
            }

            result.Append(match.Groups[replacement[start..end]].Value);
            i = braced ? end : end - 1;
        }

        return result.ToString();
    }
}
