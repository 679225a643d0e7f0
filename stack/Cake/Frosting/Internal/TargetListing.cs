using Cake.Core;

namespace Cake.Frosting.Internal;

/// <summary>The page that tells a person which targets there are.</summary>
internal static class TargetListing
{
    public static IEnumerable<string> Lines(IEnumerable<ICakeTaskInfo> tasks)
    {
        var sorted = tasks
            .OrderByDescending(t => t.Name.Equals("Default", StringComparison.OrdinalIgnoreCase))
            .ThenBy(t => t.Name, StringComparer.OrdinalIgnoreCase)
            .ToArray();
        var width = sorted.Select(t => t.Name.Length).DefaultIfEmpty().Max() + 2;
        return sorted.Select(t => $"  {t.Name.PadRight(width)}{t.Description}".TrimEnd());
    }

    /// <summary>The name a person most likely meant; null when none is near.</summary>
    public static string? Nearest(string typed, IEnumerable<string> names) => names
        .Select(name => (name, distance: Distance(typed.ToUpperInvariant(), name.ToUpperInvariant())))
        .Where(candidate => candidate.distance <= Math.Max(1, Math.Min(typed.Length, candidate.name.Length) / 3))
        .OrderBy(candidate => candidate.distance)
        .Select(candidate => candidate.name)
        .FirstOrDefault();

    private static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0]++;
            for (var j = 1; j <= b.Length; j++)
            {
                var replace = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replace, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[b.Length];
    }
}
