using System.Text.Json.Serialization;

namespace MicroMonitored.Verification;

/// <summary>The outcome of one check.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<CheckStatus>))]
public enum CheckStatus
{
    [JsonStringEnumMemberName("pass")] Pass,
    [JsonStringEnumMemberName("fail")] Fail,
    [JsonStringEnumMemberName("skip")] Skip,
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
    public required string Engine { get; init; }
    public required string RunId { get; init; }
    public required DateTimeOffset StartedAt { get; init; }
    public required double DurationMs { get; init; }
    public int Passed => Checks.Count(check => check.Status == CheckStatus.Pass);
    public int Failed => Checks.Count(check => check.Status == CheckStatus.Fail);
    public int Skipped => Checks.Count(check => check.Status == CheckStatus.Skip);
    public required IReadOnlyList<CheckResult> Checks { get; init; }
    public IReadOnlyDictionary<string, Freshness> Freshness { get; init; } = new Dictionary<string, Freshness>();
}
