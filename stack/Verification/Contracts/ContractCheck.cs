using System.Globalization;
using MicroMonitored.Verification.Clients;

namespace MicroMonitored.Verification.Contracts;

/// <summary>Holds what services emit against what they emitted.</summary>
public static class ContractCheck
{
    /// <summary>The rules that the stack evaluates are added to what reads telemetry.</summary>
    /// <exception cref="InvalidOperationException">The store did not answer.</exception>
    public static async Task AddRulesAsync(TelemetryUses uses, VerificationPlan plan, CancellationToken cancellation)
    {
        if (!plan.Capabilities.HasFlag(Capabilities.Rules))
            return;
        using var http = new SignalHttp(plan.Access, plan.AcceptsAnyCertificate);
        try
        {
            foreach (var rule in await new PrometheusClient(http, plan.Endpoints.Prometheus).RulesAsync(cancellation).ConfigureAwait(false))
                uses.AddRule(rule.Name, rule.Expression, rule.IsRecording);
        }
        catch (SignalException exception)
        {
            throw new InvalidOperationException(exception.Message, exception);
        }
    }

    /// <summary>A row for each breaking difference, and one for each service and signal that has none.</summary>
    /// <param name="locked">As it was.</param>
    /// <param name="recorded">As it is.</param>
    /// <param name="uses">What reads the telemetry.</param>
    /// <param name="engine">Where it was recorded.</param>
    public static ContractResult Report(TelemetryContract locked, ContractRecording recorded, TelemetryUses uses, string engine)
    {
        var (emitted, took) = (recorded.Contract, Math.Round(recorded.Took.TotalMilliseconds, 1));
        var differences = ContractComparison.Of(locked, emitted).Select(uses.Touched)
            .ToLookup(difference => (difference.Item.Service, difference.Item.Signal));
        var (rows, all) = (new List<CheckResult>(), new List<string>());
        foreach (var group in locked.Items.Concat(emitted.Items).GroupBy(item => (item.Service, item.Signal)))
        {
            var (service, id) = (group.Key.Service, $"contract.{group.Key.Signal.ToString().ToLowerInvariant()}s");
            var breaking = differences[group.Key].Where(difference => difference.IsBreaking).ToList();
            rows.AddRange(breaking.Select(difference => new CheckResult(
                id, service, CheckStatus.Fail, took, difference.Detail + Shown(difference.Uses), $"{service} → {TelemetryContract.FileName}",
                "restore it, or mend what reads it and take it over with --target=Contract --accept")));
            var added = differences[group.Key].Where(difference => !difference.IsBreaking).Select(difference => difference.Detail).ToList();
            if (breaking.Count == 0)
            {
                var same = locked.Items.Count(item => (item.Service, item.Signal) == group.Key);
                var detail = string.Create(CultureInfo.InvariantCulture,
                    $"{same} as locked{(added.Count > 0 ? ", and more: " : "")}{string.Join(", ", added)}");
                rows.Add(new CheckResult(id, service, CheckStatus.Pass, took, detail, null, null));
            }

            all.AddRange(added.Select(detail => $"{service}: {detail}"));
        }

        var report = new VerificationReport
        {
            Target = "Contract",
            Engine = engine,
            RunId = recorded.RunId,
            StartedAt = recorded.StartedAt,
            DurationMs = took,
            Checks = [.. rows.OrderBy(row => row.Id, StringComparer.Ordinal).ThenBy(row => row.Service, StringComparer.Ordinal)],
        };
        return new ContractResult(report, all);
    }

    private static string Shown(IReadOnlyList<string> uses) => uses.Count == 0 ? "; nothing that is known reads it" : $"; read by {string.Join(", ", uses)}";
}

/// <summary>What the comparison found.</summary>
/// <param name="Report">Fails where something broke.</param>
/// <param name="Added">What is new, a line each.</param>
public sealed record ContractResult(VerificationReport Report, IReadOnlyList<string> Added);
