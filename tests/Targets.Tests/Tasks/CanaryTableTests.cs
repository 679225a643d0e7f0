using MicroMonitored.Targets.Console;
using MicroMonitored.Verification;
using Spectre.Console;

namespace Targets.Tests.Tasks;

public sealed class CanaryTableTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Fact]
    public void In_a_pipeline_a_plain_line_is_written_every_ten_seconds_and_at_the_end_of_sending()
    {
        var (console, text) = Recorded(interactive: false);
        var ticker = CanaryTable.Progress(console, Minute);
        for (var second = 1; second <= 21; second++)
            ticker.Report(Report(second, true, new Sample("logs", second) { UnderWay = 1 },
                new Sample("requests shop-orders", second) { UnderWay = second < 15 ? 2 : 0 }));
        ticker.Report(Report(25, false, new Sample("logs", 21)));
        ticker.Report(Report(26, false, new Sample("logs", 21)));

        Assert.Equal(
            """
            00:00:10 of 00:01:00  nothing lost  logs 10 (1 under way)  requests shop-orders 10 (2 under way)
            00:00:20 of 00:01:00  nothing lost  logs 20 (1 under way)  requests shop-orders 20
            all sent  nothing lost  logs 21

            """,
            text());
    }

    [Theory]
    [InlineData(0, 0, 0, "nothing lost")]
    [InlineData(0, 2, 0, "2 late, nothing lost")]
    [InlineData(3, 2, 0, "3 LOST, 2 late")]
    [InlineData(0, 0, 1, "1 DOUBLED")]
    public void Only_what_is_lost_is_called_lost(int missing, int late, int duplicate, string verdict)
    {
        var (console, text) = Recorded(interactive: false);
        CanaryTable.Progress(console, Minute)
            .Report(Report(30, true, new Sample("logs", 30) { Missing = missing, Late = late, Duplicate = duplicate, UnderWay = 5 }));

        Assert.Equal($"00:00:30 of 00:01:00  {verdict}  logs 30 (5 under way)\n", text());
    }

    [Fact]
    public void A_person_sees_one_line_that_is_rewritten_and_fits_the_terminal()
    {
        var (console, text) = Recorded(interactive: true);
        var ticker = CanaryTable.Progress(console, Minute);
        ticker.Report(Report(15, true, new Sample("logs", 15)));
        ticker.Report(Report(30, true, new Sample(new string('x', 200), 30)));

        var lines = text().Split('\r');
        Assert.Equal("[##........] 00:00:15 of 00:01:00  nothing lost  logs 15\u001b[K", lines[1]);
        Assert.StartsWith("[#####.....] 00:00:30 of 00:01:00  nothing lost  xxx", lines[2], StringComparison.Ordinal);
        Assert.Equal(99 + "\u001b[K".Length, lines[2].Length);
        Assert.DoesNotContain('\n', text());
    }

    [Fact]
    public void The_summary_fits_a_hundred_columns_and_names_what_was_refused()
    {
        var (console, text) = Recorded(interactive: false);
        CanaryTable.Print(console,
            Report(60, false, new Sample("logs", 60) { Missing = 2, Problem = "the log folder is not writable" }, new Sample("requests shop-inventory", 3600)));

        var lines = text().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.All(lines, line => Assert.True(line.TrimEnd().Length <= 100, line));
        Assert.Contains(lines, line => Words(line) == "Signal Sent Late Lost Doubled Reordered Unexpected p95");
        Assert.Contains(lines, line => Words(line) == "logs 60 0 2 0 0 0 7000 ms");
        Assert.Contains(lines, line => Words(line) == "Emit to queryable ≤0.1s ≤0.25s ≤0.5s ≤1s ≤2.5s ≤5s ≤10s ≤30s >30s");
        Assert.Contains(lines, line => Words(line) == "logs 1 0 0 0 0 0 1 0 0");
        Assert.Equal("logs: the log folder is not writable", lines[^1].TrimEnd());
    }

    private static string Words(string line) => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries));

    private static CanaryReport Report(int seconds, bool sending, params Sample[] samples) => new(
        "0123", DateTimeOffset.UnixEpoch, TimeSpan.FromSeconds(seconds), sending, null, [.. samples.Select(sample => sample.Signal())]);

    private static (IAnsiConsole Console, Func<string> Text) Recorded(bool interactive)
    {
        var text = new StringWriter { NewLine = "\n" };
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = interactive ? AnsiSupport.Yes : AnsiSupport.No,
            Interactive = interactive ? InteractionSupport.Yes : InteractionSupport.No,
            ColorSystem = ColorSystemSupport.NoColors,
            Out = new AnsiConsoleOutput(text),
        });
        console.Profile.Width = 100;
        return (console, text.ToString);
    }

    private sealed record Sample(string Name, int Sent)
    {
        public int UnderWay { get; init; }

        public int Late { get; init; }

        public int Missing { get; init; }

        public int Duplicate { get; init; }

        public string? Problem { get; init; }

        public CanarySignal Signal() => new(Name, Sent, UnderWay, Late, Missing, Duplicate, 0, 0,
            new DelayHistogram([1, 0, 0, 0, 0, 0, 1, 0, 0], 7.04, new Freshness(40, 7000, 7000)), Problem);
    }
}
