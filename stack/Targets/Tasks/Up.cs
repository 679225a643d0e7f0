using System.Diagnostics;
using Cake.Frosting;
using MicroMonitored.Model.Settings;

namespace MicroMonitored.Targets.Tasks;

/// <summary>Starts the stack and prints what came up, how fast and where.</summary>
[TaskName(nameof(Up))]
[TaskDescription("Starts the monitoring stack and the services, and waits until all are ready.")]
[Example("--engine=embedded")]
[Example("--timeout=5m")]
public sealed class Up : AsyncFrostingTask<BuildContext>
{
    private static readonly Option<EngineChoice?> Engine = StackOptions.Engine;
    private static readonly Option<TimeSpan> Timeout = StackOptions.Timeout;

    /// <inheritdoc/>
    public override async Task RunAsync(BuildContext context)
    {
        var clock = Stopwatch.StartNew();
        using var held = StackLock.Take(context.Paths);
        var engine = EngineSelection.ForUp(context, context.GetValue(Engine));
        var original = Ownership.Original(context.Paths);
        try
        {
            EngineSelection.Record(context, engine);
            var components = await engine.UpAsync(context.GetValue(Timeout), Interrupt.Token);
            ComponentTable.Print(context.Terminal, components);
            context.Say(components.All(component => component.Seconds is null)
                ? "Already up; nothing to do."
                : FormattableString.Invariant($"Up on the {engine.Name} engine in {clock.Elapsed.TotalSeconds:0.0} s."));
        }
        catch (Exception exception)
        {
            if (engine.LeavesNothing())
            {
                EngineSelection.Forget(context);
                Ownership.Claim(context.Paths, original);
            }

            DiskSpace.Refuse(exception, context.Paths);
            throw;
        }
    }
}
