using Build.Engines;
using Cake.Frosting;

namespace Build.Tasks;

[TaskName(nameof(Status))]
[TaskDescription("Lists components and services with state, process or container, and URL.")]
public sealed class Status : AsyncFrostingTask<BuildContext>
{
    public override async Task RunAsync(BuildContext context)
        => ComponentTable.Print(context.Terminal, await (EngineSelection.Recorded(context) ?? new EmbeddedEngine(context)).StatusAsync(Interrupt.Token));
}
