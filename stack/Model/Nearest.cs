namespace MicroMonitored.Model;

/// <summary>Finds what a misspelt word probably meant.</summary>
public static class Nearest
{
    /// <summary>The candidate at most two edits (a third of the word for short ones) away, or null.</summary>
    public static string? Of(string word, IEnumerable<string> candidates)
    {
        var best = Closest(word, candidates);
        return best is not null && Edits(word, best) <= Math.Min(2, Math.Max(1, word.Length / 3)) ? best : null;
    }

    /// <summary>The candidate with the fewest edits, no more than that; null where there is none.</summary>
    internal static string? Closest(string word, IEnumerable<string> candidates, int most = int.MaxValue)
        => candidates.Select(candidate => (Candidate: candidate, Edits: Edits(word, candidate))).Where(pair => pair.Edits <= most)
            .OrderBy(pair => pair.Edits).ThenBy(pair => pair.Candidate, StringComparer.Ordinal).FirstOrDefault().Candidate;

    private static int Edits(string word, string candidate) => Distance(word.ToUpperInvariant(), candidate.ToUpperInvariant());

    private static int Distance(string left, string right)
    {
        var previous = Enumerable.Range(0, right.Length + 1).ToArray();
        for (var row = 1; row <= left.Length; row++)
        {
            var current = new int[right.Length + 1];
            current[0] = row;
            for (var column = 1; column <= right.Length; column++)
            {
                var replaced = previous[column - 1] + (left[row - 1] == right[column - 1] ? 0 : 1);
                current[column] = Math.Min(replaced, Math.Min(previous[column], current[column - 1]) + 1);
            }

            previous = current;
        }

        return previous[right.Length];
    }
}
