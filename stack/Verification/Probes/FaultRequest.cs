using MicroMonitored.Verification.Clients;

namespace MicroMonitored.Verification.Probes;

/// <summary>One request that must fail, as sent.</summary>
/// <param name="Before">What the store had counted on the route before.</param>
/// <param name="Failure">Why there was no answer; null when there was one.</param>
internal sealed record FaultRequest(string TraceId, string ParentId, double Before, int? Status, string? Failure)
{
    /// <summary>Sends it once per run, with secrets planted in it.</summary>
    public static Task<FaultRequest> OfAsync(VerificationRun run, string service) =>
        run.FactAsync("fault", service, async cancellation =>
        {
            var baseline = await RequestCounters.BaselineAsync(run, service).ConfigureAwait(false);
            await DropCounters.BaselineAsync(run).ConfigureAwait(false);
            var (target, source, identity) = (run.Service(service), run.Source(service), run.Identity.OfFaults());
            double before = 0;
            try
            {
                if (baseline.Counts is not null)
                    before = await CountedAsync(run, target, cancellation).ConfigureAwait(false);
            }
            catch (SignalException)
            {
                // Then whatever is there later must have come by this request.
            }
            var roots = new List<TraceSpan>();
            var (trace, parent) = (identity.TraceId(source, 0), identity.SpanId(source, 0));
            using var client = Traffic.Client(run);
            using var request =
                new HttpRequestMessage(HttpMethod.Get, new Uri(target.BaseAddress, $"{target.FaultPath}?access_token={Traffic.Secret(run, service)}-query"));
            Traffic.Plant(request, Traffic.Secret(run, service));
            var (status, failure) = await Traffic.AskAsync(client, run, request, trace, parent, roots, cancellation).ConfigureAwait(false);
            await Traffic.RootAsync(run, roots, cancellation).ConfigureAwait(false);
            return new FaultRequest(trace, parent, before, status, failure);
        });

    /// <summary>How many requests the store has counted on the route, with the status of a failure.</summary>
    public static async Task<double> CountedAsync(VerificationRun run, ServiceUnderTest service, CancellationToken cancellation)
    {
        var series =
            $"http_server_request_duration_seconds_count{{job=\"{service.Name}\",http_route=\"{service.FaultPath}\",http_response_status_code=~\"5..\"}}";
        var current = await RequestCounters.CurrentAsync(run, service.Name, series, cancellation).ConfigureAwait(false);
        var vector = await run.Prometheus.QueryAsync($"sum({current})", cancellation).ConfigureAwait(false);
        return vector.Count == 0 ? 0 : vector[0].Value;
    }
}
