using CsCheck;
using MicroMonitored.Embedded.Store;

namespace Embedded.Tests.Store;

public sealed class LogBlockTests : IAsyncDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly KeyValuePair<string, string>[] Stream = [new("service_name", "a")];
    private readonly TemporaryFolder _folder = new();
    private readonly TelemetryStore _store;

    public LogBlockTests() => _store = new TelemetryStore(_folder.Path, new EngineCounters());

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public void Blocks_give_back_every_line()
    {
        var text = Gen.String[Gen.Char["ab\0é\n\"{"], 0, 40];
        var pairs = Gen.Select(Gen.String[Gen.Char["xyz"], 1, 3], text, static (name, value) => KeyValuePair.Create(name, value)).Array[0, 3];
        var time = Gen.OneOf(Gen.Long[long.MinValue, long.MaxValue - 1], Gen.Long[0, 50], Gen.Long[0, 50].Select(static n => n * 1_000_000));
        Gen.Select(time, text, pairs).Array[1, 60].Sample(
            lines =>
            {
                List<LogEntry> entries = [.. lines.Select((line, i) => new LogEntry(7, line.Item1, 100 + i, line.Item2, line.Item3))];
                var expected = entries.OrderBy(entry => entry.TimestampNs).ThenBy(entry => entry.Sequence).ToList();
                var written = LogBlock.Write(entries);
                using var block = new LogBlockReader(7, written.First, written.Data);
                var read = block.Find(long.MinValue, long.MaxValue, false, []).Select(block.Entry).ToList();
                Assert.Equal(expected.Select(Shown), read.Select(Shown));

                foreach (var wanted in (string[])["a", "ab", "éa", "\n\""])
                {
                    var found = block.Find(long.MinValue, long.MaxValue, true, [System.Text.Encoding.UTF8.GetBytes(wanted), "a"u8.ToArray()]);
                    Assert.Equal(
                        expected.Where(entry => entry.Line.Contains(wanted, StringComparison.Ordinal) && entry.Line.Contains('a')).Reverse().Select(Shown),
                        found.Select(block.Entry).Select(Shown));
                }
            },
            iter: 500);
    }

    [Fact]
    public void Damaged_blocks_are_refused_and_nothing_else()
    {
        var written = LogBlock.Write(
            [.. Enumerable.Range(0, 300).Select(i => new LogEntry(1, i, i, $"{{\"n\":{i},\"trace\":\"abcdefgh\"}}", [new("t", "abcdefgh")]))]);
        Gen.Select(Gen.Int[0, written.Data.Length - 1], Gen.Byte, Gen.Int[0, written.Data.Length]).Sample(
            damage =>
            {
                var data = (byte[])written.Data.Clone();
                data[damage.Item1] = damage.Item2;
                try
                {
                    using var block = new LogBlockReader(1, 0, data.AsSpan(0, damage.Item3));
                    foreach (var line in block.Find(long.MinValue, long.MaxValue, false, []))
                        block.Entry(line);
                }
                catch (InvalidDataException)
                {
                }
            },
            iter: 3000);
    }

    [Fact]
    public async Task Small_writes_are_merged_and_read_the_same_in_either_order()
    {
        for (var i = 0; i < 700; i++)
            await _store.Logs.AppendAsync([new(Stream, 1_000_000 - (i % 7 * 10), $"line {i} of many", [new("n", $"{i}")])], None);
        var before = Read(false);
        var rows = Rows();
        await _store.CompactAsync(None);
        await _store.CompactAsync(None);
        Assert.True(Rows() * 10 < rows, $"{Rows()} of {rows} blocks are left.");
        Assert.Equal(before, Read(false));
        Assert.Equal(Enumerable.Reverse(before), Read(true));
        Assert.Equal(700, _store.Count().LogLines);
        var found = _store.Logs.Entries(Ids(), 0, long.MaxValue, false, new(["69"]), None).Select(entry => entry.Line);
        Assert.Equal(17, found.Count(line => line.Contains("69", StringComparison.Ordinal)));
    }

    private long[] Ids() => [.. _store.Logs.Streams([], None).Select(stream => stream.Id)];

    private List<string> Read(bool newestFirst) => [.. _store.Logs.Entries(Ids(), 0, long.MaxValue, newestFirst, LogNeeds.None, None).Select(Shown)];

    private long Rows()
    {
        using var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={_folder.File("store.db")};Mode=ReadOnly;Pooling=false");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT count(*) FROM log_blocks";
        return (long)command.ExecuteScalar()!;
    }

    private static string Shown(LogEntry entry) =>
        $"{entry.TimestampNs} {entry.Sequence} {entry.Line} {string.Join(',', entry.Metadata.Select(pair => $"{pair.Key}={pair.Value}"))}";
}
