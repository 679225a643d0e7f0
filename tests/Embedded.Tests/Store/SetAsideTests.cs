using MicroMonitored.Embedded;
using MicroMonitored.Embedded.Store;
using Microsoft.Data.Sqlite;

namespace Embedded.Tests.Store;

/// <summary>A file that is not a store of this format is renamed, never misread and never deleted, and the engine starts.</summary>
public sealed class SetAsideTests : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;
    private readonly TemporaryFolder _folder = new();
    private readonly EngineCounters _counters = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public Task A_file_that_is_no_database()
    {
        File.WriteAllText(_folder.File("store.db"), new string('x', 5000));
        return StartsEmptyAsync("is damaged or not a database", file => Assert.Equal(new string('x', 5000), File.ReadAllText(file)));
    }

    [Fact]
    public Task A_database_of_another_program()
    {
        Run("CREATE TABLE theirs (x)");
        return StartsEmptyAsync("is a database of another program", file => Run("SELECT x FROM theirs", file));
    }

    [Theory]
    [InlineData(1, "was written by an older engine (format 1,")]
    [InlineData(99, "was written by a newer engine (format 99,")]
    public async Task A_store_of_another_format(int version, string reason)
    {
        await FillAsync();
        Run($"PRAGMA user_version = {version}");
        await StartsEmptyAsync(reason, file => Run("SELECT labels FROM streams", file));
    }

    [Fact]
    public async Task A_store_whose_labels_are_damaged()
    {
        await FillAsync();
        Run("UPDATE streams SET labels = '{'");
        await StartsEmptyAsync("is damaged", file => Run("SELECT labels FROM streams", file));
    }

    [Fact]
    public async Task A_store_whose_pages_are_overwritten()
    {
        await FillAsync();
        using (var file = File.OpenWrite(_folder.File("store.db")))
        {
            file.Position = 100;
            file.Write(Enumerable.Repeat((byte)0xA5, 8000).ToArray());
        }

        await StartsEmptyAsync("is damaged", file => Assert.True(new FileInfo(file).Length > 8000));
    }

    [Fact]
    public async Task A_store_of_this_format_is_kept()
    {
        await FillAsync();
        await using var store = new TelemetryStore(_folder.Path, _counters);
        Assert.Null(store.Notice);
        Assert.Equal(1, store.Count().LogLines);
    }

    private async Task StartsEmptyAsync(string reason, Action<string> check)
    {
        string file;
        await using (var store = new TelemetryStore(_folder.Path, _counters))
        {
            Assert.Contains(reason, store.Notice, StringComparison.Ordinal);
            Assert.Equal(1, _counters.Value("store_errors", "set_aside"));
            Assert.Equal(0, store.Count().LogLines);
            await store.Logs.AppendAsync([new([new("service_name", "b")], 2, "new", [])], None);
            Assert.Equal(1, store.Count().LogLines);
            file = Assert.Single(Directory.GetFiles(_folder.Path, "store.db.set-aside-*"), name => !name.EndsWith("-wal") && !name.EndsWith("-shm"));
            Assert.Contains(Path.GetFileName(file), store.Notice, StringComparison.Ordinal);
        }

        check(file);
        await using var again = new TelemetryStore(_folder.Path, new EngineCounters());
        Assert.Null(again.Notice);
        Assert.Equal(1, again.Count().LogLines);
    }

    private async Task FillAsync()
    {
        await using var store = new TelemetryStore(_folder.Path, new EngineCounters());
        await store.Logs.AppendAsync([new([new("service_name", "a")], 1, "old", [])], None);
    }

    private void Run(string sql, string? file = null)
    {
        using var connection = new SqliteConnection($"Data Source={file ?? _folder.File("store.db")};Pooling=false");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
