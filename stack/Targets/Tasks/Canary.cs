using Cake.Core;
using Cake.Frosting;
using MicroMonitored.Model.Settings;
using MicroMonitored.Verification;

namespace MicroMonitored.Targets.Tasks;

/// <summary>Counts what arrives of what it sends, for as long as it is told to.</summary>
[TaskName(nameof(Canary))]
[TaskDescription("Sends one numbered line, trace and request a second and reports any loss.")]
[Example("--duration=10m")]
public sealed class Canary : AsyncFrostingTask<BuildContext>
{
    private static readonly Option<TimeSpan> Duration = Option.Duration("duration", "1m", "how long it sends");
    private static readonly Option<int> Port = Option.Number("port", 0, "the port of its own /metrics; 0 takes a free one", least: 0);
    private static readonly Option<TimeSpan> Timeout = StackOptions.Timeout;
    private static readonly Option<string?> Stack = StackOptions.Stack;
    private static readonly Option<EngineChoice?> Engine = StackOptions.Engine;

    /// <inheritdoc/>
    public override async Task RunAsync(BuildContext context)
    {
        var stack = context.GetValue(Stack);
        var port = context.GetValue(Port);
        var exposure = stack is null ? EngineSelection.Running(context, context.GetValue(Engine)).Expose("canary", port) : new Exposure(port);
        var options = new CanaryOptions { Duration = context.GetValue(Duration), Exposure = exposure };
        var plan = VerificationPlans.Asked(context, stack, context.GetValue(Engine), context.GetValue(Timeout));
        var progress = CanaryTable.Progress(context.Terminal, options.Duration);
        var report = await MicroMonitored.Verification.Canary.RunAsync(plan, options, progress, TimeProvider.System, Interrupt.Token);
        CanaryTable.Print(context.Terminal, report);
        if (!report.Sound)
            throw new CakeException("The canary found losses; Verify names the first broken hop.");
    }
}
