using System.Globalization;
using MicroMonitored.Protocols.Exposition;
using MicroMonitored.Verification.Clients;

namespace MicroMonitored.Verification.Probes;

/// <summary>Requests counted, by route.</summary>
internal sealed record RouteCounts(IReadOnlyDictionary<string, double> ByRoute)
{
    public double Total => ByRoute.Values.Sum();

    public double Of(string route) => ByRoute.GetValueOrDefault(route);

    public bool SameAs(RouteCounts other) => ByRoute.Keys.Union(other.ByRoute.Keys).All(route => Of(route) == other.Of(route));

    public RouteCounts Since(RouteCounts before) =>
        new(ByRoute.Keys.Union(before.ByRoute.Keys).ToDictionary(route => route, route => Of(route) - before.Of(route), StringComparer.Ordinal));
}

/// <summary>The counter as it stood before the traffic; <see cref="Counts"/> is null when it could not be established.</summary>
internal sealed record CounterBaseline(RouteCounts? Counts, RouteCounts? AtService, string? Problem);

/// <summary>Reads <c>http_server_request_duration_seconds_count</c>, from the store and from the service itself.</summary>
internal static class RequestCounters
{
    private const string Counter = "http_server_request_duration_seconds_count";

    /// <summary>
    /// The store's counts before the traffic, read when they are known to be complete: they equal what the service
    /// itself shows, or, where that cannot be read or never stands still, scrapes have ended since the run began.
    /// </summary>
    public static Task<CounterBaseline> BaselineAsync(VerificationRun run, string service) =>
        run.FactAsync("baseline", service, async cancellation =>
        {
            var scrapes = new HashSet<DateTimeOffset>();
            var down = false;
            RouteCounts? atService = null;
            RouteCounts? counts = null;
            var polled = await run.Poll.UntilAsync(
                async token =>
                {
                    var target = await TargetAsync(run, service, token).ConfigureAwait(false);
                    atService = await AtServiceAsync(run, service, token).ConfigureAwait(false);
                    counts = await InStoreAsync(run, service, token).ConfigureAwait(false);
                    if (target?.LastScrape is { } scrape)
                        scrapes.Add(scrape);
                    down = target?.Health == "down" && atService is null;
                    return down || atService?.SameAs(counts) == true || scrapes.Count > (atService is null ? 1 : 2);
                },
                met => met,
                run.BaselineLimit,
                cancellation).ConfigureAwait(false);
            return polled.Met && !down
                ? new CounterBaseline(counts, atService, null)
                : new CounterBaseline(null, atService, polled.Error ?? (down ? "the target is down" : $"no scrape of {service} was seen"));
        });

    /// <summary>
    /// The store's counts as of the newest scrapes: series that a restarted service has left behind are answered for five minutes more, but do not count.
    /// </summary>
    public static async Task<RouteCounts> InStoreAsync(VerificationRun run, string service, CancellationToken cancellation)
    {
        var series = await CurrentAsync(run, service, $"{Counter}{{job=\"{service}\"}}", cancellation).ConfigureAwait(false);
        var vector = await run.Prometheus.QueryAsync($"sum by (job, http_route) ({series})", cancellation).ConfigureAwait(false);
        return Asked(run, service, vector.ToDictionary(
            sample => sample.Labels.GetValueOrDefault("http_route", ""), sample => sample.Value, StringComparer.Ordinal));
    }

    /// <summary>Selects of a service's series those that its newest scrapes have.</summary>
    public static async Task<string> CurrentAsync(VerificationRun run, string service, string series, CancellationToken cancellation)
    {
        if ((await TargetAsync(run, service, cancellation).ConfigureAwait(false))?.LastScrape is not { } last)
            return series;
        return Since(last - (run.Plan.ScrapeInterval * 1.5), series);
    }

    /// <summary>A service's series of several metrics, as of its newest scrapes.</summary>
    /// <param name="matchers">More matchers, each after a comma.</param>
    public static async Task<IReadOnlyList<VectorSample>> NewestAsync(
        VerificationRun run, string service, string matchers, CancellationToken cancellation)
    {
        // Not by timestamp(), which takes the names away: series of two metrics would have the same labels, which Prometheus refuses.
        var last = (await TargetAsync(run, service, cancellation).ConfigureAwait(false))?.LastScrape ?? run.Time.GetUtcNow();
        var (window, at) = (run.Plan.ScrapeInterval * 2, (last + (run.Plan.ScrapeInterval / 2)).ToUnixTimeMilliseconds() / 1000.0);
        return await run.Prometheus.QueryAsync(string.Create(CultureInfo.InvariantCulture,
            $"last_over_time({{job=\"{service}\"{matchers}}}[{window.TotalMilliseconds:0}ms] @ {at:0.000})"), cancellation).ConfigureAwait(false);
    }

    /// <summary>Selects of series those that were scraped at a time or later.</summary>
    public static string Since(DateTimeOffset time, string series) =>
        string.Create(CultureInfo.InvariantCulture, $"{series} and (timestamp({series}) >= {time.ToUnixTimeMilliseconds() / 1000.0:0.000})");

    /// <summary>What the service itself shows on <c>/metrics</c>; null when it shows nothing.</summary>
    public static async Task<RouteCounts?> AtServiceAsync(VerificationRun run, string service, CancellationToken cancellation)
    {
        try
        {
            var answer = await run.Http.MetricsAsync(service, run.Service(service).BaseAddress, cancellation).ConfigureAwait(false);
            if (!answer.IsSuccess)
                return null;
            var counts = new Dictionary<string, double>(StringComparer.Ordinal);
            foreach (var sample in ExpositionParser.Read(answer.Body, name => name == Counter))
            {
                var route = sample.Label("http_route") ?? "";
                counts[route] = counts.GetValueOrDefault(route) + sample.Value;
            }
            return Asked(run, service, counts);
        }
        catch (SignalException)
        {
            return null;
        }
    }

    /// <summary>Without the route that must fail: those requests are counted by the check that sends them.</summary>
    private static RouteCounts Asked(VerificationRun run, string service, Dictionary<string, double> counts)
    {
        if (run.Service(service).FaultPath is { } fault)
            counts.Remove(fault);
        return new RouteCounts(counts);
    }

    public static async Task<TargetState?> TargetAsync(VerificationRun run, string service, CancellationToken cancellation) =>
        (await run.Prometheus.TargetsAsync(cancellation).ConfigureAwait(false)).FirstOrDefault(target => target.Job == service);
}
