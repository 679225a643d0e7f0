using System.Buffers.Binary;
using Microsoft.Data.Sqlite;
using static SQLitePCL.raw;

namespace MicroMonitored.Embedded.Store;

/// <summary>Reads spans through one view of the store, so that blocks may be merged meanwhile.</summary>
internal sealed class SpanScan : IDisposable
{
    private const int Few = 64;

    private readonly SqliteConnection _connection;
    private readonly SqliteTransaction _view;
    private readonly Dictionary<long, (string Service, string Name)> _operations = [];
    private readonly Dictionary<long, byte[]> _messages = [];

    public SpanScan(Database database)
    {
        _connection = database.OpenReader();
        _view = _connection.BeginTransaction(deferred: true);
    }

    public void Dispose()
    {
        _view.Dispose();
        _connection.Dispose();
    }

    /// <summary>The operations and messages that any block names.</summary>
    public static (HashSet<long> Operations, HashSet<long> Messages) InUse(WriteSession session)
    {
        var (operations, messages) = (new HashSet<long>(), new HashSet<long>());
        foreach (var (first, second) in session.Blobs("SELECT operations, messages FROM span_blocks"))
        {
            operations.UnionWith(Ids(first));
            messages.UnionWith(Ids(second));
        }

        return (operations, messages);
    }

    /// <summary>The spans of each trace by start; a block that holds several of them is opened once.</summary>
    public List<List<StoredSpan>> Traces(IReadOnlyList<byte[]> traceIds, CancellationToken cancellation)
    {
        var keys = traceIds.Select(id => SpanBlock.TraceKey(id)).ToList();
        var traces = keys.Distinct().ToDictionary(key => key, _ => new List<StoredSpan>());
        var seen = new HashSet<(UInt128, ulong, int)>();
        foreach (var id in Candidates(traces.Keys, cancellation))
        {
            cancellation.ThrowIfCancellationRequested();
            foreach (var span in Block(id, traces.ContainsKey))
            {
                var key = SpanBlock.TraceKey(span.TraceId);
                if (seen.Add((key, BinaryPrimitives.ReadUInt64LittleEndian(span.SpanId), span.Kind)))
                    traces[key].Add(span);
            }
        }

        return keys.ConvertAll(key => traces[key].OrderBy(span => span.StartNs).ToList());
    }

    /// <summary>The ids of the traces of matching spans, newest span first.</summary>
    public List<byte[]> Search(TraceSearch search, CancellationToken cancellation)
    {
        var wanted = search.ServiceName is null && search.SpanName is null ? null : Operations(search);
        var found = new List<byte[]>();
        var seen = new HashSet<UInt128>();
        var matches = new PriorityQueue<UInt128, long>();
        using var blocks = Command("SELECT id, to_ns, operations FROM span_blocks WHERE from_ns <= @to AND end_ns >= @from ORDER BY to_ns DESC");
        blocks.Parameters.AddWithValue("@to", search.EndNs ?? long.MaxValue);
        blocks.Parameters.AddWithValue("@from", search.StartNs ?? 0);
        using var head = Command("SELECT head FROM span_blocks WHERE id = @id");
        var id = head.Parameters.Add("@id", SqliteType.Integer);
        using var reader = blocks.ExecuteReader();
        for (var more = reader.Read(); found.Count < search.Limit;)
        {
            cancellation.ThrowIfCancellationRequested();
            // A block that is not opened yet starts no span later than this.
            var edge = more ? ~reader.GetInt64(1) : long.MaxValue;
            while (found.Count < search.Limit && matches.TryPeek(out var trace, out var start) && start <= edge)
            {
                matches.Dequeue();
                if (seen.Add(trace))
                    found.Add(Bytes(trace));
            }

            if (!more)
                break;
            if (Chosen(reader, wanted) is { } chosen)
            {
                id.Value = reader.GetInt64(0);
                Match(head, search, chosen, matches);
            }

            more = reader.Read();
        }

        return found;
    }

    /// <summary>The oldest small blocks, each with the traces counted with it, and their spans; nothing while there are few.</summary>
    public (List<(long Id, long Traces)> Rows, List<StoredSpan> Spans) Tail(int mostBlocks, int mostSpans, CancellationToken cancellation)
    {
        var (rows, spans, count) = (new List<(long Id, long Traces)>(), new List<StoredSpan>(), 0L);
        using (var command = Command("SELECT id, traces, spans FROM span_blocks WHERE tail = 1 ORDER BY id LIMIT @most"))
        {
            command.Parameters.AddWithValue("@most", mostBlocks);
            using var reader = command.ExecuteReader();
            for (; count < mostSpans && reader.Read(); count += reader.GetInt64(2))
                rows.Add((reader.GetInt64(0), reader.GetInt64(1)));
        }

        if (rows.Count < Few && count < Few * 16)
            return ([], []);
        foreach (var (id, _) in rows)
        {
            cancellation.ThrowIfCancellationRequested();
            spans.AddRange(Block(id, null));
        }

        return (rows, spans);
    }

    private static List<long> Ids(ReadOnlySpan<byte> bytes)
    {
        var ids = new List<long>();
        while (!bytes.IsEmpty)
            ids.Add((long)Varint.Read(ref bytes));
        return ids;
    }

    private static byte[] Bytes(UInt128 trace)
    {
        var bytes = new byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, trace);
        return bytes;
    }

    /// <summary>By number in the block, whether an operation is wanted; empty for all, null when none of the block's is.</summary>
    private static bool[]? Chosen(SqliteDataReader reader, HashSet<long>? wanted)
    {
        if (wanted is null)
            return [];
        var chosen = Ids(sqlite3_column_blob(reader.Handle!, 2)).Select(wanted.Contains).ToArray();
        return chosen.Contains(true) ? chosen : null;
    }

    private static void Match(SqliteCommand head, TraceSearch search, bool[] chosen, PriorityQueue<UInt128, long> matches)
    {
        using var reader = head.ExecuteReader();
        if (!reader.Read())
            return;
        var block = new SpanBlockReader(sqlite3_column_blob(reader.Handle!, 0));
        for (var i = 0; i < block.Count; i++)
        {
            var (start, end) = (block.StartOf(i), block.EndOf(i));
            if ((chosen.Length == 0 || chosen[block.OperationOf(i)]) && (!search.ErrorsOnly || block.MayFail(i))
                && start <= (search.EndNs ?? long.MaxValue) && end >= (search.StartNs ?? 0)
                && end - start >= (search.MinDurationNs ?? long.MinValue) && end - start <= (search.MaxDurationNs ?? long.MaxValue))
                matches.Enqueue(block.TraceOf(i), ~start);
        }
    }

    private SqliteCommand Command(string sql)
    {
        var command = _connection.CreateCommand();
        command.CommandText = sql;
        return command;
    }

    private List<long> Candidates(IReadOnlyCollection<UInt128> traces, CancellationToken cancellation)
    {
        using var command = Command("SELECT id, filter FROM span_filters");
        using var reader = command.ExecuteReader();
        var ids = new List<long>();
        while (reader.Read())
        {
            cancellation.ThrowIfCancellationRequested();
            var filter = sqlite3_column_blob(reader.Handle!, 1);
            foreach (var trace in traces)
            {
                if (!TraceFilter.MayHold(filter, trace))
                    continue;
                ids.Add(reader.GetInt64(0));
                break;
            }
        }

        return ids;
    }

    private List<StoredSpan> Block(long id, Func<UInt128, bool>? wanted)
    {
        using var command = Command("SELECT head, body, operations, messages FROM span_blocks WHERE id = @id");
        command.Parameters.AddWithValue("@id", id);
        using var reader = command.ExecuteReader();
        if (!reader.Read())
            return [];
        var block = new SpanBlockReader(sqlite3_column_blob(reader.Handle!, 0));
        if (wanted is not null && !block.HoldsAny(wanted))
            return [];
        var operations = Ids(sqlite3_column_blob(reader.Handle!, 2));
        var messages = Ids(sqlite3_column_blob(reader.Handle!, 3));
        return block.Read(sqlite3_column_blob(reader.Handle!, 1), wanted, number => Operation(operations[number]), number => Message(messages[number]));
    }

    private (string Service, string Name) Operation(long id)
    {
        if (_operations.TryGetValue(id, out var operation))
            return operation;
        using var command = Command("SELECT service, name FROM operations WHERE id = @id");
        command.Parameters.AddWithValue("@id", id);
        using var reader = command.ExecuteReader();
        return _operations[id] = reader.Read()
            ? (reader.GetString(0), reader.GetString(1))
            : throw new InvalidDataException("A stored span names no operation.");
    }

    private byte[] Message(long id)
    {
        if (_messages.TryGetValue(id, out var message))
            return message;
        using var command = Command("SELECT data FROM messages WHERE id = @id");
        command.Parameters.AddWithValue("@id", id);
        return _messages[id] = command.ExecuteScalar() as byte[] ?? throw new InvalidDataException("A stored span names no resource.");
    }

    private HashSet<long> Operations(TraceSearch search)
    {
        using var command = Command("SELECT id FROM operations WHERE (@service IS NULL OR service = @service) AND (@name IS NULL OR name = @name)");
        command.Parameters.AddWithValue("@service", (object?)search.ServiceName ?? DBNull.Value);
        command.Parameters.AddWithValue("@name", (object?)search.SpanName ?? DBNull.Value);
        using var reader = command.ExecuteReader();
        var ids = new HashSet<long>();
        while (reader.Read())
            ids.Add(reader.GetInt64(0));
        return ids;
    }
}
