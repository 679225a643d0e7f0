using System.Text.Json;
using MicroMonitored.Protocols;
using MicroMonitored.Verification.Clients;
using MicroMonitored.Verification.Probes;

namespace MicroMonitored.Verification.Checks;

/// <summary>Whether rules are loaded and evaluate, and an alert reaches whom it is for.</summary>
internal static class AlertChecks
{
    private const string Webhook = "webhook of Verify";
    private static readonly string[] OfMessage = ["groupKey", "status", "receiver"];
    private static readonly string[] OfAlert = ["startsAt", "endsAt", "fingerprint"];

    public static Scope Rules(VerificationRun run) =>
        !run.Can(Capabilities.Rules) ? Scope.Skip($"the {run.Plan.Engine} engine evaluates no rules; --engine={StackEngine.Docker} does")
        : !run.Plan.Alerting ? Scope.Skip("alerting is off (alerting in stack.json)")
        : Scope.Stack;

    public static Scope RoundTrip(VerificationRun run) =>
        Rules(run) is { SkipReason: not null } skipped ? skipped
        : run.Plan.Exposure?.UrlFile is null ? Scope.Skip("whom this stack tells of alerts is for those to say who run it")
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

    public static async Task<Outcome> RoundTripAsync(VerificationRun run, string? subject, CancellationToken cancellation)
    {
        var exposure = run.Plan.Exposure!;
        AlertProbe probe;
        try
        {
            run.Alert = probe = await AlertProbe.StartAsync(run, exposure, cancellation).ConfigureAwait(false);
        }
        catch (IOException exception)
        {
            return Outcome.Fail($"Verify can take no alert: {exception.Message}", $"verify → {exposure.UrlFile}",
                $"make {Path.GetDirectoryName(exposure.UrlFile)} writable for this user (--target=Up makes it), and let no other Verify run meanwhile");
        }
        var outcome = await RoundTripAsync(run, probe, cancellation).ConfigureAwait(false);
        probe.IsOver = true;
        await probe.DisposeAsync().ConfigureAwait(false);
        return outcome;
    }

    private static async Task<Outcome> RoundTripAsync(VerificationRun run, AlertProbe probe, CancellationToken cancellation)
    {
        var began = run.Time.GetTimestamp();
        if (!await ToldAsync("firing").ConfigureAwait(false))
            return await UnfiredAsync(run, probe, cancellation).ConfigureAwait(false);
        var fired = run.Time.GetElapsedTime(began);
        probe.End();
        if (!await ToldAsync("resolved").ConfigureAwait(false))
            return await UnresolvedAsync(run, cancellation).ConfigureAwait(false);
        return (Problem("firing") ?? Problem("resolved")) is { } fault
            ? Outcome.Fail($"what is told of {VerifyAlert.Name} {fault}", $"{Notifier(run)} → {Webhook}",
                "let what notifies speak Alertmanager's webhook, version 4, with nothing between that changes it")
            : Outcome.Pass($"{VerifyAlert.Name} fired after {fired.TotalSeconds:0.0} s and ended after {run.Time.GetElapsedTime(began).TotalSeconds:0.0} s");

        string? Problem(string status) => probe.Told(status) is var (message, alert) ? AlertChecks.Problem(message, alert, status) : null;

        async Task<bool> ToldAsync(string status) => (await run.Poll.UntilAsync(
            _ => Task.FromResult(probe.Told(status)), told => told is not null, run.MetricLimit, cancellation).ConfigureAwait(false)).Met;
    }

    private static async Task<Outcome> UnfiredAsync(VerificationRun run, AlertProbe probe, CancellationToken cancellation)
    {
        if (!probe.IsScraped)
        {
            return Outcome.Fail($"nobody scraped Verify on {probe.ReachedAs}", "prometheus → verify /metrics",
                $"let the metric store read the targets in {run.Plan.Exposure!.TargetsFile}, and a firewall let it reach {probe.ReachedAs}");
        }
        var rules = await run.Prometheus.RulesAsync(cancellation).ConfigureAwait(false);
        if (rules.FirstOrDefault(rule => rule.Name == VerifyAlert.Name) is not { } rule)
        {
            return Outcome.Fail($"no rule {VerifyAlert.Name} is loaded", "rule files → prometheus",
                $"keep the group verify with the rule {VerifyAlert.Name} among the rule files and render again (--target=Up)");
        }
        var scraped = await run.Prometheus.QueryAsync(
            $"{VerifyAlert.Metric}{{{VerifyAlert.RunLabel}=\"{run.Identity.Id}\"}}", cancellation).ConfigureAwait(false);
        if (scraped.Count == 0)
        {
            return Outcome.Fail($"{VerifyAlert.Metric} was scraped and is not there", "prometheus scrape → metric store",
                "read what the metric store says of it (--target=Logs --component=prometheus): a full disk or a limit");
        }
        if (!await IsFiringAsync(run, cancellation).ConfigureAwait(false))
        {
            return Outcome.Fail($"{VerifyAlert.Name} does not fire{(rule.LastError.Length > 0 ? $": {rule.LastError}" : "")}", $"rule {VerifyAlert.Name}",
                $"let {VerifyAlert.Name} be {VerifyAlert.Metric} > 0, without for, in a group of interval 1s");
        }
        if (run.Plan.Endpoints.Alertmanager is { } alertmanager)
        {
            var ours = new Uri(alertmanager, $"api/v2/alerts?filter={VerifyAlert.RunLabel}%3D%22{run.Identity.Id}%22");
            var known = await run.Http.GetAsync("alertmanager", ours, cancellation).ConfigureAwait(false);
            if (!known.Body.Contains(run.Identity.Id, StringComparison.Ordinal))
            {
                return Outcome.Fail($"{VerifyAlert.Name} fires and is not in Alertmanager", "prometheus → alertmanager",
                    "name alertmanager:9093 under alerting.alertmanagers of prometheus.yml and render again (--target=Up)");
            }
        }
        return Outcome.Fail($"{VerifyAlert.Name} fires and nobody told Verify", $"{Notifier(run)} → {Webhook}",
            $"route {VerifyAlert.Name} to a webhook with the url_file {VerifyAlert.UrlFile}, and let a firewall let it reach {probe.ReachedAs}");
    }

    private static async Task<Outcome> UnresolvedAsync(VerificationRun run, CancellationToken cancellation) =>
        await IsFiringAsync(run, cancellation).ConfigureAwait(false)
            ? Outcome.Fail($"{VerifyAlert.Name} goes on firing when its metric is 0", $"rule {VerifyAlert.Name}",
                $"let {VerifyAlert.Name} be {VerifyAlert.Metric} > 0, without keep_firing_for, in a group of interval 1s")
            : Outcome.Fail($"nobody told Verify that {VerifyAlert.Name} has ended", $"{Notifier(run)} → {Webhook}",
                $"let the receiver {VerifyAlert.Receiver} have send_resolved: true and its route a group_interval of 1s");

    private static async Task<bool> IsFiringAsync(VerificationRun run, CancellationToken cancellation) => (await run.Prometheus.QueryAsync(
        $"ALERTS{{alertname=\"{VerifyAlert.Name}\",alertstate=\"firing\",{VerifyAlert.RunLabel}=\"{run.Identity.Id}\"}}", cancellation).ConfigureAwait(false))
        .Count > 0;

    private static string Notifier(VerificationRun run) => run.Plan.Endpoints.Alertmanager is null ? "rules" : "alertmanager";

    /// <summary>What is not as Alertmanager's webhook has it; null where nothing is.</summary>
    /// <remarks>https://prometheus.io/docs/alerting/latest/configuration/#webhook_config</remarks>
    private static string? Problem(JsonElement message, JsonElement alert, string status)
    {
        var lacking = OfMessage.Where(name => message.Text(name) is not { Length: > 0 })
            .Concat(OfAlert.Where(name => alert.Text(name) is not { Length: > 0 })).ToList();
        return message.Text("version") is not "4" ? $"has the version {message.Text("version") ?? "none"}, not 4"
            : lacking.Count > 0 ? $"lacks {string.Join(", ", lacking)}"
            : alert.TextMap("annotations").Count == 0 ? "lacks the annotations of the rule"
            : status == "resolved" && Nanoseconds("endsAt") < Nanoseconds("startsAt") ? "ends before it starts"
            : null;

        long Nanoseconds(string name) => Rfc3339.TryParse(alert.Text(name), out var at) ? at : long.MinValue;
    }
}
