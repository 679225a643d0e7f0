using System.Text;

namespace MicroMonitored.Testing.Assertions;

/// <summary>Why an expectation does not hold.</summary>
/// <param name="Expected">A sentence that begins after "Expected".</param>
/// <param name="Found">What was there in its place.</param>
internal sealed record Failure(string Expected, string Found)
{
    /// <summary>What was found, where that is more than one line.</summary>
    public IReadOnlyList<string> Findings { get; init; } = [];

    /// <summary>What to do now.</summary>
    public string? Next { get; init; }

    /// <summary>What is most like it.</summary>
    public string? Nearest { get; init; }

    /// <summary>Where it was lost.</summary>
    public string? Hop { get; init; }

    /// <summary>What of the stores is asked only now that it failed.</summary>
    public Func<Task<string?>>? Look { get; init; }

    /// <summary>What the request left.</summary>
    public IReadOnlyList<string> Left { get; init; } = [];

    /// <summary>Whether more time would change nothing.</summary>
    public bool IsFinal { get; init; }

    public string Text(string? seen, string? problem, string waited)
    {
        var text = new StringBuilder().Append("Expected ").Append(Expected).Append(".\nFound: ").Append(Found).Append($" ({waited}).\n");
        foreach (var finding in Findings)
            text.Append("  ").Append(finding).Append('\n');
        if (Next is not null)
            text.Append(Next).Append('\n');
        if (Nearest is not null)
            text.Append("Nearest: ").Append(Nearest).Append('\n');
        if ((seen ?? Hop) is { } hop)
            text.Append("First broken hop: ").Append(hop).Append('\n');
        if (problem is not null)
            text.Append("The store did not answer: ").Append(problem).Append('\n');
        if (Left.Count > 0)
            text.Append("The request left:\n").AppendJoin('\n', Left.Take(40).Select(line => "  " + line));
        if (Left.Count > 40)
            text.Append($"\n  and {Left.Count - 40} more");
        return text.ToString().TrimEnd('\n');
    }
}
