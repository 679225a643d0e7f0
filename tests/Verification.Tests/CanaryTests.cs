namespace MicroMonitored.Verification.Tests;

public sealed class CanaryTests
{
    [Fact]
    public async Task A_sound_stack_loses_nothing()
    {
        var report = await RunAsync(Fault.None);

        Assert.True(report.Sound, string.Join('\n', report.Signals));
        Assert.Equal(["logs", "traces", "requests shop-inventory", "requests shop-orders"], report.Signals.Select(signal => signal.Signal));
        Assert.All(report.Signals, signal => Assert.True(signal.Sent > 7, signal.ToString()));
        Assert.Equal(report.Signals[3].Sent * 2, report.Signals[2].Sent);
    }

    [Theory]
    [InlineData(Fault.SyntheticLineLost, "logs", 1, 0, 0)]
    [InlineData(Fault.SyntheticLineDoubled, "logs", 0, 1, 0)]
    [InlineData(Fault.OneRequestNotCounted, "requests shop-orders", 1, 0, 0)]
    [InlineData(Fault.OneRequestCountedTwice, "requests shop-orders", 0, 0, 1)]
    public async Task A_loss_is_counted_where_it_happened(Fault fault, string where, int missing, int duplicate, int unexpected)
    {
        var report = await RunAsync(fault);

        var unsound = Assert.Single(report.Signals, signal => !signal.Sound);
        Assert.Equal((where, missing, duplicate, unexpected), (unsound.Signal, unsound.Missing, unsound.Duplicate, unsound.Unexpected));
    }

    private static async Task<CanaryReport> RunAsync(Fault fault)
    {
        await using var stack = await StackDouble.StartAsync(fault);
        var plan = stack.Plan() with { Timeout = TimeSpan.FromSeconds(4) };
        return await Canary.RunAsync(plan, TimeSpan.FromSeconds(3), TimeSpan.FromMilliseconds(100), null, TimeProvider.System,
            TestContext.Current.CancellationToken);
    }
}
