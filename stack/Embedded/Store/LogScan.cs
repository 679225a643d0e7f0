using System.Text;
using Microsoft.Data.Sqlite;

namespace MicroMonitored.Embedded.Store;

/// <summary>Reads the lines of a time range in order: a block is opened only when its first line can be the next.</summary>
internal sealed class LogScan(Database database, long fromNs, long toNs, bool newestFirst, IReadOnlyList<string> texts)
{
    private readonly byte[][] _texts = [.. texts.Where(text => text.Length > 0).Select(Encoding.UTF8.GetBytes)];

    public IEnumerable<LogEntry> Entries(IReadOnlyCollection<long> streamIds, CancellationToken cancellation)
    {
        using var connection = database.OpenReader();
        // One view for the whole scan: blocks may be merged meanwhile.
        using var view = connection.BeginTransaction(deferred: true);
        var closed = Closed(connection, streamIds, cancellation);
        var open = new PriorityQueue<Cursor, (long Time, long Sequence)>();
        using var data = connection.CreateCommand();
        data.CommandText = "SELECT data FROM log_blocks WHERE id = @id";
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

    private PriorityQueue<(long Stream, long Id), long> Closed(SqliteConnection connection, IReadOnlyCollection<long> streamIds, CancellationToken cancellation)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT id, from_ns, to_ns FROM log_blocks WHERE stream_id = @stream AND to_ns >= @from AND from_ns < @to";
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
                blocks.Enqueue((id, reader.GetInt64(0)), newestFirst ? ~reader.GetInt64(2) : reader.GetInt64(1));
        }

        return blocks;
    }

    private Cursor? Open(SqliteCommand data, long stream, long id)
    {
        using var reader = data.ExecuteReader();
        if (!reader.Read())
            return null;
        var block = new LogBlockReader(stream, id, SQLitePCL.raw.sqlite3_column_blob(reader.Handle!, 0));
        var lines = block.Find(fromNs, toNs, newestFirst, _texts);
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
