namespace MicroMonitored.Verification.Checks;

/// <summary>Whether rules are loaded and evaluate.</summary>
internal static class AlertChecks
{
    public static Scope Rules(VerificationRun run) =>
        !run.Can(Capabilities.Rules) ? Scope.Skip($"the {run.Plan.Engine} engine evaluates no rules; --engine={StackEngine.Docker} does")
        : !run.Plan.Alerting ? Scope.Skip("alerting is off (alerting in stack.json)")
        : Scope.Stack;

    public static async Task<Outcome> RulesAsync(VerificationRun run, string? subject, CancellationToken cancellation)
    {
        var polled = await run.Poll.UntilAsync(
            run.Prometheus.RulesAsync,
            rules => rules.Count > 0 && rules.All(rule => rule.Health != "unknown"),
            run.MetricLimit,
            cancellation).ConfigureAwait(false);
        if (polled.Value is not { } rules || polled.Error is not null)
            return Outcome.Unanswered(polled.Error ?? "no answer", "prometheus");
        if (rules.Count == 0)
            return Outcome.Fail("no rule is loaded", "rule files → prometheus", "list the rule files under rule_files and render again (--target=Up)");
        if (rules.FirstOrDefault(rule => rule.Health != "ok") is { } broken)
            return Outcome.Fail($"rule {broken.Name} of {broken.Group} is {broken.Health}: {broken.LastError}", $"rule {broken.Name}",
                $"correct the expression of {broken.Name} in the rule files (promtool check rules)");
        return Outcome.Pass($"{rules.Count} rules evaluate without error");
    }
}
