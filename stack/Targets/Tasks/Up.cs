using Cake.Frosting;

namespace MicroMonitored.Targets.Tasks;

[TaskName(nameof(Up))]
[TaskDescription("Starts the monitoring stack and the services, and waits until all are ready (--engine=auto|docker|embedded).")]
public sealed class Up : AsyncFrostingTask<BuildContext>
{
    public override Task RunAsync(BuildContext context) => StackOperations.UpAsync(context, Interrupt.Token);
}
