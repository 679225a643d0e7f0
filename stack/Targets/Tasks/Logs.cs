using Cake.Frosting;

namespace MicroMonitored.Targets.Tasks;

[TaskName(nameof(Logs))]
[TaskDescription("Prints the newest log lines of all or of one (--component=loki --lines=50 --follow).")]
public sealed class Logs : AsyncFrostingTask<BuildContext>
{
    public override Task RunAsync(BuildContext context)
        => EngineSelection.Running(context).LogsAsync(context.Options.Component, context.Options.Lines, context.Options.Follow, Interrupt.Token);
}
