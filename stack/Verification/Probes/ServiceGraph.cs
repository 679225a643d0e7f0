namespace MicroMonitored.Verification.Probes;

/// <summary>Reads the caller → callee counters that Tempo's metrics generator writes.</summary>
internal static class ServiceGraph
{
    /// <summary>The counters before the traffic, by <c>caller callee</c>; absent ones count as zero.</summary>
    public static Task<IReadOnlyDictionary<string, double>> BaselineAsync(VerificationRun run) =>
        run.FactAsync("service-graph", "", async token =>
        {
            var counts = new Dictionary<string, double>(StringComparer.Ordinal);
            if (!run.Can(Capabilities.MetricsGenerator))
                return (IReadOnlyDictionary<string, double>)counts;
            foreach (var service in run.Services)
            {
                foreach (var callee in service.Calls)
                {
                    var asked = await run.Poll.UntilAsync(
                        inner => RequestsAsync(run, service.Name, callee, inner), _ => true, run.BaselineLimit, token).ConfigureAwait(false);
                    counts[$"{service.Name} {callee}"] = asked.Value;
                }
            }
            return counts;
        });

    public static async Task<double> RequestsAsync(VerificationRun run, string caller, string callee, CancellationToken cancellation)
    {
        var query = $"sum(traces_service_graph_request_total{{client=\"{caller}\",server=\"{callee}\"}})";
        var vector = await run.Prometheus.QueryAsync(query, cancellation).ConfigureAwait(false);
        return vector.Count == 0 ? 0 : vector[0].Value;
    }
}
