namespace MicroMonitored.Targets.Engines.Docker;

/// <summary>What one call of <c>docker</c> answered.</summary>
/// <param name="Output">The lines of its standard output.</param>
/// <param name="Errors">The lines of its error output that say something.</param>
/// <param name="Failure">Why it failed, as whoever ran it says it; null where it did not.</param>
internal sealed record DockerAnswer(IReadOnlyList<string> Output, IReadOnlyList<string> Errors, string? Failure)
{
    /// <summary>Whether it did what was asked.</summary>
    public bool Succeeded => Failure is null;

    /// <summary>The error output's last word; null where it says nothing.</summary>
    public string? LastError => Errors.Count > 0 ? Errors[^1] : null;

    /// <summary>Why it failed, in one line.</summary>
    public string Reason
    {
        get
        {
            var told = Errors.Where(Tells).ToList();
            return told.LastOrDefault(DiskSpace.IsShort) ?? told.LastOrDefault() ?? LastError ?? Failure?.Split('\n')[0] ?? "";
        }
    }

    private static bool Tells(string line)
        => line.Contains("rror", StringComparison.Ordinal) || line.Contains("denied", StringComparison.Ordinal) || DiskSpace.IsShort(line);
}
