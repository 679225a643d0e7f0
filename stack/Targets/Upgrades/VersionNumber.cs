using System.Globalization;
using System.Text.RegularExpressions;

namespace MicroMonitored.Targets.Upgrades;

/// <summary>A package's version, ordered as NuGet orders it; local builds of one version have no order among themselves.</summary>
/// <param name="Numbers">Four of them.</param>
/// <param name="Suffix">What follows the hyphen of a version that is not released; else empty.</param>
internal sealed partial record VersionNumber(Version Numbers, string Suffix, string Text) : IComparable<VersionNumber>
{
    public bool IsPrerelease => Suffix.Length > 0;

    /// <returns>Null for a range, a floating version or anything else.</returns>
    public static VersionNumber? Of(string? text)
    {
        if (text is null || Pattern().Match(text.Trim()) is not { Success: true } match)
            return null;
        var numbers = match.Groups[1].Value.Split('.').Concat(["0", "0", "0"]).Take(4);
        return Version.TryParse(string.Join('.', numbers), out var version) ? new VersionNumber(version, match.Groups[2].Value, text.Trim()) : null;
    }

    public int CompareTo(VersionNumber? other)
    {
        if (other is null)
            return 1;
        if (Numbers.CompareTo(other.Numbers) is var numbers and not 0)
            return numbers;
        if (IsPrerelease != other.IsPrerelease)
            return IsPrerelease ? -1 : 1;
        if (IsLocal && other.IsLocal)
            return 0;
        var (mine, theirs) = (Suffix.Split('.'), other.Suffix.Split('.'));
        return mine.Zip(theirs, Compare).FirstOrDefault(order => order != 0, mine.Length.CompareTo(theirs.Length));
    }

    public bool Equals(VersionNumber? other) => string.Equals(Text, other?.Text, StringComparison.OrdinalIgnoreCase);

    public override int GetHashCode() => StringComparer.OrdinalIgnoreCase.GetHashCode(Text);

    public override string ToString() => Text;

    private bool IsLocal => Suffix.StartsWith("dev.", StringComparison.Ordinal);

    private static int Compare(string one, string other)
        => (Number(one), Number(other)) switch
        {
            ({ } mine, { } theirs) => mine.CompareTo(theirs),
            ({ }, null) => -1,
            (null, { }) => 1,
            _ => string.Compare(one, other, StringComparison.OrdinalIgnoreCase),
        };

    private static long? Number(string text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    [GeneratedRegex(@"^(\d+(?:\.\d+){0,3})(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?$")]
    private static partial Regex Pattern();
}
