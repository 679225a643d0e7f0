using Cake.Frosting;
using MicroMonitored.Model;

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
        var name = context.GetValue(Service) ?? throw new FaultException($"--service is missing; known: {string.Join(", ", context.Services.Select(service => service.Name))}");
        var choice = ServiceChoice.Again(context.Services, name);
        var components = await engine.UpAsync(context.GetValue(Timeout), Interrupt.Token, choice);
        ComponentTable.Print(context.Terminal, [.. components.Where(component => component.Name == choice.Started[0].Name)]);
    }
}
