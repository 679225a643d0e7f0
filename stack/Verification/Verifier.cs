using System.Text.RegularExpressions;
using MicroMonitored.Model;
using MicroMonitored.Verification.Checks;
using MicroMonitored.Verification.Clients;

namespace MicroMonitored.Verification;

/// <summary>Proves that every signal arrives and every link holds.</summary>
public static class Verifier
{
    private static readonly IReadOnlyList<Check> Catalog =
    [
        new("stack.ready", StackChecks.Components, StackChecks.ReadyAsync),
        new("metrics.target-up", MetricChecks.EachService, MetricChecks.TargetUpAsync),
        new("metrics.exact-count", MetricChecks.EachDriven, MetricChecks.ExactCountAsync),
        new("metrics.runtime", MetricChecks.EachService, MetricChecks.RuntimeAsync),
        new("metrics.exemplar", MetricChecks.EachDriven, MetricChecks.ExemplarAsync),
        new("metrics.otlp", _ => Scope.Stack, MetricChecks.OtlpAsync),
        new("logs.exactly-once", LogChecks.SyntheticAndDriven, LogChecks.ExactlyOnceAsync),
        new("logs.labels", LogChecks.SyntheticAndDriven, LogChecks.LabelsAsync),
        new("logs.multiprotocol", _ => Scope.Stack, LogChecks.MultiprotocolAsync),
        new("traces.otlp-grpc", TraceChecks.OtlpGrpcReceiver, TraceChecks.OtlpGrpcAsync),
        new("traces.otlp-http", TraceChecks.SyntheticAndDriven, TraceChecks.OtlpHttpAsync),
        new("traces.zipkin", TraceChecks.ZipkinReceiver, TraceChecks.ZipkinAsync),
        new("traces.jaeger", TraceChecks.JaegerReceiver, TraceChecks.JaegerAsync),
        new("traces.edge", TraceChecks.Callers, TraceChecks.EdgeAsync),
        new("traces.search", TraceChecks.SyntheticAndDriven, TraceChecks.SearchAsync),
        new("traces.errors", ErrorChecks.EachWithFault, ErrorChecks.ErrorsAsync),
        new("secrets.planted", TraceChecks.Driven, ErrorChecks.SecretsAsync),
        new("custom.expected", ExpectationChecks.EachWithExpectations, ExpectationChecks.ExpectedAsync),
        new("traces.clean", TraceChecks.Driven, TraceChecks.CleanAsync),
        new("links.exemplar-to-trace", MetricChecks.EachDriven, LinkChecks.ExemplarToTraceAsync),
        new("links.log-to-trace", LogChecks.SyntheticAndDriven, LinkChecks.LogToTraceAsync),
        new("links.trace-to-logs", LogChecks.SyntheticAndDriven, LinkChecks.TraceToLogsAsync),
        new("links.service-graph", LinkChecks.Edges, LinkChecks.ServiceGraphAsync),
        new("grafana.health", GrafanaChecks.Health, GrafanaChecks.HealthAsync),
        new("grafana.login", GrafanaChecks.Api, GrafanaChecks.LoginAsync),
        new("grafana.datasources", GrafanaChecks.Api, GrafanaChecks.DatasourcesAsync),
        new("grafana.dashboards", GrafanaChecks.Dashboards, GrafanaChecks.DashboardsAsync),
        new("grafana.panels", GrafanaChecks.Dashboards, GrafanaChecks.PanelsAsync),
        new("alerts.rules", AlertChecks.Rules, AlertChecks.RulesAsync),
        new("alerts.round-trip", AlertChecks.RoundTrip, AlertChecks.RoundTripAsync),
        new("drops.zero", SecurityChecks.OwnComponents, SecurityChecks.DropsAsync),
        new("freshness.metrics", _ => Scope.Stack, FreshnessChecks.MetricsAsync),
        new("freshness.logs", FreshnessChecks.Logs, FreshnessChecks.LogsAsync),
        new("freshness.traces", _ => Scope.Stack, FreshnessChecks.TracesAsync),
        new("security.loopback", SecurityChecks.PublishedPorts, SecurityChecks.LoopbackAsync),
    ];

    /// <summary>The ids of all checks, in the order of the report.</summary>
    public static IReadOnlyList<string> CheckIds { get; } = [.. Catalog.Select(check => check.Id)];

    /// <summary>Refuses a plan that selects what no check is called.</summary>
    /// <exception cref="FaultException">One line for each selection that matches no check.</exception>
    public static void RequireSelections(VerificationPlan plan)
    {
        var unknown = plan.Only.Concat(plan.Skip).Where(pattern => !CheckIds.Any(id => Matches(pattern, id))).ToList();
        if (unknown.Count > 0)
            throw new FaultException([.. unknown.Select(pattern => $"--only or --skip: no check is called {pattern}; known: {string.Join(' ', CheckIds)}")]);
    }

    /// <summary>Runs every selected check, all at once, and returns when the last has ended, at the latest when the plan's time is up.</summary>
    /// <exception cref="FaultException">A stack that somebody else runs refuses the credentials; one line for each address.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was cancelled; a failing stack never throws.</exception>
    public static async Task<VerificationReport> RunAsync(VerificationPlan plan, TimeProvider time, CancellationToken cancellation)
    {
        var began = time.GetTimestamp();
        // Polls end a little before the run does: finding the broken hop takes a few more questions.
        var diagnosis = TimeSpan.FromSeconds(Math.Min(2, plan.Timeout.TotalSeconds * 0.15));
        var end = began + (long)((plan.Timeout - diagnosis).TotalSeconds * time.TimestampFrequency);
        using var bounded = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var expiry = time.CreateTimer(_ => bounded.Cancel(), null, plan.Timeout, Timeout.InfiniteTimeSpan);
        await using var run = new VerificationRun(plan, RunIdentity.Create(), time, new Poller(time, end), bounded.Token);
        await ExternalAccess.RequireAsync(run).ConfigureAwait(false);
        var rows = new List<Task<(CheckResult Result, string? BlockedBy)>>();
        foreach (var check in Catalog)
        {
            if (Unselected(plan, check.Id) is { } reason)
            {
                rows.Add(Task.FromResult((Skipped(check.Id, reason), (string?)null)));
                continue;
            }
            var scope = check.AppliesTo(run);
            if (scope.SkipReason is { } inapplicable)
                rows.Add(Task.FromResult((Skipped(check.Id, inapplicable), (string?)null)));
            else
                rows.AddRange(scope.Subjects.Select(subject => ProveAsync(run, check, subject, cancellation, bounded.Token)));
        }
        var results = Unexcused(await Task.WhenAll(rows).ConfigureAwait(false));
        cancellation.ThrowIfCancellationRequested();
        return new VerificationReport
        {
            Engine = plan.Engine,
            RunId = run.Identity.Id,
            StartedAt = run.StartedAt,
            DurationMs = Math.Round(time.GetElapsedTime(began).TotalMilliseconds, 1),
            Checks = results,
            Freshness = run.Delays.OrderBy(pair => pair.Key, StringComparer.Ordinal)
                .ToDictionary(pair => pair.Key, pair => Percentiles.Of([.. pair.Value]), StringComparer.Ordinal),
        };
    }

    /// <summary>A skip that names a check which has not failed hides something: it is a failure itself.</summary>
    private static IReadOnlyList<CheckResult> Unexcused(IReadOnlyList<(CheckResult Result, string? BlockedBy)> rows)
    {
        var failed = rows.Where(row => row.Result.Status == CheckStatus.Fail).Select(row => row.Result.Id).ToHashSet(StringComparer.Ordinal);
        while (rows.FirstOrDefault(row => row.BlockedBy is { } by && failed.Contains(by) && !failed.Contains(row.Result.Id)).Result is { } excused)
            failed.Add(excused.Id);
        return [.. rows.Select(row => row.BlockedBy is not { } by || failed.Contains(by) ? row.Result : row.Result with
        {
            Status = CheckStatus.Fail,
            Detail = $"{row.Result.Detail}, and {by} has not failed in this run",
            Hop = by,
            Fix = $"run Verify again with {by} among the checks: either it fails there, or the stack changed meanwhile",
        })];
    }

    private static async Task<(CheckResult Result, string? BlockedBy)> ProveAsync(
        VerificationRun run, Check check, string? subject, CancellationToken cancelled, CancellationToken bounded)
    {
        var began = run.Time.GetTimestamp();
        Outcome outcome;
        try
        {
            outcome = await Task.Run(() => check.ProveAsync(run, subject, bounded), bounded).WaitAsync(bounded).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancelled.IsCancellationRequested)
        {
            outcome = Outcome.Fail($"not finished within {run.Plan.Timeout.TotalSeconds:0.#} s", "verify",
                "give it more time (--timeout=…), or look at the checks above that failed first");
        }
        catch (OperationCanceledException)
        {
            outcome = Outcome.Fail("cancelled", "verify", "run Verify again");
        }
        catch (SignalException exception)
        {
            outcome = Outcome.Unanswered(exception.Message, exception.Message.Split(' ')[0]);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // One check's surprise must not take the others' findings with it.
            outcome = Outcome.Fail($"{exception.GetType().Name}: {exception.Message}", "verify", "report this answer of the stack: Verify could not read it");
        }
        var took = Math.Round(run.Time.GetElapsedTime(began).TotalMilliseconds, 1);
        return (new CheckResult(check.Id, subject, outcome.Status, took, outcome.Detail, outcome.Hop, outcome.Fix), outcome.BlockedBy);
    }

    private static CheckResult Skipped(string id, string reason) => new(id, null, CheckStatus.Skip, 0, reason, null, null);

    private static string? Unselected(VerificationPlan plan, string id) =>
        plan.Skip.FirstOrDefault(pattern => Matches(pattern, id)) is { } skip ? $"left out by --skip={skip}"
        : plan.Only.Count > 0 && !plan.Only.Any(pattern => Matches(pattern, id)) ? $"not selected by --only={string.Join(',', plan.Only)}"
        : null;

    private static bool Matches(string pattern, string id) =>
        Regex.IsMatch(id, $"^{Regex.Escape(pattern).Replace("\\*", ".*", StringComparison.Ordinal)}$",
            RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);
}
