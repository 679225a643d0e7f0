using System.Buffers.Binary;
using System.Security.Cryptography;

namespace MicroMonitored.Embedded.Store;

/// <summary>Spans as received, by trace and by operation (service and name).</summary>
internal sealed class SpanStore : ISpanReader, ITraceWriter
{
    private const int DeletedBlocks = 50;
    private const int MergedBlocks = 2048;
    private const int MergedSpans = 32 * 1024;
    private const long MergedSpanNs = 3_600_000_000_000;

    private readonly Database _database;
    private readonly CommitQueue _queue;
    private readonly EngineCounters _counters;

    // Known rows of the two small tables, and what was seen lately; the writer's thread alone touches them.
    private readonly Dictionary<(string Service, string Name), long> _operations = [];
    private readonly Dictionary<UInt128, long> _messages = [];
    private readonly RecentSet<UInt128> _recentTraces = new();
    private readonly RecentSet<(UInt128 Trace, ulong Span, int Kind)> _recentSpans = new();
    private long _spans;
    private long _traces;

    public SpanStore(Database database, CommitQueue queue, EngineCounters counters)
    {
        _counters = counters;
        _database = database;
        _queue = queue;
        _spans = CounterRows.Read(database, "spans");
        _traces = CounterRows.Read(database, "traces");
        ReadTables();
    }

    public long SpanCount => Interlocked.Read(ref _spans);

    public long TraceCount => Interlocked.Read(ref _traces);

    public async Task AppendAsync(IReadOnlyList<StoredSpan> spans, CancellationToken cancellation)
    {
        if (spans.Count == 0)
            return;
        await _queue.WriteAsync(new AppendWrite(this, spans), cancellation);
        _counters.Stored(spans: spans.Count);
    }

    public IReadOnlyList<StoredSpan> Trace(byte[] traceId, CancellationToken cancellation) => Traces([traceId], cancellation)[0];

    public IReadOnlyList<IReadOnlyList<StoredSpan>> Traces(IReadOnlyList<byte[]> traceIds, CancellationToken cancellation)
    {
        using var scan = new SpanScan(_database);
        return scan.Traces(traceIds, cancellation);
    }

    public IReadOnlyList<byte[]> Search(TraceSearch search, CancellationToken cancellation)
    {
        using var scan = new SpanScan(_database);
        return scan.Search(search, cancellation);
    }

    public IReadOnlyList<string> ServiceNames(CancellationToken cancellation) =>
        Names("SELECT DISTINCT service FROM operations ORDER BY service", null);

    public IReadOnlyList<string> SpanNames(string? serviceName, CancellationToken cancellation) =>
        Names("SELECT DISTINCT name FROM operations WHERE @service IS NULL OR service = @service ORDER BY name", serviceName);

    /// <summary>Deletes blocks whose spans are all older.</summary>
    public async Task RetainAsync(long beforeNs, CancellationToken cancellation)
    {
        var deleted = 0;
        RetainWrite write;
        do
        {
            write = new RetainWrite(this, beforeNs);
            await _queue.WriteAsync(write, cancellation);
            deleted += write.Deleted;
        }
        while (write.Deleted == DeletedBlocks);

        if (deleted > 0)
            await _queue.WriteAsync(new TidyWrite(this), cancellation);
    }

    /// <summary>The latest start of the oldest block; null where there is none.</summary>
    public long? Oldest() => _database.Number("SELECT min(to_ns) FROM span_blocks");

    /// <summary>Deletes the oldest blocks, however new they are; how many spans they held.</summary>
    public async Task<long> DropOldestAsync(CancellationToken cancellation)
    {
        var write = new RetainWrite(this, long.MaxValue);
        await _queue.WriteAsync(write, cancellation);
        await _queue.WriteAsync(new TidyWrite(this), cancellation);
        _counters.Add("dropped_spans", "retention_size", write.Spans);
        return write.Spans;
    }

    /// <summary>Makes larger blocks of the small ones that small writes have left; a span that was stored twice is stored once afterwards.</summary>
    /// <remarks>Nothing but this and retention deletes blocks, and the two run one after the other.</remarks>
    public async Task CompactAsync(CancellationToken cancellation)
    {
        while (await MergeAsync(cancellation) == MergedBlocks)
        {
        }
    }

    /// <summary>How many blocks were merged.</summary>
    private async Task<int> MergeAsync(CancellationToken cancellation)
    {
        List<(long Id, long Traces)> rows;
        List<StoredSpan> spans;
        using (var scan = new SpanScan(_database))
            (rows, spans) = scan.Tail(MergedBlocks, MergedSpans, cancellation);
        if (rows.Count == 0)
            return 0;
        var seen = new HashSet<(UInt128, ulong, int)>();
        var kept = spans.Where(span => seen.Add(Key(span))).OrderBy(span => span.StartNs).ToList();
        var blocks = kept.GroupBy(span => span.StartNs / MergedSpanNs).SelectMany(hour => SpanBlock.WriteAll([.. hour])).ToList();
        await _queue.WriteAsync(new CompactWrite(this, rows, blocks, spans.Count - kept.Count), cancellation);
        return rows.Count;
    }

    private static (UInt128 Trace, ulong Span, int Kind) Key(StoredSpan span) =>
        (SpanBlock.TraceKey(span.TraceId), BinaryPrimitives.ReadUInt64LittleEndian(span.SpanId), span.Kind);

    private void ReadTables()
    {
        _operations.Clear();
        _messages.Clear();
        using var connection = _database.OpenReader();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT id, service, name FROM operations";
        using (var reader = command.ExecuteReader())
            while (reader.Read())
                _operations[(reader.GetString(1), reader.GetString(2))] = reader.GetInt64(0);
        command.CommandText = "SELECT id, hash FROM messages";
        using (var reader = command.ExecuteReader())
            while (reader.Read())
                _messages[SpanBlock.TraceKey((byte[])reader.GetValue(1))] = reader.GetInt64(0);
    }

    private List<string> Names(string sql, string? service)
    {
        using var connection = _database.OpenReader();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        if (sql.Contains("@service", StringComparison.Ordinal))
            command.Parameters.AddWithValue("@service", (object?)service ?? DBNull.Value);
        using var reader = command.ExecuteReader();
        var names = new List<string>();
        while (reader.Read())
            names.Add(reader.GetString(0));
        return names;
    }

    /// <summary>Stores blocks; what they refer to by number is found or made first.</summary>
    private abstract class BlockWrite(SpanStore store) : StoreWrite
    {
        private readonly List<(string, string)> _operations = [];
        private readonly List<UInt128> _messages = [];

        protected SpanStore Store => store;

        protected void Start()
        {
            _operations.Clear();
            _messages.Clear();
        }

        protected void Insert(WriteSession session, long? id, WrittenSpans block, long traces, bool isTail)
        {
            using var operations = new PooledBuffer(256);
            foreach (var operation in block.Operations)
                Varint.Write(operations, (ulong)OperationOf(session, operation));
            using var messages = new PooledBuffer(256);
            foreach (var message in block.Messages)
                Varint.Write(messages, (ulong)MessageOf(session, message));
            var row = session.Insert(
                """
                INSERT INTO span_blocks (id, from_ns, to_ns, end_ns, spans, traces, tail, operations, messages, head, body)
                VALUES (@0, @1, @2, @3, @4, @5, @6, @7, @8, @9, @10)
                """,
                id, block.FromNs, block.ToNs, block.EndNs, (long)block.Spans, traces, isTail ? 1L : 0L,
                operations.Written.ToArray(), messages.Written.ToArray(), block.Head, block.Body);
            session.Execute("INSERT INTO span_filters (id, filter) VALUES (@0, @1)", row, TraceFilter.Write(block.Traces));
        }

        public override void RolledBack()
        {
            foreach (var operation in _operations)
                store._operations.Remove(operation);
            foreach (var hash in _messages)
                store._messages.Remove(hash);
        }

        private long OperationOf(WriteSession session, (string Service, string Name) operation)
        {
            if (store._operations.TryGetValue(operation, out var id))
                return id;
            id = session.Insert("INSERT INTO operations (service, name) VALUES (@0, @1)", operation.Service, operation.Name);
            store._operations.Add(operation, id);
            _operations.Add(operation);
            return id;
        }

        private long MessageOf(WriteSession session, byte[] data)
        {
            var hash = SHA256.HashData(data).AsSpan(0, 16).ToArray();
            var key = SpanBlock.TraceKey(hash);
            if (store._messages.TryGetValue(key, out var id))
                return id;
            id = session.Insert("INSERT INTO messages (hash, data) VALUES (@0, @1)", hash, data);
            store._messages.Add(key, id);
            _messages.Add(key);
            return id;
        }
    }

    private sealed class AppendWrite(SpanStore store, IReadOnlyList<StoredSpan> spans) : BlockWrite(store)
    {
        // Compressed by whoever sends, so that the writer's thread only stores.
        private readonly List<WrittenSpans> _blocks = SpanBlock.WriteAll(spans);
        private readonly List<(UInt128 Trace, ulong Span, int Kind)> _keys = [.. spans.Select(Key)];
        private readonly List<(UInt128, ulong, int)> _new = [];
        private readonly List<UInt128> _newTraces = [];
        private int _stored;
        private int _traces;

        public override int Rows => 1 + (_keys.Count / 16);

        public override void Apply(WriteSession session)
        {
            Start();
            _new.Clear();
            _newTraces.Clear();
            var known = new HashSet<int>();
            for (var i = 0; i < _keys.Count; i++)
            {
                if (!Store._recentSpans.Add(_keys[i]))
                    known.Add(i);
                else
                    _new.Add(_keys[i]);
            }

            (_stored, _traces) = (_new.Count, 0);
            foreach (var block in known.Count == 0 ? _blocks : SpanBlock.WriteAll([.. spans.Where((_, i) => !known.Contains(i))]))
            {
                var traces = 0;
                foreach (var trace in block.Traces)
                {
                    if (!Store._recentTraces.Add(trace))
                        continue;
                    _newTraces.Add(trace);
                    traces++;
                }

                Insert(session, null, block, traces, block.IsTail);
                _traces += traces;
            }

            CounterRows.Add(session, "spans", _stored);
            CounterRows.Add(session, "traces", _traces);
        }

        public override void Committed()
        {
            Interlocked.Add(ref Store._spans, _stored);
            Interlocked.Add(ref Store._traces, _traces);
        }

        public override void RolledBack()
        {
            base.RolledBack();
            foreach (var key in _new)
                Store._recentSpans.Remove(key);
            foreach (var trace in _newTraces)
                Store._recentTraces.Remove(trace);
        }
    }

    private sealed class CompactWrite(SpanStore store, IReadOnlyList<(long Id, long Traces)> rows, IReadOnlyList<WrittenSpans> blocks, int doubles)
        : BlockWrite(store)
    {
        public override int Rows => rows.Count;

        public override void Apply(WriteSession session)
        {
            Start();
            foreach (var (id, _) in rows)
                Delete(session, id);
            for (var i = 0; i < blocks.Count; i++)
                Insert(session, i < rows.Count ? rows[i].Id : null, blocks[i], i == 0 ? rows.Sum(row => row.Traces) : 0,
                    blocks[i].IsTail && blocks.Count < rows.Count);
            CounterRows.Add(session, "spans", -doubles);
        }

        public override void Committed() => Interlocked.Add(ref Store._spans, -doubles);
    }

    private static void Delete(WriteSession session, long id)
    {
        session.Execute("DELETE FROM span_blocks WHERE id = @0", id);
        session.Execute("DELETE FROM span_filters WHERE id = @0", id);
    }

    private sealed class RetainWrite(SpanStore store, long beforeNs) : StoreWrite
    {
        private long _spans;
        private long _traces;

        public long Spans => _spans;

        public int Deleted { get; private set; }

        public override bool Alone => true;

        public override int Rows => DeletedBlocks;

        public override void Apply(WriteSession session)
        {
            (_spans, _traces, Deleted) = (0, 0, 0);
            foreach (var (id, spans, traces) in session.Rows(
                "SELECT id, spans, traces FROM span_blocks WHERE to_ns < @0 ORDER BY to_ns LIMIT @1", beforeNs, (long)DeletedBlocks))
            {
                Delete(session, id);
                _spans += spans;
                _traces += traces;
                Deleted++;
            }

            CounterRows.Add(session, "spans", -_spans);
            CounterRows.Add(session, "traces", -_traces);
        }

        public override void Committed()
        {
            Interlocked.Add(ref store._spans, -_spans);
            Interlocked.Add(ref store._traces, -_traces);
            if (Deleted > 0)
            {
                store._recentSpans.Clear();
                store._recentTraces.Clear();
            }
        }
    }

    /// <summary>After spans were deleted: drops the operations, resources and scopes that no block names any more.</summary>
    private sealed class TidyWrite(SpanStore store) : StoreWrite
    {
        public override bool Alone => true;

        public override int Rows => DeletedBlocks;

        public override void Apply(WriteSession session)
        {
            var (operations, messages) = SpanScan.InUse(session);
            foreach (var id in store._operations.Values.Where(id => !operations.Contains(id)))
                session.Execute("DELETE FROM operations WHERE id = @0", id);
            foreach (var id in store._messages.Values.Where(id => !messages.Contains(id)))
                session.Execute("DELETE FROM messages WHERE id = @0", id);
        }

        public override void Committed() => store.ReadTables();
    }
}
