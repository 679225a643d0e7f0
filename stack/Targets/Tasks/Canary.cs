using Cake.Core;
using Cake.Frosting;
using MicroMonitored.Model.Settings;

namespace MicroMonitored.Targets.Tasks;

/// <summary>Counts what arrives of what it sends, for as long as it is told to.</summary>
[TaskName(nameof(Canary))]
[TaskDescription("Sends one numbered line, trace and request a second and reports any loss.")]
[Example("--duration=10m")]
public sealed class Canary : AsyncFrostingTask<BuildContext>
{
    private static readonly Option<TimeSpan> Duration = Option.Duration("duration", "1m", "how long it sends");
    private static readonly Option<TimeSpan> Timeout = StackOptions.Timeout;
    private static readonly Option<EngineChoice?> Engine = StackOptions.Engine;

    /// <inheritdoc/>
    public override async Task RunAsync(BuildContext context)
    {
        var plan = VerificationPlans.Of(context, EngineSelection.Running(context, context.GetValue(Engine)), context.GetValue(Timeout));
        var report = await MicroMonitored.Verification.Canary.RunAsync(
            plan, context.GetValue(Duration), null, CanaryTable.Progress(context), TimeProvider.System, Interrupt.Token);
        CanaryTable.Print(context.Terminal, report);
        if (!report.Sound)
            throw new CakeException("The canary found losses; Verify names the first broken hop.");
    }
}
