using Cake.Core;
using Cake.Frosting;
using MicroMonitored.Model.Settings;

namespace MicroMonitored.Targets.Tasks;

/// <summary>Holds what the services emit against <c>telemetry.lock</c>.</summary>
[TaskName(nameof(Contract))]
[TaskDescription("Compares the services' metrics, spans and log lines with telemetry.lock, and names what reads those that changed.")]
[Example("--accept")]
public sealed class Contract : AsyncFrostingTask<BuildContext>
{
    private static readonly Option<bool> Accept = Option.Flag("accept", "writes telemetry.lock from what they emit now");
    private static readonly Option<bool> Details = Option.Flag("details", "shows every row whole");
    private static readonly Option<TimeSpan> Timeout = StackOptions.Timeout;
    private static readonly Option<EngineChoice?> Engine = StackOptions.Engine;

    /// <inheritdoc/>
    public override async Task RunAsync(BuildContext context)
    {
        var plan = VerificationPlans.Asked(context, null, context.GetValue(Engine), context.GetValue(Timeout));
        var contracts = new LockedTelemetry(context, plan);
        if (context.GetValue(Accept))
        {
            await contracts.AcceptAsync(Interrupt.Token);
            return;
        }

        var (report, news) = await contracts.CompareAsync(Interrupt.Token);
        await Reports.WriteAsync(report, context.Paths.Contract, context.Terminal, context.GetValue(Details), Interrupt.Token);
        foreach (var added in news)
            context.Say($"[Added] {added}");
        if (report.Failed > 0)
            throw new CakeException($"The telemetry breaks its contract; the report is in {context.Paths.Shown(context.Paths.Contract)}.");
    }
}
