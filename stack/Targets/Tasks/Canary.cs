using Cake.Core;
using Cake.Frosting;
using MicroMonitored.Model.Embedded;
using MicroMonitored.Verification;

namespace MicroMonitored.Targets.Tasks;

[TaskName(nameof(Canary))]
[TaskDescription("Sends one numbered line, trace and request a second and reports any loss (--duration=10m).")]
public sealed class Canary : AsyncFrostingTask<BuildContext>
{
    public override async Task RunAsync(BuildContext context)
    {
        var engine = EngineSelection.Running(context);
        var plan = VerificationPlans.Of(context, engine);
        var exposure = new CanaryExposure(TargetsFile: engine is EmbeddedEngine ? Path.Combine(context.Paths.Rendered, "embedded", EmbeddedFiles.CanaryTargets) : null);
        var options = new CanaryOptions { Duration = context.Options.Duration, Exposure = exposure };
        var report = await MicroMonitored.Verification.Canary.RunAsync(plan, options, CanaryTable.Progress(context.Terminal, options.Duration), TimeProvider.System, Interrupt.Token);
        CanaryTable.Print(context.Terminal, report);
        if (!report.Sound)
            throw new CakeException("The canary found losses; Verify names the first broken hop.");
    }
}
