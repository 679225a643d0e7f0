using System.Text;
using Microsoft.Data.Sqlite;

namespace MicroMonitored.Embedded.Store;

/// <summary>Where reading a tailed file stands; stored in the transaction of the lines read.</summary>
/// <param name="Path">The path of the file that gives the lines their labels.</param>
/// <param name="Identity">Which file of that path: device and inode, or a hash of its first line where the system has none.</param>
/// <param name="Fingerprint">The first bytes of the file, at most <see cref="FingerprintBytes"/>.</param>
/// <param name="Position">Bytes read.</param>
internal sealed record TailPosition(string Path, string Identity, byte[] Fingerprint, long Position)
{
    public const int FingerprintBytes = 256;
}

/// <summary>Log lines by stream, and where tailing stands.</summary>
internal sealed class LogStore : ILogReader, ILogWriter
{
    public const int MaxStreams = 20_000;
    private const int DeletedRows = 5000;

    private readonly Database _database;
    private readonly CommitQueue _queue;
    private readonly EngineCounters _counters;
    private readonly LabelIndex<Stream> _index = new("service_name");
    private readonly Dictionary<string, Stream> _pending = new(StringComparer.Ordinal);
    private long _lines;

    public LogStore(Database database, CommitQueue queue, EngineCounters counters)
    {
        _database = database;
        _queue = queue;
        _counters = counters;
        _lines = CounterRows.Read(database, "log_lines");
        using var connection = database.OpenReader();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT id, labels FROM streams";
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            var json = reader.GetString(1);
            var set = new LabelSet(reader.GetInt64(0), StoredLabels.FromJson(json));
            _index.Add(json, set, new Stream(set, json));
        }
    }

    public long LineCount => Interlocked.Read(ref _lines);

    public Task AppendAsync(IReadOnlyList<LogRecord> records, CancellationToken cancellation) =>
        records.Count == 0 ? Task.CompletedTask : AppendAsync(records, [], [], cancellation);

    /// <summary>Stores lines together with where reading their files stands now.</summary>
    public async Task AppendAsync(
        IReadOnlyList<LogRecord> records, IReadOnlyList<TailPosition> positions, IReadOnlyList<TailPosition> forgotten, CancellationToken cancellation)
    {
        var write = new AppendWrite(this, records, positions, forgotten);
        await _queue.WriteAsync(write, cancellation);
        _counters.Add("dropped_log_lines", "stream_limit", write.OverLimit);
    }

    public IReadOnlyList<TailPosition> Positions()
    {
        using var connection = _database.OpenReader();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT path, identity, fingerprint, position FROM tails";
        using var reader = command.ExecuteReader();
        var positions = new List<TailPosition>();
        while (reader.Read())
            positions.Add(new(reader.GetString(0), reader.GetString(1), (byte[])reader.GetValue(2), reader.GetInt64(3)));
        return positions;
    }

    public IReadOnlyList<LabelSet> Streams(IReadOnlyList<LabelMatcher> matchers, CancellationToken cancellation) =>
        _index.Find(matchers, MaxStreams, cancellation);

    public IEnumerable<LogEntry> Entries(IReadOnlyCollection<long> streamIds, long fromNs, long toNs, bool newestFirst, CancellationToken cancellation)
    {
        var readers = new List<SqliteDataReader>();
        var connection = _database.OpenReader();
        try
        {
            var direction = newestFirst ? -1 : 1;
            var order = Comparer<(long Time, long Id)>.Create((left, right) => direction * left.CompareTo(right));
            var next = new PriorityQueue<int, (long Time, long Id)>(order);
            foreach (var stream in streamIds)
            {
                cancellation.ThrowIfCancellationRequested();
                var reader = Open(connection, stream, fromNs, toNs, newestFirst);
                readers.Add(reader);
                if (reader.Read())
                    next.Enqueue(readers.Count - 1, (reader.GetInt64(1), reader.GetInt64(0)));
            }

            var ids = streamIds.ToArray();
            while (next.TryDequeue(out var index, out var key))
            {
                cancellation.ThrowIfCancellationRequested();
                var reader = readers[index];
                yield return new LogEntry(
                    ids[index],
                    key.Time,
                    key.Id,
                    Encoding.UTF8.GetString((byte[])reader.GetValue(2)),
                    reader.IsDBNull(3) ? [] : StoredLabels.FromJson(reader.GetString(3)));
                if (reader.Read())
                    next.Enqueue(index, (reader.GetInt64(1), reader.GetInt64(0)));
            }
        }
        finally
        {
            foreach (var reader in readers)
                reader.Dispose();
            connection.Dispose();
        }
    }

    public async Task RetainAsync(long beforeNs, CancellationToken cancellation)
    {
        foreach (var (set, stream) in _index.All.ToList())
        {
            RetainWrite write;
            do
            {
                write = new RetainWrite(this, stream, set, beforeNs);
                await _queue.WriteAsync(write, cancellation);
            }
            while (write.Deleted == DeletedRows);
        }
    }

    private static SqliteDataReader Open(SqliteConnection connection, long stream, long fromNs, long toNs, bool newestFirst)
    {
        // Disposing the command would close the reader; closing the connection disposes both.
        var command = connection.CreateCommand();
        command.CommandText = newestFirst
            ? "SELECT id, ts_ns, line, metadata FROM log_entries WHERE stream_id = @stream AND ts_ns >= @from AND ts_ns < @to ORDER BY ts_ns DESC, id DESC"
            : "SELECT id, ts_ns, line, metadata FROM log_entries WHERE stream_id = @stream AND ts_ns >= @from AND ts_ns < @to ORDER BY ts_ns, id";
        command.Parameters.AddWithValue("@stream", stream);
        command.Parameters.AddWithValue("@from", fromNs);
        command.Parameters.AddWithValue("@to", toNs);
        return command.ExecuteReader();
    }

    internal sealed record Stream(LabelSet Set, string Json);

    private sealed class AppendWrite(
        LogStore store, IReadOnlyList<LogRecord> records, IReadOnlyList<TailPosition> positions, IReadOnlyList<TailPosition> forgotten) : StoreWrite
    {
        private readonly List<Stream> _created = [];
        private int _stored;

        public int OverLimit { get; private set; }

        public override int Rows => 1 + records.Count;

        public override void Apply(WriteSession session)
        {
            _created.Clear();
            _stored = 0;
            OverLimit = 0;
            var streams = new Dictionary<object, Stream?>(ReferenceEqualityComparer.Instance);
            foreach (var record in records)
            {
                if (!streams.TryGetValue(record.Labels, out var stream))
                    streams.Add(record.Labels, stream = StreamOf(session, record.Labels));
                if (stream is null)
                {
                    OverLimit++;
                    continue;
                }

                session.Execute(
                    "INSERT INTO log_entries (stream_id, ts_ns, line, metadata) VALUES (@0, @1, @2, @3)",
                    stream.Set.Id, record.TimestampNs, Encoding.UTF8.GetBytes(record.Line),
                    record.Metadata.Count == 0 ? null : StoredLabels.ToJson(record.Metadata));
                _stored++;
            }

            foreach (var position in positions)
                session.Execute(
                    "INSERT OR REPLACE INTO tails (path, identity, fingerprint, position) VALUES (@0, @1, @2, @3)",
                    position.Path, position.Identity, position.Fingerprint, position.Position);
            foreach (var position in forgotten)
                session.Execute("DELETE FROM tails WHERE path = @0 AND identity = @1", position.Path, position.Identity);
            CounterRows.Add(session, "log_lines", _stored);
        }

        public override void Committed()
        {
            foreach (var stream in _created)
            {
                store._index.Add(stream.Json, stream.Set, stream);
                store._pending.Remove(stream.Json);
            }

            Interlocked.Add(ref store._lines, _stored);
        }

        public override void RolledBack()
        {
            foreach (var stream in _created)
                store._pending.Remove(stream.Json);
        }

        private Stream? StreamOf(WriteSession session, IReadOnlyList<KeyValuePair<string, string>> unsorted)
        {
            var labels = StoredLabels.Sort(unsorted);
            var json = StoredLabels.ToJson(labels);
            if (store._index.TryGet(json, out var stream) || store._pending.TryGetValue(json, out stream))
                return stream;
            if (store._index.Count + store._pending.Count >= MaxStreams)
                return null;
            stream = new Stream(new LabelSet(session.Insert("INSERT INTO streams (labels) VALUES (@0)", json), labels), json);
            store._pending.Add(json, stream);
            _created.Add(stream);
            return stream;
        }
    }

    private sealed class RetainWrite(LogStore store, Stream stream, LabelSet set, long beforeNs) : StoreWrite
    {
        private bool _empty;

        public int Deleted { get; private set; }

        public override bool Alone => true;

        public override int Rows => DeletedRows;

        public override void Apply(WriteSession session)
        {
            Deleted = session.Execute(
                "DELETE FROM log_entries WHERE id IN (SELECT id FROM log_entries WHERE stream_id = @0 AND ts_ns < @1 LIMIT @2)",
                set.Id, beforeNs, (long)DeletedRows);
            _empty = Deleted > 0 && session.Scalar("SELECT 1 FROM log_entries WHERE stream_id = @0 LIMIT 1", set.Id) is null;
            if (_empty)
                session.Execute("DELETE FROM streams WHERE id = @0", set.Id);
            CounterRows.Add(session, "log_lines", -Deleted);
        }

        public override void Committed()
        {
            if (_empty)
                store._index.Remove(stream.Json, set);
            Interlocked.Add(ref store._lines, -Deleted);
        }
    }
}
