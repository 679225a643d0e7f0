using System.Text.Json.Serialization;

namespace MicroMonitored.Verification.Lint;

/// <summary>How much a finding matters, in the words of Weaver's live check.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<LintLevel>))]
public enum LintLevel
{
    /// <summary>It breaks the conventions, or costs or leaks what it must not.</summary>
    [JsonStringEnumMemberName("violation")]
    Violation,

    /// <summary>It could be better.</summary>
    [JsonStringEnumMemberName("improvement")]
    Improvement,

    /// <summary>It is worth knowing.</summary>
    [JsonStringEnumMemberName("information")]
    Information,
}

/// <summary>One finding, in the shape of Weaver's live check.</summary>
/// <param name="Level">How much it matters.</param>
/// <param name="Id">The rule, for example <c>deprecated</c>.</param>
/// <param name="Service">The service that emits it.</param>
/// <param name="SignalType"><c>metric</c>, <c>span</c>, <c>log</c> or <c>resource</c>.</param>
/// <param name="SignalName">The metric, span or line.</param>
/// <param name="Message">One line: what was seen and what to do.</param>
public sealed record LintFinding(
    [property: JsonPropertyName("level")] LintLevel Level,
    [property: JsonPropertyName("id")] string Id,
    [property: JsonPropertyName("service")] string Service,
    [property: JsonPropertyName("signal_type")] string SignalType,
    [property: JsonPropertyName("signal_name")] string SignalName,
    [property: JsonPropertyName("message")] string Message);

/// <summary>What was found of all telemetry.</summary>
/// <param name="Score">Of a hundred: the share of what is emitted that has neither a violation nor an improvement.</param>
/// <param name="Findings">The gravest first; what is accepted with a reason is not among them.</param>
/// <param name="Accepted">How many were.</param>
public sealed record LintResult(
    [property: JsonPropertyName("score")] int Score,
    [property: JsonPropertyName("findings")] IReadOnlyList<LintFinding> Findings,
    [property: JsonPropertyName("accepted")] int Accepted);
