using Cake.Frosting;

namespace MicroMonitored.Targets.Tasks;

/// <summary>Starts one service anew and touches no other.</summary>
[TaskName(nameof(Restart))]
[TaskDescription("Starts one service anew, compiled from what it is now.")]
[Example("--service=orders")]
public sealed class Restart : AsyncFrostingTask<BuildContext>
{
    private static readonly Option<string?> Service = Option.Text("service", "NAME", "the service, by its name or the last part of it");
    private static readonly Option<TimeSpan> Timeout = StackOptions.Timeout;

    /// <inheritdoc/>
    public override async Task RunAsync(BuildContext context)
    {
        using var held = StackLock.Take(context.Paths);
        var engine = EngineSelection.Running(context);
        var choice = ServiceChoice.Again(context.Services, context.GetValue(Service));
        var components = await engine.UpAsync(context.GetValue(Timeout), Interrupt.Token, choice);
        ComponentTable.Print(context.Terminal, [.. components.Where(component => component.Name == choice.Started[0].Name)]);
    }
}
