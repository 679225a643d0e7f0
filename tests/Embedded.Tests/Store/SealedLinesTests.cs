using System.Globalization;
using CsCheck;
using Embedded.Tests.Query;
using MicroMonitored.Embedded.Query.LogQL;
using MicroMonitored.Embedded.Store;
using Microsoft.Data.Sqlite;

namespace Embedded.Tests.Store;

/// <summary>The same queries answer the same over a list, over lines as they were written, after they were merged, and after a restart.</summary>
public sealed class SealedLinesTests
{
    private const long Second = 1_000_000_000;
    private const int Small = 160;
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly string[] Traces = ["4bf92f3577b34da6a3ce929d0e0e4736", "00000000000000000000000000000001", "short"];

    private static readonly string[] Selections =
    [
        "{s=~\".+\"}", "{s=\"a\"}", "{s=~\".+\"} |= \"éb\"", "{s=~\".+\"} |= \"a\" |= \"b\"", "{s=~\".+\"} != \"a\" |= \"b\"",
        "{s=~\".+\"} | level=\"error\"", "{s=~\".+\"} | detected_level=\"error\"", "{s=~\".+\"} | detected_level!=\"error\" |= \"a\"",
        "{s=~\".+\"} | detected_level=~\"err.*|info\" or s=\"a\"", $"{{s=~\".+\"}} | trace_id=\"{Traces[0]}\"",
        $"{{s=\"a\"}} |= \"b\" | trace_id=\"{Traces[1]}\"",
        "{s=\"b\"} | trace_id=\"short\"", "{s=~\".+\"} | trace_id=\"nowhere\"", "{s=~\".+\"} | trace_id_extracted!=\"\"", "{s=~\".+\"} | n > 3",
    ];

    private static readonly string[] Groups =
        ["", " by (s)", " by (level)", " by (detected_level)", " by (trace_id, s)", " by (trace_id_extracted)", " by (severity_text)", " without (n)"];

    private static readonly string[] Functions = ["count_over_time", "rate", "bytes_over_time", "bytes_rate"];

    [Fact]
    public Task Queries_answer_the_same_before_and_after() => Gen.Int.SampleAsync(
        async seed =>
        {
            using var folder = new TemporaryFolder();
            var random = new Random(seed);
            var list = new InMemoryStore();
            List<string> queries = [.. Enumerable.Range(0, 60).Select(_ => Query(random))];
            List<string> expected;
            await using (var store = new TelemetryStore(folder.Path, new EngineCounters()))
            {
                await FillAsync(random, store, list);
                expected = [.. queries.Select(query => Answer(list, query))];
                Same(store);
                var blocks = Number(folder, "SELECT count(*) FROM log_blocks");
                await store.CompactAsync(None);
                Same(store);
                Assert.InRange(Number(folder, "SELECT count(*) FROM log_blocks"), 1, blocks - 100);
                Assert.NotEqual(0, Number(folder, "SELECT count(*) FROM log_filters"));
            }

            await using (var again = new TelemetryStore(folder.Path, new EngineCounters()))
                Same(again);
            Format3(folder);
            await using (var migrated = new TelemetryStore(folder.Path, new EngineCounters()))
            {
                Assert.Null(migrated.Notice);
                Same(migrated);
                await FillAsync(random, migrated, list);
                expected = [.. queries.Select(query => Answer(list, query))];
                Same(migrated);
            }

            void Same(TelemetryStore store)
            {
                foreach (var (query, answer) in queries.Zip(expected))
                    Assert.Equal($"{query}: {answer}", $"{query}: {Answer(store.Logs, query)}");
            }
        },
        iter: 4, threads: 1);

    private static async Task FillAsync(Random random, TelemetryStore store, InMemoryStore list)
    {
        for (var write = 0; write <= Small; write++)
        {
            List<LogRecord> records = [.. Enumerable.Range(0, write == Small ? 6000 : random.Next(1, 6)).Select(_ => Record(random))];
            await store.Logs.AppendAsync(records, None);
            foreach (var record in records)
                list.Add(record.Labels, record.TimestampNs, record.Line, record.Metadata);
        }
    }

    private static LogRecord Record(Random random)
    {
        var labels = new List<KeyValuePair<string, string>> { new("s", Any(random, "a", "b")) };
        if (random.Next(3) > 0)
            labels.Add(new("level", Any(random, "Error", "Information")));
        if (random.Next(40) == 0)
            labels.Add(new("trace_id", Any(random, Traces)));
        var metadata = new List<KeyValuePair<string, string>>();
        if (random.Next(2) == 0)
            metadata.Add(new("trace_id", random.Next(4) > 0 ? $"{random.Next(2, 12):x32}" : Any(random, Traces)));
        if (random.Next(30) == 0)
            metadata.Add(new(Any(random, "severity_text", "level"), "error"));
        if (labels[0].Value == "b" && random.Next(300) == 0)
            metadata.Add(new("detected_level", "odd"));
        var text = string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => Any(random, "a", "b", "é", "\"", "")));
        return new(labels, Time(random), random.Next(3) == 0 ? text + metadata.FirstOrDefault().Value : text, metadata);
    }

    // Often on the edge of a window.
    private static long Time(Random random) => (random.Next(7200) * Second) + (random.Next(3) == 0 ? random.Next(-1, 2) : 0) + Second;

    private static string Any(Random random, params string[] values) => values[random.Next(values.Length)];

    private static string Query(Random random)
    {
        var selection = Any(random, Selections);
        return random.Next(3) == 0
            ? selection
            : $"sum{Any(random, Groups)} ({Any(random, Functions)}({selection} [{Any(random, "1s", "30s", "10m", "3h")}]{Any(random, "", " offset 1m")}))";
    }

    private static string Answer(ILogReader reader, string query)
    {
        try
        {
            return Found(reader, query);
        }
        catch (QueryLimitException limit)
        {
            return limit.Message;
        }
    }

    private static string Found(ILogReader reader, string query)
    {
        var random = new Random(query.Length);
        var (start, end, step) = (random.Next(4000) * Second, random.Next(4000, 8000) * Second, Any(random, "1", "30", "600", "9000"));
        var evaluator = new LogEvaluator(reader, None);
        var node = LogParser.Parse(query);
        if (node is LogSelection selection)
        {
            return string.Join('\n', evaluator.Lines(selection, start, end, random.Next(1, 200), random.Next(2) == 0).Select(stream =>
                $"{stream.Labels} {string.Join(',', stream.Entries.Select(static entry => $"{entry.TimestampNs} {entry.Line}"))}"));
        }

        return string.Join('\n', evaluator.Metric(node, start, end, long.Parse(step, CultureInfo.InvariantCulture) * Second).Select(series =>
            $"{series.Labels} {string.Join(',', series.Points.Select(static point => $"{point.TimestampMs} {point.Value:R}"))}"));
    }

    /// <summary>Makes the store one of the format before filters.</summary>
    private static void Format3(TemporaryFolder folder)
    {
        using var connection = Open(folder, "ReadWrite");
        using var command = connection.CreateCommand();
        command.CommandText = """
            DROP TABLE log_filters; DROP INDEX log_blocks_by_stream; ALTER TABLE streams DROP COLUMN metadata;
            CREATE INDEX log_blocks_by_stream ON log_blocks (stream_id, to_ns, from_ns); PRAGMA user_version = 3;
            """;
        command.ExecuteNonQuery();
    }

    private static long Number(TemporaryFolder folder, string sql)
    {
        using var connection = Open(folder, "ReadOnly");
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return (long)command.ExecuteScalar()!;
    }

    private static SqliteConnection Open(TemporaryFolder folder, string mode)
    {
        var connection = new SqliteConnection($"Data Source={folder.File("store.db")};Mode={mode};Pooling=false");
        connection.Open();
        return connection;
    }
}
