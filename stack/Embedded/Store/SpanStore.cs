using System.Security.Cryptography;
using Microsoft.Data.Sqlite;

namespace MicroMonitored.Embedded.Store;

/// <summary>Spans as received, by trace and by operation (service and name).</summary>
internal sealed class SpanStore : ISpanReader, ITraceWriter
{
    private const int MergedOperations = 64;
    private const int RecentTraces = 50_000;
    private const int DeletedRows = 5000;
    private const long LongestSpanNs = 10L * 60 * 1_000_000_000;
    private const string Columns = "s.trace_id, s.span_id, s.parent_id, o.service, o.name, s.kind, s.start_ns, s.end_ns, s.data, r.data, c.data";
    private const string Joins =
        "spans s JOIN operations o ON o.id = s.operation_id JOIN messages r ON r.id = s.resource_id JOIN messages c ON c.id = s.scope_id";

    private readonly Database _database;
    private readonly CommitQueue _queue;

    // Known rows of the two small tables, and trace ids seen lately; the writer's thread alone touches them.
    private readonly Dictionary<(string Service, string Name), long> _operations = [];
    private readonly Dictionary<Hash, long> _messages = [];
    private readonly HashSet<Id> _recent = [];
    private long _spans;
    private long _traces;

    public SpanStore(Database database, CommitQueue queue)
    {
        _database = database;
        _queue = queue;
        _spans = CounterRows.Read(database, "spans");
        _traces = CounterRows.Read(database, "traces");
        using var connection = database.OpenReader();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT id, service, name FROM operations";
        using (var reader = command.ExecuteReader())
            while (reader.Read())
                _operations[(reader.GetString(1), reader.GetString(2))] = reader.GetInt64(0);
        command.CommandText = "SELECT id, hash FROM messages";
        using (var reader = command.ExecuteReader())
            while (reader.Read())
                _messages[new Hash((byte[])reader.GetValue(1))] = reader.GetInt64(0);
    }

    public long SpanCount => Interlocked.Read(ref _spans);

    public long TraceCount => Interlocked.Read(ref _traces);

    public Task AppendAsync(IReadOnlyList<StoredSpan> spans, CancellationToken cancellation) =>
        spans.Count == 0 ? Task.CompletedTask : _queue.WriteAsync(new AppendWrite(this, spans), cancellation);

    public IReadOnlyList<StoredSpan> Trace(byte[] traceId, CancellationToken cancellation)
    {
        using var connection = _database.OpenReader();
        using var command = connection.CreateCommand();
        command.CommandText = $"SELECT {Columns} FROM {Joins} WHERE s.trace_id = @trace ORDER BY s.start_ns, s.id";
        command.Parameters.AddWithValue("@trace", traceId);
        using var reader = command.ExecuteReader();
        var spans = new List<StoredSpan>();
        while (reader.Read())
        {
            cancellation.ThrowIfCancellationRequested();
            spans.Add(new StoredSpan(
                (byte[])reader.GetValue(0),
                (byte[])reader.GetValue(1),
                reader.IsDBNull(2) ? null : (byte[])reader.GetValue(2),
                reader.GetString(3),
                reader.GetString(4),
                reader.GetInt32(5),
                reader.GetInt64(6),
                reader.GetInt64(7),
                (byte[])reader.GetValue(8),
                (byte[])reader.GetValue(9),
                (byte[])reader.GetValue(10)));
        }

        return spans;
    }

    public IReadOnlyList<byte[]> Search(TraceSearch search, CancellationToken cancellation)
    {
        using var connection = _database.OpenReader();
        var operations = search.ServiceName is null && search.SpanName is null ? null : Operations(connection, search);
        var found = new List<byte[]>();
        var seen = new HashSet<Id>();
        foreach (var trace in Matches(connection, search, operations, cancellation))
        {
            if (found.Count == search.Limit)
                break;
            if (seen.Add(new Id(trace)))
                found.Add(trace);
        }

        return found;
    }

    public IReadOnlyList<string> ServiceNames(CancellationToken cancellation) =>
        Names("SELECT DISTINCT service FROM operations ORDER BY service", null);

    public IReadOnlyList<string> SpanNames(string? serviceName, CancellationToken cancellation) =>
        Names("SELECT DISTINCT name FROM operations WHERE @service IS NULL OR service = @service ORDER BY name", serviceName);

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
        while (write.Deleted == DeletedRows);

        if (deleted > 0)
            await _queue.WriteAsync(new TidyWrite(this), cancellation);
    }

    private static List<long> Operations(SqliteConnection connection, TraceSearch search)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT id FROM operations WHERE (@service IS NULL OR service = @service) AND (@name IS NULL OR name = @name)";
        command.Parameters.AddWithValue("@service", (object?)search.ServiceName ?? DBNull.Value);
        command.Parameters.AddWithValue("@name", (object?)search.SpanName ?? DBNull.Value);
        using var reader = command.ExecuteReader();
        var ids = new List<long>();
        while (reader.Read())
            ids.Add(reader.GetInt64(0));
        return ids;
    }

    /// <summary>Trace ids of matching spans, newest span first; a trace may come more than once.</summary>
    private static IEnumerable<byte[]> Matches(SqliteConnection connection, TraceSearch search, List<long>? operations, CancellationToken cancellation)
    {
        if (operations is null or { Count: > MergedOperations })
        {
            var wanted = operations?.ToHashSet();
            using var reader = Open(connection, search, null);
            while (reader.Read())
            {
                cancellation.ThrowIfCancellationRequested();
                if (wanted?.Contains(reader.GetInt64(2)) != false)
                    yield return (byte[])reader.GetValue(0);
            }

            yield break;
        }

        var readers = new List<SqliteDataReader>();
        try
        {
            var next = new PriorityQueue<SqliteDataReader, long>(Comparer<long>.Create((left, right) => right.CompareTo(left)));
            foreach (var operation in operations)
            {
                var reader = Open(connection, search, operation);
                readers.Add(reader);
                if (reader.Read())
                    next.Enqueue(reader, reader.GetInt64(1));
            }

            while (next.TryDequeue(out var reader, out _))
            {
                cancellation.ThrowIfCancellationRequested();
                yield return (byte[])reader.GetValue(0);
                if (reader.Read())
                    next.Enqueue(reader, reader.GetInt64(1));
            }
        }
        finally
        {
            foreach (var reader in readers)
                reader.Dispose();
        }
    }

    private static SqliteDataReader Open(SqliteConnection connection, TraceSearch search, long? operation)
    {
        // Disposing the command would close the reader; closing the connection disposes both.
        var command = connection.CreateCommand();
        command.CommandText = $"""
            SELECT trace_id, start_ns, operation_id FROM spans
            WHERE {(operation is null ? "" : "operation_id = @operation AND ")}start_ns <= @to AND start_ns >= @earliest AND end_ns >= @from
              AND end_ns - start_ns >= @shortest AND end_ns - start_ns <= @longest
            ORDER BY start_ns DESC
            """;
        if (operation is not null)
            command.Parameters.AddWithValue("@operation", operation);
        var from = search.StartNs ?? 0;
        command.Parameters.AddWithValue("@from", from);
        command.Parameters.AddWithValue("@earliest", from - LongestSpanNs);
        command.Parameters.AddWithValue("@to", search.EndNs ?? long.MaxValue);
        command.Parameters.AddWithValue("@shortest", search.MinDurationNs ?? long.MinValue);
        command.Parameters.AddWithValue("@longest", search.MaxDurationNs ?? long.MaxValue);
        return command.ExecuteReader();
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

    /// <summary>A 16-byte trace id as a key.</summary>
    private readonly record struct Id(ulong High, ulong Low)
    {
        public Id(byte[] bytes)
            : this(BitConverter.ToUInt64(bytes, 0), BitConverter.ToUInt64(bytes, 8))
        {
        }
    }

    /// <summary>The SHA-256 of a message as a key.</summary>
    private readonly record struct Hash(ulong A, ulong B, ulong C, ulong D)
    {
        public Hash(byte[] bytes)
            : this(BitConverter.ToUInt64(bytes, 0), BitConverter.ToUInt64(bytes, 8), BitConverter.ToUInt64(bytes, 16), BitConverter.ToUInt64(bytes, 24))
        {
        }
    }

    private sealed class AppendWrite(SpanStore store, IReadOnlyList<StoredSpan> spans) : StoreWrite
    {
        private readonly List<(string, string)> _operations = [];
        private readonly List<Hash> _messages = [];
        private readonly List<Id> _traceIds = [];
        private int _stored;
        private int _traces;

        public override int Rows => 1 + spans.Count;

        public override void Apply(WriteSession session)
        {
            _operations.Clear();
            _messages.Clear();
            _traceIds.Clear();
            _stored = 0;
            _traces = 0;
            byte[]? resource = null, scope = null;
            long resourceId = 0, scopeId = 0;
            foreach (var span in spans)
            {
                if (!ReferenceEquals(resource, span.Resource))
                    (resource, resourceId) = (span.Resource, MessageOf(session, span.Resource));
                if (!ReferenceEquals(scope, span.Scope))
                    (scope, scopeId) = (span.Scope, MessageOf(session, span.Scope));
                var isNewTrace = IsNewTrace(session, span.TraceId);
                var stored = session.Execute(
                    """
                    INSERT OR IGNORE INTO spans (trace_id, span_id, kind, parent_id, operation_id, start_ns, end_ns, resource_id, scope_id, data)
                    VALUES (@0, @1, @2, @3, @4, @5, @6, @7, @8, @9)
                    """,
                    span.TraceId, span.SpanId, (long)span.Kind, span.ParentSpanId, OperationOf(session, span),
                    span.StartNs, span.EndNs, resourceId, scopeId, span.Span);
                _stored += stored;
                if (stored > 0 && isNewTrace)
                    _traces++;
            }

            CounterRows.Add(session, "spans", _stored);
            CounterRows.Add(session, "traces", _traces);
        }

        public override void Committed()
        {
            Interlocked.Add(ref store._spans, _stored);
            Interlocked.Add(ref store._traces, _traces);
        }

        public override void RolledBack()
        {
            foreach (var operation in _operations)
                store._operations.Remove(operation);
            foreach (var hash in _messages)
                store._messages.Remove(hash);
            foreach (var id in _traceIds)
                store._recent.Remove(id);
        }

        private bool IsNewTrace(WriteSession session, byte[] traceId)
        {
            var id = new Id(traceId);
            if (store._recent.Count >= RecentTraces)
                store._recent.Clear();
            if (!store._recent.Add(id))
                return false;
            _traceIds.Add(id);
            return session.Scalar("SELECT 1 FROM spans WHERE trace_id = @0 LIMIT 1", traceId) is null;
        }

        private long OperationOf(WriteSession session, StoredSpan span)
        {
            var key = (span.ServiceName, span.Name);
            if (store._operations.TryGetValue(key, out var id))
                return id;
            id = session.Insert("INSERT INTO operations (service, name) VALUES (@0, @1)", span.ServiceName, span.Name);
            store._operations.Add(key, id);
            _operations.Add(key);
            return id;
        }

        private long MessageOf(WriteSession session, byte[] data)
        {
            var bytes = SHA256.HashData(data);
            var hash = new Hash(bytes);
            if (store._messages.TryGetValue(hash, out var id))
                return id;
            id = session.Insert("INSERT INTO messages (hash, data) VALUES (@0, @1)", bytes, data);
            store._messages.Add(hash, id);
            _messages.Add(hash);
            return id;
        }
    }

    private sealed class RetainWrite(SpanStore store, long beforeNs) : StoreWrite
    {
        public int Deleted { get; private set; }

        public override bool Alone => true;

        public override int Rows => DeletedRows;

        public override void Apply(WriteSession session)
        {
            Deleted = session.Execute("DELETE FROM spans WHERE id IN (SELECT id FROM spans WHERE start_ns < @0 LIMIT @1)", beforeNs, (long)DeletedRows);
            CounterRows.Add(session, "spans", -Deleted);
        }

        public override void Committed() => Interlocked.Add(ref store._spans, -Deleted);
    }

    /// <summary>After spans were deleted: drops what no span uses any more and counts the traces anew.</summary>
    private sealed class TidyWrite(SpanStore store) : StoreWrite
    {
        private long _traces;

        public override bool Alone => true;

        public override int Rows => DeletedRows;

        public override void Apply(WriteSession session)
        {
            session.Execute("DELETE FROM operations WHERE NOT EXISTS (SELECT 1 FROM spans WHERE operation_id = operations.id)");
            session.Execute("DELETE FROM messages WHERE id NOT IN (SELECT resource_id FROM spans UNION SELECT scope_id FROM spans)");
            _traces = (long)session.Scalar("SELECT count(*) FROM (SELECT DISTINCT trace_id FROM spans)")!;
            session.Execute("INSERT OR REPLACE INTO counters (name, value) VALUES ('traces', @0)", _traces);
        }

        public override void Committed()
        {
            Interlocked.Exchange(ref store._traces, _traces);
            store._recent.Clear();
            store._operations.Clear();
            store._messages.Clear();
            using var connection = store._database.OpenReader();
            using var command = connection.CreateCommand();
            command.CommandText = "SELECT id, service, name FROM operations";
            using (var reader = command.ExecuteReader())
                while (reader.Read())
                    store._operations[(reader.GetString(1), reader.GetString(2))] = reader.GetInt64(0);
            command.CommandText = "SELECT id, hash FROM messages";
            using (var reader = command.ExecuteReader())
                while (reader.Read())
                    store._messages[new Hash((byte[])reader.GetValue(1))] = reader.GetInt64(0);
        }
    }
}
