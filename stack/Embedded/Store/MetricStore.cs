using System.Collections.Concurrent;
using MicroMonitored.Protocols.Exposition;
using Microsoft.Data.Sqlite;

namespace MicroMonitored.Embedded.Store;

/// <summary>
/// Samples: the newest in memory, backed by a log in the database; older ones as one chunk per series and flush.
/// Reading takes the memory first and the chunks second, so a flush between the two can double a sample but never hide one.
/// </summary>
internal sealed class MetricStore : IMetricReader, IMetricWriter
{
    public const int MaxSeries = 200_000;
    private const long HeadMs = 6 * 60 * 1000;
    private const int HeadSamples = 2_000_000;

    private readonly Database _database;
    private readonly CommitQueue _queue;
    private readonly EngineCounters _counters;
    private readonly LabelIndex<StoredSeries> _index = new("__name__");
    private readonly ConcurrentDictionary<string, MetricMetadata> _metadata = new(StringComparer.Ordinal);

    // Series of transactions that are not committed yet; the writer's thread alone touches it.
    private readonly Dictionary<string, StoredSeries> _pending = new(StringComparer.Ordinal);
    private long _headCount;
    private long _samples;
    private long _exemplars;

    public MetricStore(Database database, CommitQueue queue, EngineCounters counters)
    {
        _database = database;
        _queue = queue;
        _counters = counters;
        Load();
    }

    public long SeriesCount => _index.Count;

    public long SampleCount => Interlocked.Read(ref _samples);

    public long ExemplarCount => Interlocked.Read(ref _exemplars);

    /// <summary>Whether the memory holds so much that it should be flushed before its time.</summary>
    public bool HeadIsLarge => Interlocked.Read(ref _headCount) > HeadSamples;

    public async Task<MetricOutcome> AppendAsync(MetricBatch batch, CancellationToken cancellation)
    {
        if (batch.Samples.Count == 0)
            return default;
        var write = new AppendWrite(this, batch);
        await _queue.WriteAsync(write, cancellation);
        _counters.Stored(samples: write.Outcome.Stored);
        _counters.Add("dropped_samples", "out_of_order", write.Outcome.OutOfOrder);
        _counters.Add("dropped_samples", "series_limit", write.Outcome.OverLimit);
        return write.Outcome;
    }

    /// <summary>Moves the samples in memory into chunks and empties the log.</summary>
    public Task FlushAsync(CancellationToken cancellation) => _queue.WriteAsync(new FlushWrite(this), cancellation);

    /// <summary>Deletes what is older; series without samples go too.</summary>
    public async Task<bool> RetainAsync(long beforeMs, CancellationToken cancellation)
    {
        foreach (var batch in _index.All.Select(entry => entry.Item).ToList().Chunk(500))
            await _queue.WriteAsync(new RetainWrite(this, batch, beforeMs), cancellation);
        return true;
    }

    /// <summary>The first time of the oldest chunk; null where there is none.</summary>
    public long? Oldest() => _database.Number("SELECT min(from_ms) FROM chunks");

    public IReadOnlyList<LabelSet> Series(IReadOnlyList<LabelMatcher> matchers, int limit, CancellationToken cancellation) =>
        _index.Find(matchers, limit, cancellation);

    public IReadOnlyList<Sample> Samples(long seriesId, long fromMs, long toMs, CancellationToken cancellation)
    {
        if (_index.Get(seriesId) is not { } series || fromMs >= toMs)
            return [];
        var head = series.Head(fromMs, toMs, out var complete);
        if (complete || !series.HasChunks)
            return head;

        var samples = new List<Sample>();
        using var connection = _database.OpenReader();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT data FROM chunks WHERE series_id = @series AND from_ms <= @to AND to_ms > @from ORDER BY from_ms";
        command.Parameters.AddWithValue("@series", seriesId);
        command.Parameters.AddWithValue("@from", fromMs);
        command.Parameters.AddWithValue("@to", toMs);
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            cancellation.ThrowIfCancellationRequested();
            foreach (var sample in SampleCodec.DecodeChunk((byte[])reader.GetValue(0)))
                if (sample.TimestampMs > fromMs && sample.TimestampMs <= toMs && (samples.Count == 0 || sample.TimestampMs > samples[^1].TimestampMs))
                    samples.Add(sample);
        }

        foreach (var sample in head)
            if (samples.Count == 0 || sample.TimestampMs > samples[^1].TimestampMs)
                samples.Add(sample);
        return samples;
    }

    public IReadOnlyDictionary<long, Sample> Newest(IReadOnlyCollection<long> seriesIds, long fromMs, long toMs, CancellationToken cancellation)
    {
        var newest = new Dictionary<long, Sample>(seriesIds.Count);
        SqliteConnection? connection = null;
        try
        {
            foreach (var id in seriesIds)
            {
                cancellation.ThrowIfCancellationRequested();
                if (_index.Get(id) is not { } series)
                    continue;
                if (series.NewestUpTo(toMs) is { } sample)
                {
                    if (sample.TimestampMs > fromMs)
                        newest[id] = sample;
                    continue;
                }

                if (!series.HasChunks)
                    continue;
                connection ??= _database.OpenReader();
                using var command = connection.CreateCommand();
                command.CommandText = "SELECT data FROM chunks WHERE series_id = @series AND from_ms <= @to ORDER BY from_ms DESC LIMIT 1";
                command.Parameters.AddWithValue("@series", id);
                command.Parameters.AddWithValue("@to", toMs);
                if (command.ExecuteScalar() is not byte[] data)
                    continue;
                var samples = SampleCodec.DecodeChunk(data);
                var last = Array.FindLastIndex(samples, candidate => candidate.TimestampMs <= toMs);
                if (last >= 0 && samples[last].TimestampMs > fromMs)
                    newest[id] = samples[last];
            }
        }
        finally
        {
            connection?.Dispose();
        }

        return newest;
    }

    public IReadOnlyList<StoredExemplar> Exemplars(IReadOnlyCollection<long> seriesIds, long fromMs, long toMs, CancellationToken cancellation)
    {
        var exemplars = new List<StoredExemplar>();
        using var connection = _database.OpenReader();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT ts_ms, value, labels FROM exemplars WHERE series_id = @series AND ts_ms >= @from AND ts_ms <= @to ORDER BY ts_ms";
        var series = command.Parameters.Add("@series", SqliteType.Integer);
        command.Parameters.AddWithValue("@from", fromMs);
        command.Parameters.AddWithValue("@to", toMs);
        foreach (var id in seriesIds)
        {
            cancellation.ThrowIfCancellationRequested();
            series.Value = id;
            using var reader = command.ExecuteReader();
            while (reader.Read())
                exemplars.Add(new(id, reader.GetInt64(0), reader.IsDBNull(1) ? double.NaN : reader.GetDouble(1), StoredLabels.FromJson(reader.GetString(2))));
        }

        return exemplars;
    }

    public IReadOnlyDictionary<string, MetricMetadata> Metadata() => _metadata;

    private void Load()
    {
        using var connection = _database.OpenReader();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT id, labels FROM series";
        using (var reader = command.ExecuteReader())
        {
            while (reader.Read())
            {
                var json = reader.GetString(1);
                var set = new LabelSet(reader.GetInt64(0), StoredLabels.FromJson(json));
                _index.Add(json, set, new StoredSeries(set, json) { HasChunks = true });
            }
        }

        command.CommandText = "SELECT family, type, unit, help FROM metadata";
        using (var reader = command.ExecuteReader())
            while (reader.Read())
                _metadata[reader.GetString(0)] = new(reader.GetString(1), reader.GetString(2), reader.GetString(3));

        command.CommandText = "SELECT data FROM metric_log ORDER BY id";
        using (var reader = command.ExecuteReader())
            while (reader.Read())
                foreach (var (id, sample) in SampleCodec.DecodeLog((byte[])reader.GetValue(0)))
                    if (_index.Get(id) is { } series && series.Accepts(sample))
                        _headCount += series.Add(sample);

        _samples = CounterRows.Read(_database, "samples");
        _exemplars = CounterRows.Read(_database, "exemplars");
    }

    private sealed class AppendWrite(MetricStore store, MetricBatch batch) : StoreWrite
    {
        private readonly List<(StoredSeries Series, Sample Sample)> _accepted = [];
        private readonly List<StoredSeries> _created = [];
        private readonly List<KeyValuePair<string, MetricMetadata>> _metadata = [];
        private int _exemplars;

        public MetricOutcome Outcome { get; private set; }

        public override int Rows => 1 + (batch.Samples.Count / 16);

        public override void Apply(WriteSession session)
        {
            _accepted.Clear();
            _created.Clear();
            _metadata.Clear();
            _exemplars = 0;
            int outOfOrder = 0, overLimit = 0, same = 0;
            foreach (var sample in batch.Samples)
            {
                if (SeriesOf(session, sample) is not { } series)
                {
                    overLimit++;
                    continue;
                }

                if (series.Accepts(sample.Sample))
                {
                    series.WriterNewest = sample.Sample.TimestampMs;
                    series.WriterValue = sample.Sample.Value;
                    _accepted.Add((series, sample.Sample));
                }
                else if (series.WriterNewest == sample.Sample.TimestampMs && series.WriterValue.Equals(sample.Sample.Value))
                {
                    same++;
                }
                else
                {
                    outOfOrder++;
                }

                if (sample.Exemplar is { } exemplar && !Same(series.WriterExemplar, exemplar))
                {
                    series.WriterExemplar = exemplar;
                    _exemplars += session.Execute(
                        "INSERT OR IGNORE INTO exemplars (series_id, ts_ms, labels, value) VALUES (@0, @1, @2, @3)",
                        series.Set.Id, exemplar.TimestampMs, StoredLabels.ToJson(StoredLabels.Sort(exemplar.Labels)), exemplar.Value);
                }
            }

            foreach (var (family, metadata) in batch.Metadata)
            {
                if (store._metadata.TryGetValue(family, out var known) ? known == metadata : store._metadata.Count >= MaxSeries)
                    continue;
                session.Execute(
                    "INSERT OR REPLACE INTO metadata (family, type, unit, help) VALUES (@0, @1, @2, @3)",
                    family, metadata.Type, metadata.Unit, metadata.Help);
                _metadata.Add(new(family, metadata));
            }

            if (_accepted.Count > 0)
            {
                var entries = _accepted.ConvertAll(entry => (entry.Series.Set.Id, entry.Sample));
                session.Execute("INSERT INTO metric_log (data) VALUES (@0)", SampleCodec.EncodeLog(entries));
            }

            CounterRows.Add(session, "samples", _accepted.Count);
            CounterRows.Add(session, "exemplars", _exemplars);
            Outcome = new MetricOutcome(_accepted.Count + same, outOfOrder, overLimit);
        }

        public override void Committed()
        {
            foreach (var series in _created)
            {
                store._index.Add(series.Json, series.Set, series);
                store._pending.Remove(series.Json);
            }

            foreach (var (series, sample) in _accepted)
                series.Add(sample);
            foreach (var (family, metadata) in _metadata)
                store._metadata[family] = metadata;
            Interlocked.Add(ref store._headCount, _accepted.Count);
            Interlocked.Add(ref store._samples, _accepted.Count);
            Interlocked.Add(ref store._exemplars, _exemplars);
        }

        public override void RolledBack()
        {
            foreach (var series in _created)
                store._pending.Remove(series.Json);
            foreach (var (series, _) in _accepted)
                series.ForgetUncommitted();
        }

        private static bool Same(NewExemplar? known, NewExemplar exemplar) =>
            known is not null
            && known.TimestampMs == exemplar.TimestampMs
            && known.Value.Equals(exemplar.Value)
            && known.Labels.SequenceEqual(exemplar.Labels);

        private StoredSeries? SeriesOf(WriteSession session, NewSample sample)
        {
            var labels = StoredLabels.Sort(sample.Labels);
            var json = StoredLabels.ToJson(labels);
            if (store._index.TryGet(json, out var series) || store._pending.TryGetValue(json, out series))
                return series;
            if (store._index.Count + store._pending.Count >= MaxSeries)
                return null;
            var id = session.Insert("INSERT INTO series (labels) VALUES (@0)", json);
            series = new StoredSeries(new LabelSet(id, labels), json);
            store._pending.Add(json, series);
            _created.Add(series);
            return series;
        }
    }

    private sealed class FlushWrite(MetricStore store) : StoreWrite
    {
        private List<StoredSeries> _series = [];

        public override bool Alone => true;

        public override int Rows => 1;

        public override void Apply(WriteSession session)
        {
            _series = [.. store._index.All.Select(entry => entry.Item)];
            foreach (var series in _series)
            {
                var samples = series.Unflushed();
                if (samples.Length > 0)
                    session.Execute(
                        "INSERT OR REPLACE INTO chunks (series_id, from_ms, to_ms, data) VALUES (@0, @1, @2, @3)",
                        series.Set.Id, samples[0].TimestampMs, samples[^1].TimestampMs, SampleCodec.EncodeChunk(samples));
            }

            session.Execute("DELETE FROM metric_log");
        }

        public override void Committed()
        {
            var newest = _series.Count == 0 ? 0 : _series.Max(series => series.WriterNewest);
            var keepAfter = store.HeadIsLarge ? long.MaxValue : Math.Max(newest, HeadMs) - HeadMs;
            foreach (var series in _series)
                Interlocked.Add(ref store._headCount, -series.Flushed(keepAfter));
        }
    }

    private sealed class RetainWrite(MetricStore store, IReadOnlyList<StoredSeries> batch, long beforeMs) : StoreWrite
    {
        private readonly List<StoredSeries> _removed = [];
        private long _samples;
        private int _exemplars;

        public override bool Alone => true;

        public override int Rows => batch.Count;

        public override void Apply(WriteSession session)
        {
            _removed.Clear();
            _samples = 0;
            _exemplars = 0;
            foreach (var series in batch)
            {
                var id = series.Set.Id;
                while (session.Scalar("SELECT data FROM chunks WHERE series_id = @0 AND to_ms < @1 ORDER BY from_ms LIMIT 1", id, beforeMs) is byte[] data)
                {
                    var samples = SampleCodec.DecodeChunk(data);
                    _samples += samples.Length;
                    session.Execute("DELETE FROM chunks WHERE series_id = @0 AND from_ms = @1", id, samples[0].TimestampMs);
                }

                _exemplars += session.Execute("DELETE FROM exemplars WHERE series_id = @0 AND ts_ms < @1", id, beforeMs);
                if (series.IsEmptyAndOlder(beforeMs) && session.Scalar("SELECT 1 FROM chunks WHERE series_id = @0 LIMIT 1", id) is null)
                {
                    session.Execute("DELETE FROM exemplars WHERE series_id = @0", id);
                    session.Execute("DELETE FROM series WHERE id = @0", id);
                    _removed.Add(series);
                }
            }

            CounterRows.Add(session, "samples", -_samples);
            CounterRows.Add(session, "exemplars", -_exemplars);
        }

        public override void Committed()
        {
            foreach (var series in _removed)
                store._index.Remove(series.Json, series.Set);
            Interlocked.Add(ref store._samples, -_samples);
            Interlocked.Add(ref store._exemplars, -_exemplars);
        }
    }
}
