
namespace MicroMonitored.Embedded.Store;

/// <summary>Flushes samples into chunks, merges small blocks, and deletes what is older than its retention or beyond its size.</summary>
internal sealed partial class Maintenance(
    TelemetryStore store, EmbeddedOptions options, TimeProvider time, EngineCounters counters, ILogger<Maintenance> logger) : BackgroundService
{
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan FlushEvery = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan RetainEvery = TimeSpan.FromMinutes(10);

    /// <summary>Deletes everything older than its retention, now.</summary>
    public async Task RetainAsync(CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        await store.Metrics.RetainAsync((now - options.Retention.Metrics.Value).ToUnixTimeMilliseconds(), cancellation);
        await store.Logs.RetainAsync((now - options.Retention.Logs.Value).ToUnixTimeMilliseconds() * 1_000_000, cancellation);
        await store.Spans.RetainAsync((now - options.Retention.Traces.Value).ToUnixTimeMilliseconds() * 1_000_000, cancellation);
        await store.ShrinkAsync(cancellation);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Tick, time);
        var limit = options.Retention.SizeInBytes() ?? long.MaxValue;
        var flushed = time.GetTimestamp();
        var retained = time.GetTimestamp() - time.TimestampFrequency * (long)(RetainEvery - TimeSpan.FromMinutes(1)).TotalSeconds;
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                if (store.Metrics.HeadIsLarge || time.GetElapsedTime(flushed) >= FlushEvery)
                {
                    await store.Metrics.FlushAsync(stoppingToken);
                    flushed = time.GetTimestamp();
                }

                await store.CompactAsync(stoppingToken);
                await store.RetainSizeAsync(limit, time.GetUtcNow().ToUnixTimeMilliseconds(), stoppingToken);
                if (time.GetElapsedTime(retained) >= RetainEvery)
                {
                    await RetainAsync(stoppingToken);
                    retained = time.GetTimestamp();
                }
            }
            catch (StoreUnavailableException exception)
            {
                counters.Add("store_errors", "maintenance");
                LogFailed(exception.Message);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Maintenance of the store failed: {Reason}")]
    private partial void LogFailed(string reason);
}
