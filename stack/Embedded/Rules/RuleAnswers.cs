using System.Globalization;
using System.Text.Json.Serialization;
using MicroMonitored.Embedded.Query;

namespace MicroMonitored.Embedded.Rules;

/// <summary>What <c>/api/v1/rules</c> and <c>/api/v1/alerts</c> answer, in Prometheus' form.</summary>
internal sealed record RuleGroups(IReadOnlyList<GroupAnswer> Groups)
{
    /// <param name="groups">The groups as they are.</param>
    /// <param name="type">Only rules of a kind: <c>alert</c> or <c>record</c>; all where it is null.</param>
    /// <param name="names">Only rules of these names; all where there is none.</param>
    public static RuleGroups Of(IReadOnlyList<RuleGroupState> groups, string? type, IReadOnlyCollection<string> names) => new([.. groups
        .Select(group => new GroupAnswer(group.Group.Name, group.Group.File,
            [.. group.Rules.Where(state => (type is null || type == "alert" == state.Rule.IsAlert) && (names.Count == 0 || names.Contains(state.Rule.Name)))
                .Select(RuleAnswer.Of)],
            group.Group.IntervalMs / 1000.0, 0, group.EvaluationSeconds, Moment(group.LastEvaluationMs)))
        .Where(static group => group.Rules.Count > 0)]);

    /// <summary>A moment in UTC; 0 is the first of all, as Go writes no time.</summary>
    public static DateTime Moment(long milliseconds) =>
        milliseconds == 0 ? DateTime.SpecifyKind(DateTime.MinValue, DateTimeKind.Utc) : DateTimeOffset.FromUnixTimeMilliseconds(milliseconds).UtcDateTime;
}

/// <param name="Interval">Seconds.</param>
/// <param name="EvaluationTime">Seconds.</param>
internal sealed record GroupAnswer(
    string Name, string File, IReadOnlyList<RuleAnswer> Rules, double Interval, int Limit, double EvaluationTime, DateTime LastEvaluation);

/// <summary>A rule; what only alerts have is null for a recording rule.</summary>
internal sealed record RuleAnswer(
    string? State, string Name, string Query, double? Duration, double? KeepFiringFor, IReadOnlyDictionary<string, string>? Labels,
    IReadOnlyDictionary<string, string>? Annotations, IReadOnlyList<AlertAnswer>? Alerts, string Health, string? LastError, double EvaluationTime,
    DateTime LastEvaluation, string Type)
{
    public static RuleAnswer Of(RuleState state) => new(
        state.Rule.IsAlert ? state.State : null, state.Rule.Name, state.Rule.Query, state.Rule.IsAlert ? state.Rule.ForMs / 1000.0 : null,
        state.Rule.IsAlert ? state.Rule.KeepFiringMs / 1000.0 : null,
        state.Rule.IsAlert || state.Rule.Labels.Count > 0 ? state.Rule.Labels : null, state.Rule.IsAlert ? state.Rule.Annotations : null,
        state.Rule.IsAlert ? AlertAnswer.Of(state) : null, state.Health, state.LastError.Length > 0 ? state.LastError : null,
        state.EvaluationSeconds, RuleGroups.Moment(state.LastEvaluationMs), state.Rule.IsAlert ? "alerting" : "recording");
}

internal sealed record ActiveAlerts(IReadOnlyList<AlertAnswer> Alerts);

/// <param name="Value">With an exponent, as Prometheus writes it here.</param>
internal sealed record AlertAnswer(Labels Labels, IReadOnlyDictionary<string, string> Annotations, string State, DateTime ActiveAt, string Value)
{
    /// <summary>When a condition ended whose alert is kept firing.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTime? KeepFiringSince { get; init; }

    public static IReadOnlyList<AlertAnswer> Of(RuleState state) => [.. state.Alerts.Where(static alert => alert.IsActive).Select(static alert =>
        new AlertAnswer(alert.Labels, alert.Annotations, alert.State, RuleGroups.Moment(alert.ActiveAtMs), Exponential(alert.Value))
        {
            KeepFiringSince = alert.KeptSinceMs is { } since ? RuleGroups.Moment(since) : null,
        })];

    // The shortest digits that read back as the number, before and after a point, and the power of ten in at least two digits.
    private static string Exponential(double value)
    {
        if (!double.IsFinite(value))
            return Quantities.Format(value);
        var digits = value.ToString("R", CultureInfo.InvariantCulture).Split('E')[0].Replace(".", "", StringComparison.Ordinal).Trim('-').Trim('0').Length;
        var text = value.ToString("E" + Math.Max(0, digits - 1).ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture).Split('E');
        return $"{text[0]}e{text[1][0]}{text[1][1..].TrimStart('0').PadLeft(2, '0')}";
    }
}
