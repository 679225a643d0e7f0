using System.Threading.Channels;
using Microsoft.Data.Sqlite;

namespace MicroMonitored.Embedded.Store;

/// <summary>One change of the store. All three methods run on the writer's thread.</summary>
internal abstract class StoreWrite
{
    internal TaskCompletionSource Completion { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Whether it needs a transaction of its own.</summary>
    public virtual bool Alone => false;

    /// <summary>Its rough share of a transaction, in rows.</summary>
    public abstract int Rows { get; }

    public abstract void Apply(WriteSession session);

    public virtual void Committed()
    {
    }

    public virtual void RolledBack()
    {
    }
}

/// <summary>Prepared statements of the writing connection.</summary>
internal sealed class WriteSession(SqliteConnection connection)
{
    private readonly Dictionary<string, SqliteCommand> _commands = [];

    /// <summary>Rows changed by the statement.</summary>
    public int Execute(string sql, params ReadOnlySpan<object?> arguments) => Bind(sql, arguments).ExecuteNonQuery();

    /// <summary>The first column of the first row, or null.</summary>
    public object? Scalar(string sql, params ReadOnlySpan<object?> arguments) => Bind(sql, arguments).ExecuteScalar();

    /// <summary>The first three columns of all rows, which are numbers.</summary>
    public List<(long First, long Second, long Third)> Rows(string sql, params ReadOnlySpan<object?> arguments)
    {
        using var reader = Bind(sql, arguments).ExecuteReader();
        var rows = new List<(long, long, long)>();
        while (reader.Read())
            rows.Add((reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2)));
        return rows;
    }

    /// <summary>The first two columns of all rows, which are bytes.</summary>
    public List<(byte[] First, byte[] Second)> Blobs(string sql)
    {
        using var reader = Bind(sql, []).ExecuteReader();
        var rows = new List<(byte[], byte[])>();
        while (reader.Read())
            rows.Add(((byte[])reader.GetValue(0), (byte[])reader.GetValue(1)));
        return rows;
    }

    /// <summary>Inserts one row and gives its id.</summary>
    public long Insert(string sql, params ReadOnlySpan<object?> arguments)
    {
        Bind(sql, arguments).ExecuteNonQuery();
        return SQLitePCL.raw.sqlite3_last_insert_rowid(connection.Handle);
    }

    /// <summary>Arguments are bound to <c>@0</c>, <c>@1</c>, …</summary>
    private SqliteCommand Bind(string sql, ReadOnlySpan<object?> arguments)
    {
        if (!_commands.TryGetValue(sql, out var command))
        {
            command = connection.CreateCommand();
            command.CommandText = sql;
            for (var i = 0; i < arguments.Length; i++)
                command.Parameters.Add(new SqliteParameter { ParameterName = $"@{i}" });
            _commands.Add(sql, command);
        }

        for (var i = 0; i < arguments.Length; i++)
        {
            var parameter = command.Parameters[i];
            parameter.ResetSqliteType();
            parameter.Value = arguments[i] ?? DBNull.Value;
        }

        return command;
    }
}

/// <summary>
/// The one writer: takes what has queued up while the last transaction was committed, writes it in one transaction,
/// and completes each change only after the commit.
/// </summary>
internal sealed class CommitQueue : IAsyncDisposable
{
    private const int RowsPerTransaction = 20_000;

    private const int Waiting = 256;

    /// <summary>How long a change waits for room before its sender is told to come again.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly Channel<StoreWrite> _writes = Channel.CreateBounded<StoreWrite>(new BoundedChannelOptions(Waiting) { SingleReader = true });
    private readonly WriteSession _session;
    private readonly Thread _thread;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public CommitQueue(SqliteConnection connection)
    {
        _session = new WriteSession(connection);
        _thread = new Thread(Run) { IsBackground = true, Name = "store writer" };
        _thread.Start();
    }

    public async Task WriteAsync(StoreWrite write, CancellationToken cancellation)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        try
        {
            if (!_writes.Writer.TryWrite(write))
            {
                patience.CancelAfter(Patience);
                await _writes.Writer.WriteAsync(write, patience.Token);
            }
        }
        catch (OperationCanceledException exception) when (!cancellation.IsCancellationRequested)
        {
            throw new StoreUnavailableException("The store cannot keep up; send again later.", exception);
        }
        catch (ChannelClosedException exception)
        {
            throw new StoreUnavailableException("The engine is stopping.", exception);
        }

        await write.Completion.Task;
    }

    public async ValueTask DisposeAsync()
    {
        _writes.Writer.TryComplete();
        await _ended.Task;
    }

    private void Run()
    {
        try
        {
            var batch = new List<StoreWrite>();
            StoreWrite? held = null;
            while (held is not null || _writes.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
            {
                batch.Clear();
                var rows = 0;
                while (rows < RowsPerTransaction && (held is not null || _writes.Reader.TryRead(out held)))
                {
                    if (held!.Alone && batch.Count > 0)
                        break;
                    batch.Add(held);
                    rows += held.Rows;
                    var alone = held.Alone;
                    held = null;
                    if (alone)
                        break;
                }

                Commit(batch);
            }
        }
        finally
        {
            _ended.TrySetResult();
        }
    }

    private void Commit(List<StoreWrite> batch)
    {
        try
        {
            _session.Execute("BEGIN IMMEDIATE");
            foreach (var write in batch)
                write.Apply(_session);
            _session.Execute("COMMIT");
        }
        catch (Exception exception)
        {
            try
            {
                _session.Execute("ROLLBACK");
            }
            catch (SqliteException)
            {
                // SQLite has rolled back by itself, as it does when the disk is full.
            }

            foreach (var write in batch)
                write.RolledBack();
            if (batch.Count == 1)
            {
                batch[0].Completion.TrySetException(exception is SqliteException sqlite
                    ? new StoreUnavailableException($"The store cannot write: {sqlite.Message}", sqlite)
                    : exception);
            }
            else
            {
                foreach (var write in batch)
                    Commit([write]);
            }

            return;
        }

        foreach (var write in batch)
        {
            write.Committed();
            write.Completion.TrySetResult();
        }
    }
}
