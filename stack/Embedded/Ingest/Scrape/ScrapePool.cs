using System.Net;
using MicroMonitored.Embedded.Store;

namespace MicroMonitored.Embedded.Ingest.Scrape;

/// <summary>Runs one loop per discovered target, and stores what the engine says of itself beside them.</summary>
internal sealed class ScrapePool(EmbeddedOptions options, IMetricWriter metrics, TimeProvider time, EngineCounters counters, OwnMetrics ownMetrics)
    : BackgroundService, ITargetReader
{
    private static readonly TimeSpan DiscoverEvery = TimeSpan.FromMilliseconds(500);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Loop> _loops = new(StringComparer.Ordinal);
    private readonly FileDiscovery _discovery = new(options, counters);

    public IReadOnlyList<ScrapeTarget> Targets()
    {
        lock (_lock)
            return [.. _loops.Values.Select(loop => loop.Scraper.State).OrderBy(target => target.Job, StringComparer.Ordinal)
                .ThenBy(target => target.Instance, StringComparer.Ordinal)];
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var client = CreateClient();
        var own = OwnAsync(stoppingToken);
        try
        {
            using var timer = new PeriodicTimer(DiscoverEvery, time);
            do
            {
                await ReconcileAsync(client, stoppingToken);
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }

        await Task.WhenAll(_loops.Values.Select(loop => loop.Running).Append(own));
    }

    private static HttpClient CreateClient() => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseProxy = false,
        UseCookies = false,
        AutomaticDecompression = DecompressionMethods.GZip,
        ActivityHeadersPropagator = null,
        MaxResponseHeadersLength = 64,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
    })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    private async Task ReconcileAsync(HttpClient client, CancellationToken cancellation)
    {
        var targets = _discovery.Read().ToDictionary(target => target.Key, StringComparer.Ordinal);
        foreach (var key in _loops.Keys.Except(targets.Keys, StringComparer.Ordinal).ToList())
        {
            Loop loop;
            lock (_lock)
                _loops.Remove(key, out loop!);
            await loop.Stop.CancelAsync();
            await loop.Running;
            loop.Stop.Dispose();
            try
            {
                await loop.Scraper.EndAsync(cancellation);
            }
            catch (StoreUnavailableException)
            {
                counters.Add("scrape_failures", "store");
            }
        }

        var timeout = options.ScrapeTimeout.Value;
        foreach (var target in targets.Values.Where(target => !_loops.ContainsKey(target.Key)))
        {
            var scraper = new TargetScraper(target, client, metrics, time, counters, timeout);
            var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            lock (_lock)
                _loops.Add(target.Key, new Loop(scraper, stop, RunAsync(scraper, stop.Token)));
        }
    }

    private async Task RunAsync(TargetScraper scraper, CancellationToken cancellation)
    {
        await Task.Yield();
        try
        {
            using var timer = new PeriodicTimer(options.ScrapeInterval.Value, time);
            do
            {
                await scraper.ScrapeAsync(cancellation);
            }
            while (await timer.WaitForNextTickAsync(cancellation));
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
        }
    }

    private async Task OwnAsync(CancellationToken cancellation)
    {
        KeyValuePair<string, string>[] labels = [new("instance", $"{options.BindAddress}:{options.Ports.Prometheus}"), new("job", "micromonitored")];
        try
        {
            using var timer = new PeriodicTimer(options.ScrapeInterval.Value, time);
            do
            {
                try
                {
                    await metrics.AppendAsync(ownMetrics.Samples(time.GetUtcNow().ToUnixTimeMilliseconds(), labels), cancellation);
                }
                catch (StoreUnavailableException)
                {
                    counters.Add("scrape_failures", "store");
                }
            }
            while (await timer.WaitForNextTickAsync(cancellation));
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
        }
    }

    private sealed record Loop(TargetScraper Scraper, CancellationTokenSource Stop, Task Running);
}
