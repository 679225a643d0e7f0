using Cake.Frosting;

namespace MicroMonitored.Targets.Tasks;

[TaskName(nameof(Teardown))]
[TaskDescription("Stops and removes everything that Up started; stored data only with --purge.")]
public sealed class Teardown : AsyncFrostingTask<BuildContext>
{
    public override Task RunAsync(BuildContext context) => StackOperations.TeardownAsync(context, CancellationToken.None);
}
