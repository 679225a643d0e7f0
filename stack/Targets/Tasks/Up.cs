using System.Diagnostics;
using Cake.Frosting;
using MicroMonitored.Model;
using MicroMonitored.Model.Settings;

namespace MicroMonitored.Targets.Tasks;

/// <summary>Starts the stack and prints what came up, how fast and where.</summary>
[TaskName(nameof(Up))]
[TaskDescription("Starts the monitoring stack and the services, and waits until all are ready.")]
[Example("--engine=embedded")]
[Example("--without=orders")]
[Example("--only=stack")]
public sealed class Up : AsyncFrostingTask<BuildContext>
{
    private static readonly Option<EngineChoice?> Engine = StackOptions.Engine;
    private static readonly Option<TimeSpan> Timeout = StackOptions.Timeout;
    private static readonly Option<IReadOnlyList<string>> Leave = Option.List("without", "SERVICES", "the services to leave out, and to stop where they run");
    private static readonly Option<IReadOnlyList<string>> Only = Option.List("only", Stack, "starts no service and stops those that run");
    private const string Stack = "stack";

    /// <inheritdoc/>
    public override Task RunAsync(BuildContext context)
    {
        var only = context.GetValue(Only);
        if (only.Any(part => part != Stack))
            throw new FaultException($"--only={string.Join(',', only)}: use --only={Stack}");
        return StartAsync(context, only is [] ? Without(context) : new ServiceChoice([], context.Services));
    }

    /// <summary>All services but those that the command line leaves out.</summary>
    internal static ServiceChoice Without(BuildContext context) => ServiceChoice.Without(context.Services, context.GetValue(Leave));

    internal static async Task StartAsync(BuildContext context, ServiceChoice choice)
    {
        var clock = Stopwatch.StartNew();
        using var held = StackLock.Take(context.Paths);
        var engine = EngineSelection.ForUp(context, context.GetValue(Engine));
        var original = Ownership.Original(context.Paths);
        try
        {
            EngineSelection.Record(context, engine);
            var components = await engine.UpAsync(context.GetValue(Timeout), Interrupt.Token, choice);
            ComponentTable.Print(context.Terminal, components);
            var left = choice.Stopped.Count == 0 ? "" : $", without {Option.Listed([.. choice.Stopped.Select(service => service.Name)])}";
            context.Say(left.Length == 0 && components.All(component => component.Seconds is null)
                ? "Already up; nothing to do."
                : FormattableString.Invariant($"Up on the {engine.Name} engine in {clock.Elapsed.TotalSeconds:0.0} s{left}."));
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
