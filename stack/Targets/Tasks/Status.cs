using System.Text.Json;
using Cake.Frosting;

namespace MicroMonitored.Targets.Tasks;

[TaskName(nameof(Status))]
[TaskDescription("Lists components and services with state, process or container, and URL (--format=json).")]
public sealed class Status : AsyncFrostingTask<BuildContext>
{
    public override async Task RunAsync(BuildContext context)
    {
        var components = await (EngineSelection.Recorded(context) ?? new EmbeddedEngine(context)).StatusAsync(Interrupt.Token);
        if (context.Options.Json)
            context.Say(JsonSerializer.Serialize(components, ComponentJson.Default.IReadOnlyListComponentStatus));
        else
            ComponentTable.Print(context.Terminal, components);
    }
}
