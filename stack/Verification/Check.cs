namespace MicroMonitored.Verification;

/// <summary>What one check found of one subject.</summary>
/// <param name="BlockedBy">Of a skip: the check whose failure keeps this one from being proven; null where it does not apply.</param>
internal sealed record Outcome(CheckStatus Status, string Detail, string? Hop = null, string? Fix = null, string? BlockedBy = null)
{
    public static Outcome Pass(string detail) => new(CheckStatus.Pass, detail);

    public static Outcome Fail(string detail, string hop, string fix) => new(CheckStatus.Fail, detail, hop, fix);

    /// <summary>A component that gave no usable answer, not even at the end.</summary>
    public static Outcome Unanswered(string error, string component, string? hop = null) => Fail(
        error,
        hop ?? $"verify → {component}",
        error.Contains(" not answering ", StringComparison.Ordinal)
            ? $"bring {component} up (--target=Up)" : $"read what {component} says of it (--target=Logs --component={component})");

    /// <summary>Nothing can be said, for another check has failed; it must have.</summary>
    public static Outcome Blocked(string reason, string by) => new(CheckStatus.Skip, $"blocked: {reason} (see {by})", BlockedBy: by);
}

/// <summary>What a check speaks of in this plan: its subjects (null is the stack as a whole), or why it does not apply.</summary>
internal sealed record Scope(IReadOnlyList<string?> Subjects, string? SkipReason)
{
    public static readonly Scope Stack = new([null], null);

    public static Scope Of(IEnumerable<string?> subjects, string otherwise)
    {
        string?[] all = [.. subjects];
        return all.Length > 0 ? new Scope(all, null) : Skip(otherwise);
    }

    public static Scope Skip(string reason) => new([], reason);
}

/// <summary>One check: its binding id, what it applies to, and how it is proven for one subject.</summary>
internal sealed record Check(string Id, Func<VerificationRun, Scope> AppliesTo, Func<VerificationRun, string?, CancellationToken, Task<Outcome>> ProveAsync);
