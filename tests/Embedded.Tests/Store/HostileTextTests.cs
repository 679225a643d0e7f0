using MicroMonitored.Embedded.Store;
using MicroMonitored.Protocols.Exposition;
using Microsoft.Data.Sqlite;

namespace Embedded.Tests.Store;

/// <summary>Text that would be SQL were it not a parameter, and readers that could not write even so.</summary>
public sealed class HostileTextTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Theory]
    [InlineData("'; DROP TABLE series; DELETE FROM log_blocks; --")]
    [InlineData("\" OR 1=1; PRAGMA writable_schema=1; --")]
    [InlineData("@service")]
    [InlineData("a\0b\u001b\r\n%_'\"`[]")]
    public async Task It_is_stored_and_found_as_it_is(string text)
    {
        using var folder = new TemporaryFolder();
        var store = new TelemetryStore(folder.Path, new EngineCounters());
        await using (store)
        {
            await WriteAsync("other");
            await WriteAsync(text);
            await store.Metrics.FlushAsync(None);
            Check();
        }

        store = new TelemetryStore(folder.Path, new EngineCounters());
        await using (store)
            Check();

        async Task WriteAsync(string value)
        {
            KeyValuePair<string, string>[] labels = [new("__name__", value), new("x", value)];
            await store.Metrics.AppendAsync(new(
                [new(labels, new(1, 1), new(1, 1, [new(value, value)]))],
                new Dictionary<string, MetricMetadata> { [value] = new("counter", value, value) }), None);
            await store.Logs.AppendAsync(
                [new([new("service_name", value)], 1, value, [new(value, value)])], [new(value, value, [1], 1)], [], None);
            var id = new byte[16];
            id[0] = (byte)(value == text ? 1 : 2);
            await store.Spans.AppendAsync([new(id, [1, 0, 0, 0, 0, 0, 0, 1], null, value, value, 1, 1, 2, [1], [2], [3])], None);
        }

        void Check()
        {
            var series = Assert.Single(store.Metrics.Series([new("x", MatchOperator.Equal, text)], 10, None));
            Assert.Equal(text, series.Labels[0].Value);
            Assert.Equal(text, Assert.Single(store.Metrics.Exemplars([series.Id], 0, 9, None)).Labels[0].Key);
            Assert.Equal(text, store.Metrics.Metadata()[text].Help);
            var stream = Assert.Single(store.Logs.Streams([new("service_name", MatchOperator.Equal, text)], None));
            var line = Assert.Single(store.Logs.Entries([stream.Id], 0, 9, false, new([text]), None));
            Assert.Equal((text, text), (line.Line, line.Metadata[0].Key));
            Assert.Contains(store.Logs.Positions(), position => position.Path == text && position.Identity == text);
            Assert.Equal(2, store.Spans.ServiceNames(None).Count);
            Assert.Equal([text], store.Spans.SpanNames(text, None));
            Assert.Equal(1, Assert.Single(store.Spans.Search(new() { ServiceName = text, SpanName = text }, None))[0]);
            Assert.Equal((2, 2, 2, 2), (store.Count().Series, store.Count().Samples, store.Count().LogLines, store.Count().Spans));
        }
    }

    [Theory]
    [InlineData("DELETE FROM series")]
    [InlineData("CREATE TABLE a (b)")]
    [InlineData("PRAGMA user_version = 9")]
    public void A_reader_cannot_write(string sql)
    {
        using var folder = new TemporaryFolder();
        using var database = new Database(folder.Path);
        using var reader = database.OpenReader();
        using var command = reader.CreateCommand();
        command.CommandText = sql;
        Assert.Equal(8, Assert.Throws<SqliteException>(() => command.ExecuteNonQuery()).SqliteErrorCode);
    }
}
