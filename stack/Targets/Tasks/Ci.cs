using Cake.Core;
using Cake.Frosting;

namespace MicroMonitored.Targets.Tasks;

[TaskName(nameof(Ci))]
[TaskDescription("Up, Verify and, whatever happened, Teardown.")]
public sealed class Ci : AsyncFrostingTask<BuildContext>
{
    public override async Task RunAsync(BuildContext context)
    {
        try
        {
            await StackOperations.UpAsync(context, Interrupt.Token);
            if (!await StackOperations.VerifyAsync(context, Interrupt.Token))
                throw new CakeException($"Verify found failures; the report is in {context.Paths.Shown(context.Paths.Reports)}.");
        }
        finally
        {
            await StackOperations.TeardownAsync(context, CancellationToken.None);
        }
    }
}
