using Cake.Frosting;

namespace MicroMonitored.Targets.Tasks;

/// <summary>One command for a pipeline that starts from nothing.</summary>
[TaskName(nameof(Ci))]
[TaskDescription("Up, Verify, Contract where there is a telemetry.lock and, whatever happened, Teardown.")]
[OptionsOf(typeof(Verify), typeof(Up), typeof(Teardown), Without = ["stack", "learn"])]
[Example("--engine=embedded --purge")]
public sealed class Ci : AsyncFrostingTask<BuildContext>
{
    /// <inheritdoc/>
    public override async Task RunAsync(BuildContext context)
    {
        try
        {
            await Up.StartAsync(context);
            await new Verify().RunAsync(context);
            if (File.Exists(context.Paths.TelemetryLock))
                await new Contract().RunAsync(context);
        }
        finally
        {
            await new Teardown().RunAsync(context);
        }
    }
}
