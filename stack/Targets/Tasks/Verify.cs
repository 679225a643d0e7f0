using Cake.Core;
using Cake.Frosting;
using MicroMonitored.Model.Settings;
using MicroMonitored.Verification;

namespace MicroMonitored.Targets.Tasks;

/// <summary>Proves every signal and link and writes the reports.</summary>
[TaskName(nameof(Verify))]
[TaskDescription("Proves that every metric, log line and span arrives and that they link.")]
[Example("--only=traces.*,logs.labels")]
[Example("--stack=staging.json")]
public sealed class Verify : AsyncFrostingTask<BuildContext>
{
    private static readonly Option<IReadOnlyList<string>> Only = Option.List("only", "CHECKS", "the checks to run, with * for any characters");
    private static readonly Option<IReadOnlyList<string>> Skip = Option.List("skip", "CHECKS", "the checks to leave out");
    private static readonly Option<bool> Details = Option.Flag("details", "shows every check of every service whole");
    private static readonly Option<bool> Learn = Option.Flag("learn", "writes each service's expectations.json from what it leaves behind");
    private static readonly Option<TimeSpan> Timeout = StackOptions.Timeout;
    private static readonly Option<string?> Stack = StackOptions.Stack;
    private static readonly Option<EngineChoice?> Engine = StackOptions.Engine;

    /// <inheritdoc/>
    public override async Task RunAsync(BuildContext context)
    {
        var asked = VerificationPlans.Asked(context, context.GetValue(Stack), context.GetValue(Engine), context.GetValue(Timeout));
        var plan = asked with { Only = context.GetValue(Only), Skip = context.GetValue(Skip) };
        Verifier.RequireSelections(plan);
        if (await LearntExpectations.WriteAsync(context, plan, context.GetValue(Learn)))
            return;
        var report = await Verifier.RunAsync(plan, TimeProvider.System, Interrupt.Token);
        await Reports.WriteAsync(report, context.Paths.Reports, context.Terminal, context.GetValue(Details), Interrupt.Token);
        if (report.Failed > 0)
            throw new CakeException($"Verify found failures; the report is in {context.Paths.Shown(context.Paths.Reports)}.");
    }
}
