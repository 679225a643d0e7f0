using System.Text.Json.Serialization;

namespace MicroMonitored.Verification;

/// <summary>The outcome of one check.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<CheckStatus>))]
public enum CheckStatus
{
    /// <summary>Proven.</summary>
    [JsonStringEnumMemberName("pass")]
    Pass,

    /// <summary>Refuted, or not proven in time.</summary>
    [JsonStringEnumMemberName("fail")]
    Fail,

    /// <summary>The stack does not have it, or an earlier failure blocks it.</summary>
    [JsonStringEnumMemberName("skip")]
    Skip,
}

/// <summary>One row of the report.</summary>
/// <param name="Id">The binding id, for example <c>metrics.exact-count</c>.</param>
/// <param name="Service">The service or component it speaks of; null for the stack as a whole.</param>
/// <param name="Hop">On failure: the first broken hop, for example <c>service → log file</c>.</param>
/// <param name="Fix">On failure: one thing to do.</param>
public sealed record CheckResult(string Id, string? Service, CheckStatus Status, double DurationMs, string Detail, string? Hop, string? Fix);

/// <summary>Emit-to-queryable delay of one signal, in milliseconds.</summary>
public sealed record Freshness(double P50Ms, double P95Ms, double MaxMs);

/// <summary>The report of one run, in the shape of <c>report.json</c>.</summary>
public sealed record VerificationReport
{
    /// <summary>The target whose report it is.</summary>
    [JsonIgnore]
    public string Target { get; init; } = "Verify";

    /// <summary>What the plan calls the engine.</summary>
    public required string Engine { get; init; }

    /// <summary>16 hex digits, in everything that the run sent.</summary>
    public required string RunId { get; init; }

    /// <summary>When it began.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>How long the whole took, in milliseconds.</summary>
    public required double DurationMs { get; init; }

    /// <summary>Rows that pass.</summary>
    public int Passed => Checks.Count(check => check.Status == CheckStatus.Pass);

    /// <summary>Rows that fail.</summary>
    public int Failed => Checks.Count(check => check.Status == CheckStatus.Fail);

    /// <summary>Rows that were skipped.</summary>
    public int Skipped => Checks.Count(check => check.Status == CheckStatus.Skip);

    /// <summary>One row for each check and subject.</summary>
    public required IReadOnlyList<CheckResult> Checks { get; init; }

    /// <summary>By <c>metrics</c>, <c>logs</c> and <c>traces</c>.</summary>
    public IReadOnlyDictionary<string, Freshness> Freshness { get; init; } = new Dictionary<string, Freshness>();
}
