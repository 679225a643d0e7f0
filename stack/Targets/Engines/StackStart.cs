using System.Diagnostics;
using MicroMonitored.Model.Settings;

namespace MicroMonitored.Targets.Engines;

/// <summary>Brings the stack up and leaves either all of it or what Teardown can clean.</summary>
internal static class StackStart
{
    public static async Task RunAsync(BuildContext context, EngineChoice? asked, TimeSpan timeout, ServiceChoice choice)
    {
        var clock = Stopwatch.StartNew();
        using var held = StackLock.Take(context.Paths);
        var engine = EngineSelection.ForUp(context, asked);
        var original = Ownership.Original(context.Paths);
        try
        {
            EngineSelection.Record(context, engine);
            ChosenPorts.Write(context);
            var components = await engine.UpAsync(timeout, Interrupt.Token, choice);
            ComponentTable.Print(context.Terminal, components);
            var left = choice.Stopped.Count == 0 ? "" : $", without {Option.Listed([.. choice.Stopped.Select(service => service.Name)])}";
            context.Say(left.Length == 0 && components.All(component => component.Seconds is null)
                ? "Already up; nothing to do."
                : FormattableString.Invariant($"Up on the {engine.Name} engine in {clock.Elapsed.TotalSeconds:0.0} s{left}."));
            if (context.Settings.IsOpen)
                context.Say($"Warning: bindAddress {context.Settings.BindAddress} opens the ports to other machines, and only Grafana asks for a password.");
            if (Embedded.FaultInjection.Injected(context.Paths) is { } fault)
                context.Say($"Broken on purpose: {fault.Description} ({fault.Name}); mend it by {Paths.Command} --target=Fault --name=none");
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
