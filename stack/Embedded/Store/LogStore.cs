using System.Runtime.InteropServices;

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
    private const int DeletedBlocks = 50;
    private const int MergedBlocks = 4096;
    private const int MergedBytes = 4 * 1024 * 1024;
    private const long Gap = 1L << 24;
    private const long MergedSpanNs = 3_600_000_000_000;

    private readonly Database _database;
    private readonly CommitQueue _queue;
    private readonly EngineCounters _counters;
    private readonly LabelIndex<Stream> _index = new("service_name");
    private readonly Dictionary<string, Stream> _pending = new(StringComparer.Ordinal);
    private long _lines;

    // Lines are numbered as they arrive; a block bears the number of its first. The writer's thread alone touches it.
    private long _next;

    public LogStore(Database database, CommitQueue queue, EngineCounters counters)
    {
        _database = database;
        _queue = queue;
        _counters = counters;
        _lines = CounterRows.Read(database, "log_lines");
        using var connection = database.OpenReader();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT id, labels, metadata FROM streams";
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            var json = reader.GetString(1);
            var set = new LabelSet(reader.GetInt64(0), StoredLabels.FromJson(json))
            {
                MetadataNames = reader.IsDBNull(2) ? null : [.. StoredLabels.FromJson(reader.GetString(2)).Select(name => name.Key)],
            };
            _index.Add(json, set, new Stream(set, json) { AreNamesStored = true });
        }

        reader.Dispose();
        command.CommandText = "SELECT max(id) FROM log_blocks";
        _next = command.ExecuteScalar() is long last ? last + Gap : 1;
    }

    public int StreamCount => _index.Count;

    public long LineCount => Interlocked.Read(ref _lines);

    public Task AppendAsync(IReadOnlyList<LogRecord> records, CancellationToken cancellation) =>
        records.Count == 0 ? Task.CompletedTask : AppendAsync(records, [], [], cancellation);

    /// <summary>Stores lines together with where reading their files stands now.</summary>
    public async Task AppendAsync(
        IReadOnlyList<LogRecord> records, IReadOnlyList<TailPosition> positions, IReadOnlyList<TailPosition> forgotten, CancellationToken cancellation)
    {
        var write = new AppendWrite(this, records.Count, Parts(records), positions, forgotten);
        await _queue.WriteAsync(write, cancellation);
        _counters.Stored(lines: records.Count - write.OverLimit);
        if (positions is [var file])
            _counters.Read(file.Path, records.Count - write.OverLimit);
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

    public IEnumerable<LogEntry> Entries(
        IReadOnlyCollection<long> streamIds, long fromNs, long toNs, bool newestFirst, LogNeeds needs, CancellationToken cancellation) =>
        new LogScan(_database, fromNs, toNs, newestFirst, needs).Entries(streamIds, cancellation);

    public IEnumerable<LogRun> Runs(
        IReadOnlyCollection<long> streamIds, long fromNs, long toNs, IReadOnlyList<string> texts, Func<long, long, bool> isOne,
        CancellationToken cancellation) =>
        new LogScan(_database, fromNs, toNs, newestFirst: false, new(texts)).Runs(streamIds, isOne, cancellation);

    /// <summary>Deletes blocks whose lines are all older.</summary>
    public async Task RetainAsync(long beforeNs, CancellationToken cancellation)
    {
        RetainWrite write;
        do
        {
            write = new RetainWrite(this, beforeNs);
            await _queue.WriteAsync(write, cancellation);
        }
        while (write.Deleted == DeletedBlocks);
    }

    /// <summary>The latest time of the oldest block; null where there is none.</summary>
    public long? Oldest() => _database.Number("SELECT min(to_ns) FROM log_blocks");

    /// <summary>Deletes the oldest blocks, however new they are; how many lines they held.</summary>
    public async Task<long> DropOldestAsync(CancellationToken cancellation)
    {
        var write = new RetainWrite(this, long.MaxValue);
        await _queue.WriteAsync(write, cancellation);
        _counters.Add("dropped_log_lines", "retention_size", write.Lines);
        return write.Lines;
    }

    /// <summary>Makes one block of the many small ones that a stream has got by small writes.</summary>
    /// <remarks>Nothing but this and retention deletes blocks, and the two run one after the other.</remarks>
    public async Task CompactAsync(CancellationToken cancellation)
    {
        foreach (var stream in Tails())
        {
            int merged;
            do
            {
                cancellation.ThrowIfCancellationRequested();
                var (ids, blocks) = Merge(stream);
                merged = ids.Count;
                if (merged > 0)
                    await _queue.WriteAsync(new CompactWrite(stream, ids, blocks), cancellation);
            }
            while (merged == MergedBlocks);
        }
    }

    private List<long> Tails()
    {
        using var connection = _database.OpenReader();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT stream_id FROM log_blocks WHERE tail = 1 GROUP BY stream_id HAVING count(*) >= @rows OR sum(bytes) >= @bytes";
        command.Parameters.AddWithValue("@rows", 64);
        command.Parameters.AddWithValue("@bytes", 2 * LogBlock.SmallBytes);
        using var reader = command.ExecuteReader();
        var streams = new List<long>();
        while (reader.Read())
            streams.Add(reader.GetInt64(0));
        return streams;
    }

    private (List<long> Ids, List<WrittenLines> Blocks) Merge(long stream)
    {
        using var connection = _database.OpenReader();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT id, data, bytes FROM log_blocks WHERE stream_id = @stream AND tail = 1 ORDER BY id LIMIT @blocks";
        command.Parameters.AddWithValue("@stream", stream);
        command.Parameters.AddWithValue("@blocks", MergedBlocks);
        using var reader = command.ExecuteReader();
        var (ids, blocks, hours) = (new List<long>(), new List<WrittenLines>(), new Dictionary<long, (List<LogEntry> Lines, int Bytes)>());
        for (var bytes = 0; bytes < MergedBytes && reader.Read();)
        {
            ids.Add(reader.GetInt64(0));
            bytes += reader.GetInt32(2);
            using var block = new LogBlockReader(stream, ids[^1], SQLitePCL.raw.sqlite3_column_blob(reader.Handle!, 1));
            foreach (var line in block.Find(long.MinValue, long.MaxValue, newestFirst: false, []))
                Add(hours, block.TimeOf(line) / MergedSpanNs, block.Entry(line), blocks);
        }

        foreach (var (lines, _) in hours.Values)
            blocks.Add(LogBlock.Write(lines));
        return (ids, blocks);
    }

    /// <summary>The lines by stream, compressed here so that the writer's thread only stores them.</summary>
    private static List<Part> Parts(IReadOnlyList<LogRecord> records)
    {
        var parts = new List<Part>();
        var open = new Dictionary<object, (List<LogEntry> Lines, int Bytes)>(ReferenceEqualityComparer.Instance);
        var full = new List<WrittenLines>();
        for (var i = 0; i < records.Count; i++)
        {
            var record = records[i];
            Add(open, record.Labels, new LogEntry(0, record.TimestampNs, i, record.Line, record.Metadata), full);
            foreach (var block in full)
                parts.Add(new(record.Labels, block));
            full.Clear();
        }

        foreach (var (labels, part) in open)
            parts.Add(new((IReadOnlyList<KeyValuePair<string, string>>)labels, LogBlock.Write(part.Lines)));
        return parts;
    }

    /// <summary>Puts a line to those of its key; the lines there are become a block first where they fill one.</summary>
    private static void Add<T>(Dictionary<T, (List<LogEntry> Lines, int Bytes)> open, T key, LogEntry line, List<WrittenLines> full)
        where T : notnull
    {
        ref var part = ref CollectionsMarshal.GetValueRefOrAddDefault(open, key, out _);
        if (part.Lines is not null && (part.Bytes >= LogBlock.MaxBytes || part.Lines.Count == LogBlock.MaxLines))
        {
            full.Add(LogBlock.Write(part.Lines));
            part = ([], 0);
        }

        (part.Lines ??= []).Add(line);
        part.Bytes += line.Line.Length;
    }

    private static void Insert(WriteSession session, long id, long stream, WrittenLines block, bool isTail)
    {
        session.Execute(
            "INSERT INTO log_blocks (id, stream_id, from_ns, to_ns, lines, bytes, tail, data) VALUES (@0, @1, @2, @3, @4, @5, @6, @7)",
            id, stream, block.FromNs, block.ToNs, (long)block.Lines, (long)block.Bytes, isTail ? 1L : 0L, block.Data);

        // The few small blocks are looked into instead.
        if (!isTail)
            session.Execute("INSERT INTO log_filters (id, filter) VALUES (@0, @1)", id, TraceFilter.Write(block.Traces));
    }

    private static void Delete(WriteSession session, long id)
    {
        session.Execute("DELETE FROM log_blocks WHERE id = @0", id);
        session.Execute("DELETE FROM log_filters WHERE id = @0", id);
    }

    internal sealed record Stream(LabelSet Set, string Json)
    {
        /// <summary>Whether the database has the names of the metadata; the writer's thread alone touches it.</summary>
        public bool AreNamesStored { get; set; }
    }

    private sealed record Part(IReadOnlyList<KeyValuePair<string, string>> Labels, WrittenLines Block);

    private sealed class AppendWrite(
        LogStore store, int count, IReadOnlyList<Part> parts, IReadOnlyList<TailPosition> positions, IReadOnlyList<TailPosition> forgotten) : StoreWrite
    {
        private readonly List<Stream> _created = [];
        private readonly List<Stream> _named = [];
        private int _stored;

        public int OverLimit { get; private set; }

        public override int Rows => 1 + parts.Count + (count / 16);

        public override void Apply(WriteSession session)
        {
            _created.Clear();
            _named.Clear();
            _stored = 0;
            OverLimit = 0;
            var streams = new Dictionary<object, Stream?>(ReferenceEqualityComparer.Instance);
            foreach (var (labels, block) in parts)
            {
                if (!streams.TryGetValue(labels, out var stream))
                    streams.Add(labels, stream = StreamOf(session, labels));
                if (stream is null)
                {
                    OverLimit += block.Lines;
                    continue;
                }

                Name(session, stream, block.Names);
                Insert(session, store._next + block.First, stream.Set.Id, block, block.IsTail);
                _stored += block.Lines;
            }

            store._next += count;
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
            foreach (var stream in _named)
                stream.AreNamesStored = false;
        }

        private void Name(WriteSession session, Stream stream, IReadOnlyCollection<string> names)
        {
            if (stream.Set.MetadataNames is not { } known || (stream.AreNamesStored && names.All(known.Contains)))
                return;
            stream.Set.MetadataNames = known = [.. known.Union(names)];
            session.Execute("UPDATE streams SET metadata = @0 WHERE id = @1",
                StoredLabels.ToJson([.. known.Select(name => KeyValuePair.Create(name, ""))]), stream.Set.Id);
            stream.AreNamesStored = true;
            _named.Add(stream);
        }

        private Stream? StreamOf(WriteSession session, IReadOnlyList<KeyValuePair<string, string>> unsorted)
        {
            var labels = StoredLabels.Sort(unsorted);
            var json = StoredLabels.ToJson(labels);
            if (store._index.TryGet(json, out var stream) || store._pending.TryGetValue(json, out stream))
                return stream;
            if (store._index.Count + store._pending.Count >= MaxStreams)
                return null;
            stream = new Stream(new LabelSet(session.Insert("INSERT INTO streams (labels) VALUES (@0)", json), labels) { MetadataNames = [] }, json);
            store._pending.Add(json, stream);
            _created.Add(stream);
            return stream;
        }
    }

    private sealed class CompactWrite(long stream, IReadOnlyList<long> ids, IReadOnlyList<WrittenLines> blocks) : StoreWrite
    {
        public override int Rows => ids.Count;

        public override void Apply(WriteSession session)
        {
            foreach (var id in ids)
                Delete(session, id);
            foreach (var block in blocks)
                Insert(session, block.First, stream, block, block.IsTail && blocks.Count < ids.Count);
        }
    }

    private sealed class RetainWrite(LogStore store, long beforeNs) : StoreWrite
    {
        private readonly List<Stream> _empty = [];
        private long _lines;

        public long Lines => _lines;

        public int Deleted { get; private set; }

        public override bool Alone => true;

        public override int Rows => DeletedBlocks;

        public override void Apply(WriteSession session)
        {
            _empty.Clear();
            (_lines, Deleted) = (0, 0);
            var streams = new HashSet<long>();
            foreach (var (id, stream, lines) in session.Rows(
                "SELECT id, stream_id, lines FROM log_blocks WHERE to_ns < @0 ORDER BY to_ns LIMIT @1", beforeNs, (long)DeletedBlocks))
            {
                Delete(session, id);
                streams.Add(stream);
                _lines += lines;
                Deleted++;
            }

            foreach (var id in streams)
            {
                if (session.Scalar("SELECT 1 FROM log_blocks WHERE stream_id = @0 LIMIT 1", id) is not null)
                    continue;
                session.Execute("DELETE FROM streams WHERE id = @0", id);
                if (store._index.Get(id) is { } stream)
                    _empty.Add(stream);
            }

            CounterRows.Add(session, "log_lines", -_lines);
        }

        public override void Committed()
        {
            foreach (var stream in _empty)
                store._index.Remove(stream.Json, stream.Set);
            Interlocked.Add(ref store._lines, -_lines);
        }
    }
}
