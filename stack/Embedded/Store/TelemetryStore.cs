namespace MicroMonitored.Embedded.Store;

/// <summary>Everything stored: opens the database, keeps its parts, and closes in the right order.</summary>
internal sealed class TelemetryStore : IStoreStatistics, IAsyncDisposable
{
    private const long Hour = 3_600_000;

    private readonly Database _database;
    private readonly CommitQueue _queue;
    private bool _disposed;

    /// <exception cref="StoreOpenException">The folder cannot hold the store.</exception>
    public TelemetryStore(string folder, EngineCounters counters)
    {
        _database = new Database(folder);
        _queue = new CommitQueue(_database.Writer);
        try
        {
            Load(counters);
        }
        catch (Exception exception) when (exception is InvalidDataException or System.Text.Json.JsonException
            || (exception is Microsoft.Data.Sqlite.SqliteException sqlite && Database.IsDamage(sqlite)))
        {
            _database.SetAside($"is damaged ({exception.Message})");
            Load(counters);
        }
        catch
        {
            _queue.DisposeAsync().AsTask().GetAwaiter().GetResult();
            _database.Dispose();
            throw;
        }

        if (_database.Notice is not null)
            counters.Add("store_errors", "set_aside");
    }

    public MetricStore Metrics { get; private set; }

    public LogStore Logs { get; private set; }

    public SpanStore Spans { get; private set; }

    /// <summary>What was set aside at the start and why, in one line; null where nothing was.</summary>
    public string? Notice => _database.Notice;

    public StoreCounts Count() =>
        new(Metrics.SeriesCount, Metrics.SampleCount, Logs.LineCount, Spans.SpanCount, Spans.TraceCount, Metrics.ExemplarCount, _database.Bytes());

    /// <summary>Merges the small blocks that small writes have left.</summary>
    public async Task CompactAsync(CancellationToken cancellation)
    {
        await Logs.CompactAsync(cancellation);
        await Spans.CompactAsync(cancellation);
    }

    /// <summary>Deletes the oldest lines and spans, and samples when nothing else is left, until a tenth below the limit; nothing within it.</summary>
    /// <param name="limit">Bytes.</param>
    /// <param name="now">Milliseconds since the Unix epoch.</param>
    public async Task RetainSizeAsync(long limit, long now, CancellationToken cancellation)
    {
        if (_database.UsedBytes() <= limit)
            return;
        while (_database.UsedBytes() > limit / 10 * 9)
        {
            var (lines, spans) = (Logs.Oldest(), Spans.Oldest());
            if (lines is not null && (spans is null || lines <= spans))
                await Logs.DropOldestAsync(cancellation);
            else if (spans is not null)
                await Spans.DropOldestAsync(cancellation);
            else if (Metrics.Oldest() is { } samples && samples < now - Hour)
                await Metrics.RetainAsync(samples + Math.Max(Hour, (now - samples) / 10), cancellation);
            else
                break;
        }

        await ShrinkAsync(cancellation);
    }

    /// <summary>Gives pages that retention freed back to the file system.</summary>
    public Task ShrinkAsync(CancellationToken cancellation) => _queue.WriteAsync(new ShrinkWrite(), cancellation);

    public async ValueTask DisposeAsync()
    {
        if (_disposed)
            return;
        _disposed = true;
        try
        {
            await Metrics.FlushAsync(CancellationToken.None);
        }
        catch (StoreUnavailableException)
        {
            // The samples stay in the log of the database and are read from there at the next start.
        }

        await _queue.DisposeAsync();
        _database.Dispose();
    }

    [System.Diagnostics.CodeAnalysis.MemberNotNull(nameof(Metrics), nameof(Logs), nameof(Spans))]
    private void Load(EngineCounters counters)
    {
        Metrics = new MetricStore(_database, _queue, counters);
        Logs = new LogStore(_database, _queue, counters);
        Spans = new SpanStore(_database, _queue, counters);
    }

    private sealed class ShrinkWrite : StoreWrite
    {
        public override bool Alone => true;

        public override int Rows => 1;

        public override void Apply(WriteSession session) => session.Execute("PRAGMA incremental_vacuum(2000)");
    }
}
