using MicroMonitored.Protocols.Exposition;
using MicroMonitored.Verification.Clients;

namespace MicroMonitored.Verification.Probes;

/// <summary>Counters of discarded and dropped data, read from each component's own <c>/metrics</c>.</summary>
internal static class DropCounters
{
    /// <summary>Counters whose every increase is lost data, by the component that owns them.</summary>
    private static readonly HashSet<string> Families = new HashSet<string>(StringComparer.Ordinal)
    {
        "loki_discarded_samples_total",
        "promtail_dropped_entries_total",
        "tempo_discarded_spans_total",
        "tempo_receiver_refused_spans",
        "tempo_receiver_refused_spans_total",
        "prometheus_remote_storage_samples_dropped_total",
        "prometheus_target_scrapes_exceeded_body_size_limit_total",
        "prometheus_target_scrapes_exceeded_sample_limit_total",
        "prometheus_target_scrapes_sample_duplicate_timestamp_total",
        "prometheus_target_scrapes_sample_out_of_bounds_total",
        "prometheus_target_scrapes_sample_out_of_order_total",
        "prometheus_notifications_dropped_total",
        "alertmanager_notifications_failed_total",
    };

    /// <summary>Sums by <c>component counter</c>, and the components that show metrics at all.</summary>
    internal sealed record Reading(IReadOnlyList<string> Components, IReadOnlyDictionary<string, double> Counters);

    public static Task<Reading> BaselineAsync(VerificationRun run) => run.FactAsync("drops", "", token => ReadAsync(run, token));

    public static async Task<Reading> ReadAsync(VerificationRun run, CancellationToken cancellation)
    {
        IEnumerable<(string Name, Uri? Address)> components = new (string Name, Uri? Address)[]
        {
            ("prometheus", run.Plan.Endpoints.Prometheus),
            ("loki", run.Plan.Endpoints.Loki),
            ("tempo", run.Plan.Endpoints.Tempo),
            ("log agent", run.Plan.Endpoints.LogAgent),
            ("alertmanager", run.Plan.Endpoints.Alertmanager),
        }.Concat(run.Services.Select(service => (service.Name, Address: (Uri?)service.BaseAddress)));
        var reachable = new List<string>();
        var counters = new Dictionary<string, double>(StringComparer.Ordinal);
        var answers = await Task.WhenAll(components.Where(component => component.Address is not null).Select(
            async component => (component.Name, Text: await TextAsync(run, component.Name, component.Address!, cancellation).ConfigureAwait(false))))
                .ConfigureAwait(false);
        foreach (var (name, text) in answers)
        {
            if (text is null)
                continue;
            reachable.Add(name);
            foreach (var sample in ExpositionParser.Read(text, Counts))
            {
                var key = $"{name} {sample.Name}";
                counters[key] = counters.GetValueOrDefault(key) + sample.Value;
            }
        }
        return new Reading(reachable, counters);
    }

    private static bool Counts(string name) =>
        Families.Contains(name)
        || (name.EndsWith("_total", StringComparison.Ordinal) && (name.StartsWith("micromonitored_", StringComparison.Ordinal)
            ? Has(name, "dropped") || Has(name, "discarded") || Has(name, "rejected")
            : Has(name, "log") && Has(name, "dropped")
                && !name.StartsWith("loki_", StringComparison.Ordinal) && !name.StartsWith("prometheus_", StringComparison.Ordinal)));

    private static bool Has(string name, string part) => name.Contains(part, StringComparison.Ordinal);

    private static async Task<string?> TextAsync(VerificationRun run, string component, Uri address, CancellationToken cancellation)
    {
        // Everything that is emitted waits for the baseline: a component that hangs must not hold it up.
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(TimeSpan.FromSeconds(1));
        try
        {
            var answer = await run.Http.GetAsync(component, new Uri(address, "/metrics"), limit.Token, ("Accept", "text/plain;version=0.0.4"))
                .ConfigureAwait(false);
            return answer.IsSuccess ? answer.Body : null;
        }
        catch (Exception exception) when (exception is SignalException or OperationCanceledException && !cancellation.IsCancellationRequested)
        {
            return null;
        }
    }
}
