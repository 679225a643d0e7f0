using Microsoft.Data.Sqlite;

namespace MicroMonitored.Embedded.Store;

/// <summary>The store cannot be opened; the message is one line for a person.</summary>
internal sealed class StoreOpenException(string message, Exception? inner = null) : IOException(message, inner);

/// <summary>The SQLite file: its schema, one connection that writes, and read-only ones for queries.</summary>
internal sealed class Database : IDisposable
{
    /// <summary>Written as SQLite's application id, so that a foreign file is known: "MMon".</summary>
    private const int ApplicationId = 0x4D4D6F6E;
    private const int SchemaVersion = 4;

    private const string LogIndexes = """
        CREATE INDEX log_blocks_by_stream ON log_blocks (stream_id, to_ns, from_ns, lines, bytes);
        CREATE TABLE log_filters (id INTEGER PRIMARY KEY, filter BLOB NOT NULL);
        """;

    private const string Schema = $$"""
        CREATE TABLE series (id INTEGER PRIMARY KEY, labels TEXT NOT NULL);
        CREATE TABLE metric_log (id INTEGER PRIMARY KEY, data BLOB NOT NULL);
        CREATE TABLE chunks (series_id INTEGER NOT NULL, from_ms INTEGER NOT NULL, to_ms INTEGER NOT NULL, data BLOB NOT NULL,
            PRIMARY KEY (series_id, from_ms)) WITHOUT ROWID;
        CREATE TABLE exemplars (series_id INTEGER NOT NULL, ts_ms INTEGER NOT NULL, labels TEXT NOT NULL, value REAL,
            PRIMARY KEY (series_id, ts_ms, labels)) WITHOUT ROWID;
        CREATE TABLE metadata (family TEXT PRIMARY KEY, type TEXT NOT NULL, unit TEXT NOT NULL, help TEXT NOT NULL) WITHOUT ROWID;
        CREATE TABLE streams (id INTEGER PRIMARY KEY, labels TEXT NOT NULL, metadata TEXT);
        CREATE TABLE log_blocks (id INTEGER PRIMARY KEY, stream_id INTEGER NOT NULL, from_ns INTEGER NOT NULL, to_ns INTEGER NOT NULL,
            lines INTEGER NOT NULL, bytes INTEGER NOT NULL, tail INTEGER NOT NULL, data BLOB NOT NULL);
        CREATE INDEX log_blocks_by_time ON log_blocks (to_ns, stream_id, lines);
        CREATE INDEX log_blocks_of_tail ON log_blocks (stream_id, bytes) WHERE tail = 1;
        {{LogIndexes}}
        CREATE TABLE tails (path TEXT NOT NULL, identity TEXT NOT NULL, fingerprint BLOB NOT NULL, position INTEGER NOT NULL,
            PRIMARY KEY (path, identity)) WITHOUT ROWID;
        CREATE TABLE operations (id INTEGER PRIMARY KEY, service TEXT NOT NULL, name TEXT NOT NULL, UNIQUE (service, name));
        CREATE TABLE messages (id INTEGER PRIMARY KEY, hash BLOB NOT NULL UNIQUE, data BLOB NOT NULL);
        CREATE TABLE span_blocks (id INTEGER PRIMARY KEY, from_ns INTEGER NOT NULL, to_ns INTEGER NOT NULL, end_ns INTEGER NOT NULL,
            spans INTEGER NOT NULL, traces INTEGER NOT NULL, tail INTEGER NOT NULL, operations BLOB NOT NULL, messages BLOB NOT NULL,
            head BLOB NOT NULL, body BLOB NOT NULL);
        CREATE INDEX span_blocks_by_time ON span_blocks (to_ns, from_ns, end_ns, spans, traces);
        CREATE INDEX span_blocks_of_tail ON span_blocks (id) WHERE tail = 1;
        CREATE TABLE span_filters (id INTEGER PRIMARY KEY, filter BLOB NOT NULL);
        CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
        """;

    private readonly FileStream _lock;
    private readonly string _readerConnectionString;

    public Database(string folder)
    {
        Path = System.IO.Path.Combine(folder, "store.db");
        try
        {
            Directory.CreateDirectory(folder);
            _lock = new FileStream(System.IO.Path.Combine(folder, "store.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new StoreOpenException($"dataFolder: {folder} cannot be written; choose a folder this user may write.", exception);
        }
        catch (IOException exception)
        {
            throw new StoreOpenException($"dataFolder: {folder} is in use by another engine or cannot be created ({exception.Message}).", exception);
        }

        _readerConnectionString = new SqliteConnectionStringBuilder { DataSource = Path, Mode = SqliteOpenMode.ReadOnly, DefaultTimeout = 10 }.ToString();
        Writer = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = Path, Pooling = false, DefaultTimeout = 10 }.ToString());
        try
        {
            Prepare();
        }
        catch (SqliteException exception)
        {
            Dispose();
            throw new StoreOpenException($"dataFolder: {Path} cannot be opened: {exception.Message}", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Dispose();
            throw new StoreOpenException($"dataFolder: {Path} cannot be set aside: {exception.Message}", exception);
        }
    }

    /// <summary>Whether SQLite says that the file itself is broken.</summary>
    public static bool IsDamage(SqliteException exception) => exception.SqliteErrorCode is 11 or 26;

    /// <summary>What was set aside and why, in one line; null where nothing was.</summary>
    public string? Notice { get; private set; }

    public string Path { get; }

    /// <summary>Used by the commit queue alone once the engine runs.</summary>
    public SqliteConnection Writer { get; }

    /// <summary>A pooled connection that cannot write.</summary>
    public SqliteConnection OpenReader()
    {
        var connection = new SqliteConnection(_readerConnectionString);
        connection.Open();
        return connection;
    }

    public long Bytes() => Length(Path) + Length(Path + "-wal");

    /// <summary>Bytes of the pages in use: what the file would take without those that wait to be filled again.</summary>
    public long UsedBytes() => ((Number("SELECT page_count FROM pragma_page_count") ?? 0) - (Number("SELECT freelist_count FROM pragma_freelist_count") ?? 0))
        * (Number("SELECT page_size FROM pragma_page_size") ?? 0);

    /// <summary>The one number that a query gives; null where it gives none.</summary>
    public long? Number(string sql)
    {
        using var connection = OpenReader();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar() as long?;
    }

    public void Dispose()
    {
        using (var pool = new SqliteConnection(_readerConnectionString))
            SqliteConnection.ClearPool(pool);
        Writer.Dispose();
        _lock.Dispose();
    }

    private static long Length(string path)
    {
        var file = new FileInfo(path);
        return file.Exists ? file.Length : 0;
    }

    /// <summary>Renames the file and its journals, so that an empty store takes their place; nothing is deleted.</summary>
    public void SetAside(string reason)
    {
        using (var pool = new SqliteConnection(_readerConnectionString))
            SqliteConnection.ClearPool(pool);
        Writer.Close();
        var name = $"{Path}.set-aside-{DateTime.UtcNow:yyyyMMdd'T'HHmmss}";
        for (var number = 2; File.Exists(name); number++)
            name = $"{name.Split('~')[0]}~{number}";
        foreach (var part in (string[])["", "-wal", "-shm"])
            if (File.Exists(Path + part))
                File.Move(Path + part, name + part);
        Notice = $"dataFolder: {Path} {reason}; it was renamed to {System.IO.Path.GetFileName(name)} and an empty store takes its place.";
        Writer.Open();
        Create();
    }

    private void Prepare()
    {
        string? fault;
        try
        {
            Writer.Open();
            fault = Fault();
            if (fault is null)
                Create();
        }
        catch (SqliteException exception) when (IsDamage(exception))
        {
            fault = "is damaged or not a database";
        }

        if (fault is not null)
            SetAside(fault);
    }

    /// <summary>Why the file is not a store of this format; null when it is, or is empty.</summary>
    private string? Fault()
    {
        if (WrittenNumber("SELECT count(*) FROM sqlite_master") == 0)
            return null;
        if (WrittenNumber("PRAGMA application_id") != ApplicationId)
            return "is a database of another program";
        // Format 3 had no filters of trace ids; what has none is looked into.
        if (WrittenNumber("PRAGMA user_version") == 3)
            Run($"BEGIN IMMEDIATE; DROP INDEX log_blocks_by_stream; ALTER TABLE streams ADD COLUMN metadata TEXT; {LogIndexes} "
                + "PRAGMA user_version = 4; COMMIT");
        var version = WrittenNumber("PRAGMA user_version");
        return version == SchemaVersion ? null : $"was written by {(version > SchemaVersion ? "a newer" : "an older")} engine (format {version}, "
            + $"this one reads {SchemaVersion})";
    }

    private void Create()
    {
        var isEmpty = WrittenNumber("SELECT count(*) FROM sqlite_master") == 0;

        // A commit reaches the operating system's cache before it is answered, which a killed process survives;
        // only a power failure may take the newest commits.
        if (isEmpty)
            Run("PRAGMA auto_vacuum = INCREMENTAL");
        Run("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -16000; "
            + "PRAGMA temp_store = MEMORY; PRAGMA journal_size_limit = 67108864; PRAGMA wal_autocheckpoint = 2000");
        if (isEmpty)
            Run($"BEGIN IMMEDIATE; {Schema} PRAGMA application_id = {ApplicationId}; PRAGMA user_version = {SchemaVersion}; COMMIT");
    }

    private long WrittenNumber(string sql)
    {
        using var command = Writer.CreateCommand();
        command.CommandText = sql;
        return (long)command.ExecuteScalar()!;
    }

    private void Run(string sql)
    {
        using var command = Writer.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
