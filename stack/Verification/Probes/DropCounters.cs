using MicroMonitored.Protocols.Exposition;
using MicroMonitored.Verification.Clients;

namespace MicroMonitored.Verification.Probes;

/// <summary>Counters of discarded and dropped data, read from each component's own <c>/metrics</c>.</summary>
internal static class DropCounters
{
    /// <summary>Counters whose every increase is lost data, by the component that owns them.</summary>
    private static readonly HashSet<string> Families = [.. Component.All.SelectMany(component => component.DropCounters)];

    private const string EngineJob = "micromonitored";

    // Everything that is emitted waits for the baseline: a component that hangs must not hold it up.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);

    /// <summary>Sums by <c>component counter</c>, and the components that show metrics at all.</summary>
    internal sealed record Reading(IReadOnlyList<string> Components, IReadOnlyDictionary<string, double> Counters);

    public static Task<Reading> BaselineAsync(VerificationRun run) => run.FactAsync("drops", "", token => ReadAsync(run, token));

    public static async Task<Reading> ReadAsync(VerificationRun run, CancellationToken cancellation)
    {
        var components = run.Plan.Endpoints.Components.Where(pair => pair.Component.DropCounters.Count > 0).Select(pair => (pair.Component.Name, pair.Address))
            .Concat(run.Services.Select(service => (service.Name, Address: service.BaseAddress)));
        var reachable = new List<string>();
        var counters = new Dictionary<string, double>(StringComparer.Ordinal);
        var answers = await Task.WhenAll(components.Select(async component
            => (component.Name, Text: await TextAsync(run, component.Name, component.Address, cancellation).ConfigureAwait(false)))).ConfigureAwait(false);
        foreach (var (name, text) in answers)
        {
            if (text is null)
                continue;
            reachable.Add(name);
            foreach (var sample in ExpositionParser.Read(text, Counts).Where(sample => !OfQueues(sample.Name) || sample.Label("error_type") is not null))
            {
                var key = $"{name} {sample.Name}";
                counters[key] = counters.GetValueOrDefault(key) + sample.Value;
            }
        }
        if (run.Can(Capabilities.Containers))
        {
            await ScrapedAsync(run, reachable, counters, cancellation).ConfigureAwait(false);
        }
        else
        {
            // One process for all components keeps its own counters in its metric store; a store that does not answer shows nothing.
            var own = await run.Poll.UntilAsync(
                token => run.Prometheus.QueryAsync($"{{job=\"{EngineJob}\"}}", token), _ => true, Limit, cancellation).ConfigureAwait(false);
            foreach (var sample in own.Value ?? [])
            {
                if (sample.Labels.GetValueOrDefault("__name__") is not { } name || !Counts(name))
                    continue;
                var key = $"{EngineJob} {name}";
                counters[key] = counters.GetValueOrDefault(key) + sample.Value;
            }
            if (own.Met)
                reachable.Add(EngineJob);
        }
        return new Reading(reachable, counters);
    }

    /// <summary>Of the components that no port of this machine leads to: what the metric store has scraped last.</summary>
    private static async Task ScrapedAsync(
        VerificationRun run, List<string> reachable, Dictionary<string, double> counters, CancellationToken cancellation)
    {
        var known = run.Plan.Endpoints.Components.Select(pair => pair.Component).ToHashSet();
        foreach (var component in Component.All.Where(component => component.DropCounters.Count > 0 && !known.Contains(component)))
        {
            var scraped = await run.Poll.UntilAsync(
                token => run.Prometheus.QueryAsync($"{{job=\"{component.Name}\",__name__=~\"up|{string.Join('|', component.DropCounters)}\"}}", token),
                _ => true, Limit, cancellation).ConfigureAwait(false);
            foreach (var sample in scraped.Value ?? [])
            {
                var name = sample.Labels["__name__"];
                if (name != "up")
                    counters[$"{component.Name} {name}"] = counters.GetValueOrDefault($"{component.Name} {name}") + sample.Value;
                else if (sample.Value == 1)
                    reachable.Add(component.Name);
            }
        }
    }

    /// <summary>Whether it counts all that passes OpenTelemetry's queues in a service; what has an <c>error_type</c> is lost.</summary>
    public static bool OfQueues(string name)
        => name.StartsWith("otel_sdk_processor_", StringComparison.Ordinal) && name.EndsWith("_processed_total", StringComparison.Ordinal);

    // Beside those of the components: what the embedded engine and the services' own log writers and queues count.
    private static bool Counts(string name)
        => Families.Contains(name) || OfQueues(name)
            || (name.EndsWith("_total", StringComparison.Ordinal) && (name.StartsWith("micromonitored_", StringComparison.Ordinal)
                ? Lost.Any(word => name.Contains(word, StringComparison.Ordinal))
                : name.Contains("log", StringComparison.Ordinal) && name.Contains("dropped", StringComparison.Ordinal) && !IsOfAComponent(name)));

    private static readonly string[] Lost = ["dropped", "discarded", "rejected"];

    private static bool IsOfAComponent(string name) => Component.All.Any(component => name.StartsWith(component.Name + "_", StringComparison.Ordinal));

    private static async Task<string?> TextAsync(VerificationRun run, string component, Uri address, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(Limit);
        try
        {
            var answer = await run.Http.MetricsAsync(component, address, limit.Token).ConfigureAwait(false);
            return answer.IsSuccess && answer.Body.Contains("# TYPE ", StringComparison.Ordinal) ? answer.Body : null;
        }
        catch (Exception exception) when (exception is SignalException or OperationCanceledException && !cancellation.IsCancellationRequested)
        {
            return null;
        }
    }
}
