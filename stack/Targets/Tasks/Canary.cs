using Cake.Core;
using Cake.Frosting;

namespace MicroMonitored.Targets.Tasks;

[TaskName(nameof(Canary))]
[TaskDescription("Sends one numbered line, trace and request a second and reports any loss (--duration=10m).")]
public sealed class Canary : AsyncFrostingTask<BuildContext>
{
    public override async Task RunAsync(BuildContext context)
    {
        var plan = VerificationPlans.Of(context, EngineSelection.Running(context));
        var report = await MicroMonitored.Verification.Canary.RunAsync(plan, context.Options.Duration, null, CanaryTable.Progress(context), TimeProvider.System, Interrupt.Token);
        CanaryTable.Print(context.Terminal, report);
        if (!report.Sound)
            throw new CakeException("The canary found losses; Verify names the first broken hop.");
    }
}
