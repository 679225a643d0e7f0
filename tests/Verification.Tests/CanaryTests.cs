using System.Text.Json.Nodes;
using MicroMonitored.Verification.Canaries;
using Microsoft.Extensions.Time.Testing;

namespace MicroMonitored.Verification.Tests;

[Collection("stack")]
public sealed class CanaryTests
{
    private static readonly CanaryOptions Short = new() { Duration = TimeSpan.FromSeconds(1.5), Interval = TimeSpan.FromMilliseconds(100) };

    [Fact]
    public async Task A_sound_stack_loses_nothing()
    {
        await using var stack = await ShopStack.StartAsync();
        var report = await RunAsync(stack.Plan);

        Assert.True(report.Sound, string.Join('\n', report.Signals));
        Assert.Equal(
            ["logs", "traces", "requests shop-inventory", "requests shop-orders"],
            report.Signals.Select(signal => signal.Signal));
        Assert.All(report.Signals, signal => Assert.True(signal.Sent > 7, signal.ToString()));
        Assert.All(report.Signals, signal => Assert.Equal(signal.Sent, signal.Delays.Counts.Sum()));
        Assert.All(report.Signals, signal => Assert.Equal((0, null), (signal.UnderWay, signal.Problem)));
        Assert.Equal(Sent(report, "requests shop-orders") * 2, Sent(report, "requests shop-inventory"));
    }

    [Fact]
    public async Task A_loss_is_counted_where_it_happened()
    {
        await using var stack = await ShopStack.StartAsync();
        foreach (var (fault, where, missing, duplicate, unexpected) in new[]
        {
            ("stored-line-lost", "logs", 1, 0, 0),
            ("stored-line-doubled", "logs", 0, 1, 0),
            ("request-uncounted", "requests shop-orders", 1, 0, 0),
            ("request-counted-twice", "requests shop-orders", 0, 0, 1),
        })
        {
            stack.Engine.Break(fault);
            var report = await RunAsync(stack.Plan);

            var unsound = Assert.Single(report.Signals, signal => !signal.Sound);
            Assert.Equal((where, missing, duplicate, unexpected), (unsound.Signal, unsound.Missing, unsound.Duplicate, unsound.Unexpected));
        }
    }

    [Fact]
    public async Task What_is_late_is_late_and_never_lost()
    {
        var seen = new Seen();
        await using var stack = await ShopStack.StartAsync();
        var report = await RunAsync(stack.Plan with { FreshnessLimit = TimeSpan.FromMilliseconds(1) - (stack.Plan.ScrapeInterval * 2) }, seen);

        Assert.True(report.Sound, string.Join('\n', report.Signals));
        Assert.All(report.Signals, signal => Assert.True(signal.Late > 7, signal.ToString()));
        Assert.All(seen.Reports, state => Assert.True(state.Sound, string.Join('\n', state.Signals)));
    }

    [Fact]
    public async Task What_is_refused_is_lost_at_once_and_says_why()
    {
        await using var stack = await ShopStack.StartAsync();
        var report = await RunAsync(stack.Plan with { LogProbe = new FolderLogProbe("/dev/null/logs", Path.GetTempPath()) });

        var logs = report.Signals[0];
        Assert.Equal(logs.Sent, logs.Missing);
        Assert.Contains("Could not find a part of the path", logs.Problem, StringComparison.Ordinal);
        Assert.All(report.Signals.Skip(1), signal => Assert.True(signal.Sound, signal.ToString()));
    }

    [Fact]
    public async Task Cancelling_ends_the_sending_and_still_waits_for_what_is_under_way()
    {
        await using var engine = await RealEngine.StartAsync();
        using var pressed = new CancellationTokenSource(TimeSpan.FromSeconds(1.5));
        var report = await Canary.RunAsync(engine.Plan, Short with { Duration = TimeSpan.FromHours(1) }, null, TimeProvider.System, pressed.Token);

        Assert.True(report.Sound, string.Join('\n', report.Signals));
        Assert.False(report.Sending);
        Assert.InRange(report.Signals[0].Sent, 2, 30);
        Assert.Equal(report.Signals[0].Sent, report.Signals[0].Delays.Counts.Sum());
    }

    [Fact]
    public async Task It_shows_its_figures_and_names_itself_to_the_scraper_while_it_runs()
    {
        var seen = new Seen();
        await using var engine = await RealEngine.StartAsync();
        var options = Short with { Exposure = new Exposure(TargetsFile: engine.TargetsFile) };
        var running = Canary.RunAsync(engine.Plan, options, seen, TimeProvider.System, TestContext.Current.CancellationToken);
        var address = (await seen.First).Metrics!;
        var group = JsonNode.Parse(await File.ReadAllTextAsync(engine.TargetsFile, TestContext.Current.CancellationToken))![0]!;
        using var client = new HttpClient();
        var text = await client.GetStringAsync(address, TestContext.Current.CancellationToken);
        using var elsewhere = await client.GetAsync(new Uri(address, "/"), TestContext.Current.CancellationToken);
        await running;

        Assert.Equal(("micromonitored-canary", $"127.0.0.1:{address.Port}"), ((string)group["labels"]!["job"]!, (string)group["targets"]![0]!));
        Assert.Contains("\nmicromonitored_canary_missing{signal=\"logs\"} 0\n", text, StringComparison.Ordinal);
        Assert.Equal(404, (int)elsewhere.StatusCode);
        Assert.False(File.Exists(engine.TargetsFile));
        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetStringAsync(address, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void The_exposition_is_the_agreed_text()
    {
        var delays = DelayHistogram.Of([TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(101), TimeSpan.FromSeconds(31)]);
        var logs = new CanarySignal("logs", 9, 2, 1, 3, 4, 5, 6, delays, null);

        Assert.Equal(
            """
            # HELP micromonitored_canary_sent_total Numbers sent, by signal.
            # TYPE micromonitored_canary_sent_total counter
            micromonitored_canary_sent_total{signal="logs"} 9
            # HELP micromonitored_canary_under_way Numbers sent a moment ago and not seen yet.
            # TYPE micromonitored_canary_under_way gauge
            micromonitored_canary_under_way{signal="logs"} 2
            # HELP micromonitored_canary_late Numbers that took or take longer than they should.
            # TYPE micromonitored_canary_late gauge
            micromonitored_canary_late{signal="logs"} 1
            # HELP micromonitored_canary_missing Numbers not seen by their deadline, or refused when they were sent.
            # TYPE micromonitored_canary_missing gauge
            micromonitored_canary_missing{signal="logs"} 3
            # HELP micromonitored_canary_duplicate Numbers seen more than once.
            # TYPE micromonitored_canary_duplicate gauge
            micromonitored_canary_duplicate{signal="logs"} 4
            # HELP micromonitored_canary_out_of_order Numbers seen after a later one.
            # TYPE micromonitored_canary_out_of_order gauge
            micromonitored_canary_out_of_order{signal="logs"} 5
            # HELP micromonitored_canary_unexpected What was seen and never sent.
            # TYPE micromonitored_canary_unexpected gauge
            micromonitored_canary_unexpected{signal="logs"} 6
            # HELP micromonitored_canary_freshness_seconds From emitting to being queryable.
            # TYPE micromonitored_canary_freshness_seconds histogram
            micromonitored_canary_freshness_seconds_bucket{signal="logs",le="0.1"} 1
            micromonitored_canary_freshness_seconds_bucket{signal="logs",le="0.25"} 2
            micromonitored_canary_freshness_seconds_bucket{signal="logs",le="0.5"} 2
            micromonitored_canary_freshness_seconds_bucket{signal="logs",le="1"} 2
            micromonitored_canary_freshness_seconds_bucket{signal="logs",le="2.5"} 2
            micromonitored_canary_freshness_seconds_bucket{signal="logs",le="5"} 2
            micromonitored_canary_freshness_seconds_bucket{signal="logs",le="10"} 2
            micromonitored_canary_freshness_seconds_bucket{signal="logs",le="30"} 2
            micromonitored_canary_freshness_seconds_bucket{signal="logs",le="+Inf"} 3
            micromonitored_canary_freshness_seconds_sum{signal="logs"} 31.201
            micromonitored_canary_freshness_seconds_count{signal="logs"} 3

            """,
            CanaryMetrics.Text(new CanaryReport("0123", DateTimeOffset.UnixEpoch, TimeSpan.Zero, true, null, [logs])));
    }

    [Fact]
    public void Under_way_late_and_lost_are_three_things_and_what_comes_after_all_is_late()
    {
        var time = new FakeTimeProvider();
        var track = new CanaryTrack("logs", TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30), time);
        var number = track.Send();

        Assert.Equal((1, 0, 0), State());
        time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal((1, 0, 0), State());
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal((0, 1, 0), State());
        time.Advance(TimeSpan.FromSeconds(24));
        Assert.Equal((0, 1, 0), State());
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal((0, 0, 1), State());
        track.See(number);
        track.See(number);
        Assert.Equal((0, 1, 0), State());
        Assert.True(track.State().Sound);

        (int, int, int) State() => (track.State().UnderWay, track.State().Late, track.State().Missing);
    }

    [Fact]
    public void What_is_counted_is_the_oldest_and_what_exceeds_it_is_unexpected_until_it_is_sent()
    {
        var time = new FakeTimeProvider();
        var track = new CanaryTrack("requests orders", TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30), time);
        track.Send();
        time.Advance(TimeSpan.FromSeconds(6));
        var withdrawn = track.Send();
        var last = track.Send();

        track.SeeCount(1);
        Assert.Equal((3, 2, 1, 0), (track.State().Sent, track.State().UnderWay, track.State().Late, track.State().Unexpected));
        track.Withdraw(withdrawn);
        track.SeeCount(3);
        Assert.Equal((2, 0, 1), (track.State().Sent, track.State().UnderWay, track.State().Unexpected));
        track.Refuse(last, "seen already");
        Assert.Equal(0, track.State().Missing);
        track.Send();
        track.SeeCount(3);
        Assert.Equal((3, 0, 0), (track.State().Sent, track.State().UnderWay, track.State().Unexpected));
    }

    private static int Sent(CanaryReport report, string signal) => report.Signals.Single(found => found.Signal == signal).Sent;

    private static Task<CanaryReport> RunAsync(VerificationPlan plan, IProgress<CanaryReport>? progress = null) =>
        Canary.RunAsync(plan with { Timeout = TimeSpan.FromSeconds(5) }, Short, progress, TimeProvider.System, TestContext.Current.CancellationToken);

    private sealed class Seen : IProgress<CanaryReport>
    {
        private readonly TaskCompletionSource<CanaryReport> _first = new();

        public List<CanaryReport> Reports { get; } = [];

        public Task<CanaryReport> First => _first.Task;

        public void Report(CanaryReport value)
        {
            Reports.Add(value);
            _first.TrySetResult(value);
        }
    }
}
