using System.Text.Json;
using Cake.Frosting;

namespace MicroMonitored.Targets.Tasks;

/// <summary>Tells what runs now.</summary>
[TaskName(nameof(Status))]
[TaskDescription("Lists components and services with state, process or container, and URL.")]
[Example("--format=json")]
public sealed class Status : AsyncFrostingTask<BuildContext>
{
    private static readonly Option<OutputFormat> Format = StackOptions.Format;

    /// <inheritdoc/>
    public override async Task RunAsync(BuildContext context)
    {
        var components = await (EngineSelection.Recorded(context) ?? new EmbeddedEngine(context)).StatusAsync(Interrupt.Token);
        if (context.GetValue(Format) == OutputFormat.Json)
            context.Say(JsonSerializer.Serialize(components, ComponentJson.Default.IReadOnlyListComponentStatus));
        else
            ComponentTable.Print(context.Terminal, components);
    }
}
