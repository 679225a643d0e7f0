using Cake.Core;
using Cake.Frosting;

namespace MicroMonitored.Targets.Tasks;

[TaskName(nameof(Verify))]
[TaskDescription("Proves that every metric, log line and span arrives and that they link (--only=traces.* --skip=… --timeout=60s).")]
public sealed class Verify : AsyncFrostingTask<BuildContext>
{
    public override async Task RunAsync(BuildContext context)
    {
        if (!await StackOperations.VerifyAsync(context, Interrupt.Token))
            throw new CakeException($"Verify found failures; the report is in {context.Paths.Shown(context.Paths.Reports)}.");
    }
}
