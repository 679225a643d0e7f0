using System.Text;
using Microsoft.Data.Sqlite;

namespace MicroMonitored.Embedded.Store;

/// <summary>Reads the lines of a time range in order: a block is opened only when its first line can be the next.</summary>
internal sealed class LogScan(Database database, long fromNs, long toNs, bool newestFirst, LogNeeds needs)
{
    private const string BlockData = "SELECT data FROM log_blocks WHERE id = @id";

    private readonly byte[][] _texts = [.. needs.Texts.Where(text => text.Length > 0).Select(Encoding.UTF8.GetBytes)];
    private readonly byte[]? _traceId = needs.TraceId is { } trace ? Encoding.UTF8.GetBytes(trace) : null;

    public IEnumerable<LogEntry> Entries(IReadOnlyCollection<long> streamIds, CancellationToken cancellation)
    {
        using var connection = database.OpenReader();
        // One view for the whole scan: blocks may be merged meanwhile.
        using var view = connection.BeginTransaction(deferred: true);
        var closed = Closed(connection, streamIds, cancellation);
        var open = new PriorityQueue<Cursor, (long Time, long Sequence)>();
        using var data = connection.CreateCommand();
        data.CommandText = BlockData;
        var id = data.Parameters.Add("@id", SqliteType.Integer);
        try
        {
            while (true)
            {
                while (closed.TryPeek(out var block, out var edge) && (!open.TryPeek(out _, out var next) || edge <= next.Time))
                {
                    cancellation.ThrowIfCancellationRequested();
                    closed.Dequeue();
                    id.Value = block.Id;
                    if (Open(data, block.Stream, block.Id) is { } cursor)
                        open.Enqueue(cursor, Key(cursor));
                }

                if (!open.TryPeek(out var current, out _))
                    break;
                yield return current.Block.Entry(current.Lines[current.Position]);
                if (++current.Position < current.Lines.Count)
                {
                    open.DequeueEnqueue(current, Key(current));
                    continue;
                }

                open.Dequeue();
                current.Block.Dispose();
            }
        }
        finally
        {
            foreach (var (cursor, _) in open.UnorderedItems)
                cursor.Block.Dispose();
        }
    }

    /// <summary>Counts the lines: a block is opened only for its texts, or where its lines stand in different windows.</summary>
    public IEnumerable<LogRun> Runs(IReadOnlyCollection<long> streamIds, Func<long, long, bool> isOne, CancellationToken cancellation)
    {
        using var connection = database.OpenReader();
        using var view = connection.BeginTransaction(deferred: true);
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT id, from_ns, to_ns, lines, bytes FROM log_blocks WHERE stream_id = @stream AND to_ns >= @from AND from_ns < @to";
        var stream = command.Parameters.Add("@stream", SqliteType.Integer);
        command.Parameters.AddWithValue("@from", fromNs);
        command.Parameters.AddWithValue("@to", toNs);
        using var data = connection.CreateCommand();
        data.CommandText = BlockData;
        var id = data.Parameters.Add("@id", SqliteType.Integer);
        foreach (var streamId in streamIds)
        {
            stream.Value = streamId;
            using var reader = command.ExecuteReader();
            while (reader.Read())
            {
                cancellation.ThrowIfCancellationRequested();
                var (first, last) = (reader.GetInt64(1), reader.GetInt64(2));
                var one = first >= fromNs && last < toNs && isOne(first, last);
                if (one && _texts.Length == 0)
                {
                    yield return new(streamId, first, reader.GetInt64(3), reader.GetInt64(4));
                    continue;
                }

                id.Value = reader.GetInt64(0);
                if (Open(data, streamId, reader.GetInt64(0)) is not { } cursor)
                    continue;
                using var block = cursor.Block;
                if (one)
                {
                    yield return new(streamId, first, cursor.Lines.Count, cursor.Lines.Sum(line => (long)block.BytesOf(line)));
                    continue;
                }

                foreach (var line in cursor.Lines)
                    yield return new(streamId, block.TimeOf(line), 1, block.BytesOf(line));
            }
        }
    }

    private PriorityQueue<(long Stream, long Id), long> Closed(SqliteConnection connection, IReadOnlyCollection<long> streamIds, CancellationToken cancellation)
    {
        using var command = connection.CreateCommand();
        command.CommandText = _traceId is null
            ? "SELECT id, from_ns, to_ns FROM log_blocks WHERE stream_id = @stream AND to_ns >= @from AND from_ns < @to"
            : """
            SELECT id, from_ns, to_ns, filter FROM log_blocks LEFT JOIN log_filters USING (id)
            WHERE stream_id = @stream AND to_ns >= @from AND from_ns < @to
            """;
        var key = TraceFilter.Key(_traceId);
        var stream = command.Parameters.Add("@stream", SqliteType.Integer);
        command.Parameters.AddWithValue("@from", fromNs);
        command.Parameters.AddWithValue("@to", toNs);
        var blocks = new PriorityQueue<(long, long), long>();
        foreach (var id in streamIds)
        {
            cancellation.ThrowIfCancellationRequested();
            stream.Value = id;
            using var reader = command.ExecuteReader();
            while (reader.Read())
            {
                if (_traceId is null || reader.IsDBNull(3) || TraceFilter.MayHold(SQLitePCL.raw.sqlite3_column_blob(reader.Handle!, 3), key))
                    blocks.Enqueue((id, reader.GetInt64(0)), newestFirst ? ~reader.GetInt64(2) : reader.GetInt64(1));
            }
        }

        return blocks;
    }

    private Cursor? Open(SqliteCommand data, long stream, long id)
    {
        using var reader = data.ExecuteReader();
        if (!reader.Read())
            return null;
        var block = new LogBlockReader(stream, id, SQLitePCL.raw.sqlite3_column_blob(reader.Handle!, 0));
        var lines = _traceId is null || block.MayHold(_traceId) ? block.Find(fromNs, toNs, newestFirst, _texts) : [];
        if (lines.Count > 0)
            return new Cursor(block, lines);
        block.Dispose();
        return null;
    }

    private (long Time, long Sequence) Key(Cursor cursor)
    {
        var line = cursor.Lines[cursor.Position];
        var (time, sequence) = (cursor.Block.TimeOf(line), cursor.Block.SequenceOf(line));
        return newestFirst ? (~time, ~sequence) : (time, sequence);
    }

    private sealed class Cursor(LogBlockReader block, List<int> lines)
    {
        public LogBlockReader Block => block;

        public List<int> Lines => lines;

        public int Position { get; set; }
    }
}
