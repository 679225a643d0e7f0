using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using MicroMonitored.Model.Embedded;

namespace MicroMonitored.Verification.Tests;

/// <summary>Every fault once, on a few running stacks that share the rows among them; each test reads its own.</summary>
public sealed class FaultMatrixRuns : IAsyncDisposable
{
    private const int Stacks = 3;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(8);

    // Those of MICROMONITORED_FAULTS=one,other; all where that is not set.
    private static readonly IReadOnlyList<FaultRow> Chosen =
        [.. FaultMatrix.Rows.Where(row => Environment.GetEnvironmentVariable("MICROMONITORED_FAULTS")?.Split(',').Contains(row.Name) != false)];

    private readonly ConcurrentQueue<FaultRow> _rows = new(Chosen);
    private readonly Dictionary<string, TaskCompletionSource<(VerificationReport Broken, VerificationReport Mended)>> _runs =
        Chosen.ToDictionary(row => row.Name, _ => new TaskCompletionSource<(VerificationReport, VerificationReport)>());

    private readonly Task _running;

    public FaultMatrixRuns() => _running = Task.WhenAll(Enumerable.Range(0, Stacks).Select(_ => RunAsync()));

    public static TheoryData<string> Names => [.. Chosen.Select(row => row.Name)];

    public Task<(VerificationReport Broken, VerificationReport Mended)> Of(string name) => _runs[name].Task;

    /// <summary>Writes the table of faults and checks, once all have been run.</summary>
    public async ValueTask DisposeAsync()
    {
        await _running;
        if (Chosen.Count < FaultMatrix.Rows.Count)
            return;
        var artifacts = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", ".."));
        var table = Table([.. FaultMatrix.Rows.Select(row => (row, _runs[row.Name].Task.Result.Broken))]);
        await File.WriteAllTextAsync(Path.Combine(artifacts, "faults.md"), table);
    }

    private async Task RunAsync()
    {
        try
        {
            await using var stack = await ShopStack.StartAsync();
            var whole = await VerifyAsync(stack.Plan);
            stack.Engine.Lives();
            Assert.Empty(FaultMatrixTests.Failures(whole));
            while (_rows.TryDequeue(out var row))
            {
                var fault = StackFault.All.FirstOrDefault(known => known.Name == row.Name);
                await stack.BreakAsync(fault, null);
                var broken = await VerifyAsync((row.Break is { } act ? await act(stack) : stack.Plan) with { Timeout = Patience });
                await stack.BreakAsync(null, fault);
                if (row.Mend is { } mend)
                    await mend(stack);
                var mended = await VerifyAsync(stack.Plan);
                stack.Engine.Lives();
                _runs[row.Name].SetResult((broken, mended));
            }
        }
        catch (Exception exception)
        {
            foreach (var run in _runs.Values)
                run.TrySetException(exception);
        }
    }

    private static Task<VerificationReport> VerifyAsync(VerificationPlan plan) => Verifier.RunAsync(plan, TimeProvider.System, CancellationToken.None);

    private static string Table(IReadOnlyList<(FaultRow Row, VerificationReport Report)> runs)
    {
        var text = new StringBuilder();
        text.Append("# Faults and the checks that find them\n\n")
            .Append("Written by the tests of the fault matrix, on the embedded engine with the services of the template. ")
            .Append("`--target=Fault --name=…` lists those of them that it injects into a running stack.\n\n")
            .Append("| fault | what is broken | red | first hop | fix |\n|---|---|---|---|---|\n");
        foreach (var (row, report) in runs)
        {
            var known = StackFault.All.FirstOrDefault(fault => fault.Name == row.Name);
            var failed = report.Checks.Where(check => check.Status == CheckStatus.Fail).ToList();
            var first = failed.Find(check => FaultMatrixTests.Row(check) == row.Red.FirstOrDefault());
            var fix = Regex.Replace(first?.Fix ?? "", "127\\.0\\.0\\.1:\\d+", "127.0.0.1:…");
            var red = failed.Count == 0 ? "none" : string.Join(", ", failed.GroupBy(check => check.Id).Select(Cell));
            text.Append(CultureInfo.InvariantCulture, $"| {row.Name} | {known?.Description ?? row.What} | {red} | {first?.Hop} | {fix} |\n");
        }
        return text.ToString();

        static string Cell(IGrouping<string, CheckResult> checks)
        {
            var services = checks.Select(check => check.Service ?? "the stack").ToList();
            return services is ["the stack"] ? $"`{checks.Key}`" : $"`{checks.Key}` ({string.Join(", ", services)})";
        }
    }
}

/// <summary>Each fault turns exactly its checks red on the real engine with real services, names hop and fix, and leaves nothing behind once mended.</summary>
[Collection("stack")]
public sealed class FaultMatrixTests(FaultMatrixRuns runs) : IClassFixture<FaultMatrixRuns>
{
    [Theory]
    [MemberData(nameof(FaultMatrixRuns.Names), MemberType = typeof(FaultMatrixRuns))]
    public async Task Fault_turns_exactly_its_checks_red(string name)
    {
        var row = FaultMatrix.Rows.Single(known => known.Name == name);
        var (broken, mended) = await runs.Of(name);

        var red = Red(broken);
        Assert.True(red.Order(StringComparer.Ordinal).SequenceEqual(row.Red.Order(StringComparer.Ordinal)), string.Join('\n', Failures(broken)
            .Prepend($"missing: {string.Join(", ", row.Red.Except(red))}; surprising: {string.Join(", ", red.Except(row.Red))}")));
        var first = broken.Checks.FirstOrDefault(check => Row(check) == row.Red.FirstOrDefault());
        Assert.Equal(row.Hop, first?.Hop ?? "");
        Assert.Contains(row.Fix, first?.Fix ?? "", StringComparison.Ordinal);
        Assert.All(broken.Checks.Where(check => check.Status == CheckStatus.Fail), check => Assert.False(
            string.IsNullOrEmpty(check.Hop) || string.IsNullOrEmpty(check.Fix), $"{Row(check)} names no hop or no fix"));
        // What a fix tells to set is what was wrong: without it the stack is whole again.
        if (StackFault.All.FirstOrDefault(known => known.Name == name) is { Variables.Count: > 0 } injected)
            Assert.Contains(injected.Variables.Keys, variable => first!.Fix!.Contains(variable, StringComparison.Ordinal));
        Assert.Empty(Failures(mended));
    }

    [Fact]
    public void Every_fault_that_can_be_injected_has_its_row()
        => Assert.Empty(StackFault.All.Select(fault => fault.Name).Except(FaultMatrix.Rows.Select(row => row.Name)));

    internal static IEnumerable<string> Failures(VerificationReport report)
        => report.Checks.Where(check => check.Status == CheckStatus.Fail).Select(check => $"{Row(check)}: {check.Detail} | {check.Hop} | {check.Fix}");

    private static List<string> Red(VerificationReport report) => [.. report.Checks.Where(check => check.Status == CheckStatus.Fail).Select(Row)];

    internal static string Row(CheckResult check) => check.Service is null ? check.Id : $"{check.Id} {check.Service}";
}
