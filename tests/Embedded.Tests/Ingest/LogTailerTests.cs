using System.Text;
using MicroMonitored.Embedded;
using MicroMonitored.Embedded.Ingest.Tail;
using MicroMonitored.Embedded.Store;
using Microsoft.Extensions.Logging.Abstractions;

namespace Embedded.Tests.Ingest;

public sealed class LogTailerTests : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly EngineCounters _counters = new();
    private readonly string _logs;
    private TelemetryStore _store;
    private LogTailer _tailer;

    public LogTailerTests()
    {
        _logs = Directory.CreateDirectory(_folder.File("logs")).FullName;
        (_store, _tailer) = Start();
    }

    public async ValueTask DisposeAsync()
    {
        _tailer.Dispose();
        await _store.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Lines_get_exactly_the_agreed_labels()
    {
        Append("shop-orders.log", "{\"level\":\"warning\",\"trace_id\":\"t\"}\n");
        await PollAsync();
        var stream = Assert.Single(_store.Logs.Streams([], CancellationToken.None));
        Assert.Equal(
            [new("filename", Path.Combine(_logs, "shop-orders.log")), new("job", "shop-orders"), new("level", "warning"), new("service_name", "shop-orders")],
            stream.Labels);
        Assert.Equal([new("trace_id", "t")], Assert.Single(Entries()).Metadata);
    }

    [Fact]
    public async Task Half_a_line_waits_for_its_end()
    {
        Append("a.log", "one\ntwo-");
        await PollAsync();
        Assert.Equal(["one"], Lines());
        await RestartAsync();
        Append("a.log", "end\r\nthree\n");
        await PollAsync();
        Assert.Equal(["one", "three", "two-end"], Lines().Order());
    }

    [Fact]
    public async Task A_rotation_loses_and_doubles_nothing()
    {
        Append("a.log", "1\n2\n");
        await PollAsync();
        Append("a.log", "3\n");
        Rotate("a", 1);
        Append("a.log", "4\n");
        await PollAsync();
        Append("a.1.log", "late\n");
        Append("a.log", "5\n");
        await PollAsync();
        Assert.Equal(["1", "2", "3", "4", "5", "late"], Lines().Order());
        Assert.Equal("a", Assert.Single(_store.Logs.Streams([], CancellationToken.None)).Labels.Single(label => label.Key == "job").Value);
    }

    [Fact]
    public async Task Three_rotations_while_the_agent_is_down_are_caught_up()
    {
        Append("a.log", "1\n");
        await PollAsync();
        await StopAsync();
        Append("a.log", "2\n");
        for (var rotation = 0; rotation < 3; rotation++)
        {
            for (var number = rotation; number >= 1; number--)
                File.Move(Path.Combine(_logs, $"a.{number}.log"), Path.Combine(_logs, $"a.{number + 1}.log"));
            Rotate("a", 1);
            Append("a.log", $"{3 + rotation}\n");
        }

        (_store, _tailer) = Start();
        await PollAsync();
        await PollAsync();
        Assert.Equal(["1", "2", "3", "4", "5"], Lines().Order());
    }

    [Fact]
    public async Task Files_with_the_same_beginning_are_told_apart_and_a_numbered_suffix_counts_as_rotated()
    {
        Append("a.log", "same\nsame\n");
        await PollAsync();
        File.Move(Path.Combine(_logs, "a.log"), Path.Combine(_logs, "a.log.1"));
        Append("a.log", "same\nsame\nsame\n");
        await PollAsync();
        Assert.Equal(5, Lines().Count);
    }

    [Fact]
    public async Task A_truncated_file_is_read_from_its_start_and_the_unread_tail_is_counted()
    {
        Append("a.log", "first line\nhalf of");
        await PollAsync();
        File.WriteAllText(Path.Combine(_logs, "a.log"), "new\n");
        await PollAsync();
        Assert.Equal(["first line", "new"], Lines().Order());
        Assert.Equal("half of".Length, _counters.Value("log_truncated_unread_bytes", "file"));
    }

    [Fact]
    public async Task A_deleted_file_is_read_to_its_end()
    {
        Append("a.log", "1\n");
        await PollAsync();
        Append("a.log", "2\nlast words");
        File.Delete(Path.Combine(_logs, "a.log"));
        for (var poll = 0; poll < 30; poll++)
            await PollAsync();
        Assert.Equal(["1", "2", "last words"], Lines().Order());
        Assert.Empty(_store.Logs.Positions());
    }

    [Fact]
    public async Task Bad_lines_are_stored_flagged_and_block_nothing()
    {
        File.WriteAllBytes(Path.Combine(_logs, "a.log"), [.. Encoding.UTF8.GetBytes(new string('x', 300 * 1024) + "\n\u001b[31m\0red\n"), 0xFF, (byte)'\n']);
        Append("b.log", "{\"message\":\"fine\"}\n");
        await PollAsync();
        var entries = Entries();
        Assert.Equal(4, entries.Count);
        Assert.Equal(LogLine.MaxBytes, entries.Single(entry => entry.Line.StartsWith('x')).Line.Length);
        Assert.Contains("\u001b[31m\0red", Lines());
        Assert.Contains("\uFFFD", Lines());
        Assert.Equal(1, _counters.Value("flagged_log_lines", "truncated"));
        Assert.Equal(1, _counters.Value("flagged_log_lines", "invalid_utf8"));
    }

    [Fact]
    public async Task A_line_longer_than_the_read_block_is_cut_and_what_follows_is_read()
    {
        Append("a.log", "before\n" + new string('y', 2_500_000));
        await PollAsync();
        Assert.Equal(["before"], Lines());
        Append("a.log", new string('y', 600_000) + "\nafter\n");
        await PollAsync();
        Assert.Equal(3, Lines().Count);
        Assert.Contains("after", Lines());
        Assert.Contains(Entries(), entry => entry.Line.Length == LogLine.MaxBytes && entry.Metadata.Contains(new("truncated", "true")));
    }

    [Fact]
    public async Task Nothing_outside_the_folder_is_read()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Making symbolic links needs a privilege on Windows.");
        File.WriteAllText(_folder.File("secret.log"), "secret\n");
        File.CreateSymbolicLink(Path.Combine(_logs, "link.log"), _folder.File("secret.log"));
        Directory.CreateDirectory(Path.Combine(_logs, "sub.log"));
        File.WriteAllText(Path.Combine(_logs, "sub.log", "in.log"), "sub\n");
        Append("other.txt", "text\n");
        await PollAsync();
        Assert.Empty(Entries());
    }

    [Fact]
    public async Task An_unreadable_file_is_named_and_the_others_are_read()
    {
        Assert.SkipWhen(Environment.IsPrivilegedProcess, "Needs a user whom file modes stop.");
        if (OperatingSystem.IsWindows())
            return;
        Append("a.log", "1\n");
        File.SetUnixFileMode(Path.Combine(_logs, "a.log"), UnixFileMode.None);
        Append("b.log", "2\n");
        await PollAsync();
        Assert.Equal(["2"], Lines());
        Assert.True(_counters.Value("log_file_errors", "unreadable a.log") > 0);
    }

    [Fact]
    public async Task Restarts_at_any_moment_keep_every_line_once()
    {
        var random = new Random(3);
        var number = 0;
        var rotated = 0;
        for (var round = 0; round < 25; round++)
        {
            var text = new StringBuilder();
            for (var line = random.Next(1, 40); line > 0; line--)
                text.Append(System.Globalization.CultureInfo.InvariantCulture, $"{{\"n\":{number++}}}\n");
            Append("a.log", text.ToString());
            if (random.Next(3) == 0)
                Rotate("a", 100 + ++rotated);
            if (random.Next(2) == 0)
                await PollAsync();
            if (random.Next(4) == 0)
                await RestartAsync();
        }

        await PollAsync();
        await PollAsync();
        Assert.Equal(Enumerable.Range(0, number).Select(n => $"{{\"n\":{n}}}").Order(StringComparer.Ordinal), Lines().Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("a.log", "a.log")]
    [InlineData("a.12.log", "a.log")]
    [InlineData("a.log.3", "a.log")]
    [InlineData("a.b.log", "a.b.log")]
    [InlineData(".log", null)]
    [InlineData("a.txt", null)]
    [InlineData("a.log.gz", null)]
    public void Rotated_names_lead_to_the_live_one(string name, string? live) => Assert.Equal(live, LogTailer.LivePath(name));

    private (TelemetryStore, LogTailer) Start()
    {
        var store = new TelemetryStore(_folder.File("data"), _counters);
        var options = new EmbeddedOptions { DataFolder = _folder.File("data"), LogFolder = _logs, Ports = new StackPorts() };
        return (store, new LogTailer(options, store.Logs, TimeProvider.System, _counters, NullLogger<LogTailer>.Instance));
    }

    private async Task StopAsync()
    {
        _tailer.Dispose();
        await _store.DisposeAsync();
    }

    private async Task RestartAsync()
    {
        await StopAsync();
        (_store, _tailer) = Start();
    }

    private async Task PollAsync()
    {
        while (await _tailer.PollAsync(CancellationToken.None))
        {
        }
    }

    private void Append(string name, string text) => File.AppendAllText(Path.Combine(_logs, name), text);

    private void Rotate(string name, int number) => File.Move(Path.Combine(_logs, $"{name}.log"), Path.Combine(_logs, $"{name}.{number}.log"));

    private List<string> Lines() => [.. Entries().Select(entry => entry.Line)];

    private List<LogEntry> Entries() =>
        [.. _store.Logs.Entries([.. _store.Logs.Streams([], CancellationToken.None).Select(stream => stream.Id)], 0, long.MaxValue, false,
            LogNeeds.None, CancellationToken.None)];
}
