using MicroMonitored.Model;
using MicroMonitored.Model.Components;
using MicroMonitored.Model.Embedded;
using MicroMonitored.Model.Services;

namespace MicroMonitored.Targets.Engines.Embedded;

/// <summary>Has the embedded engine and one service started so that they can be broken, and breaks them.</summary>
internal static class FaultInjection
{
    /// <summary>Starts anew what the fault needs, and mends what is broken now; null mends alone.</summary>
    /// <exception cref="FaultException">Nothing is up, or not on the embedded engine.</exception>
    public static async Task InjectAsync(BuildContext context, StackFault? fault, TimeSpan timeout)
    {
        if (EngineSelection.Running(context) is not { } engine || engine.Kind.Has(Capabilities.Containers))
            throw new FaultException("only the embedded engine can be broken on purpose; run Teardown and Up --engine=embedded first");
        if (fault is null)
            File.Delete(context.Paths.Fault);
        else
            ChangedFile.Write(context.Paths.Fault, fault.Name + "\n");
        await StackStart.RunAsync(context, engine.Kind.Choice, timeout, fault is { Stops: true } && fault.Victim(context.Services) is { } victim
            ? ServiceChoice.Without(context.Services, [victim.Name])
            : ServiceChoice.Without(context.Services, []));
    }

    /// <summary>What is broken now; null when nothing is.</summary>
    public static StackFault? Injected(Paths paths)
    {
        var name = File.Exists(paths.Fault) ? File.ReadAllText(paths.Fault).Trim() : null;
        return StackFault.All.FirstOrDefault(known => known.Name == name);
    }

    /// <summary>What a process is started with while a fault is injected; nothing otherwise.</summary>
    /// <param name="hook">The engine's assembly.</param>
    /// <param name="service">The service to start; null is the engine.</param>
    public static IEnumerable<KeyValuePair<string, string>> Variables(BuildContext context, string hook, DiscoveredService? service = null)
    {
        if (Injected(context.Paths) is not { } fault || (service is not null && fault.Victim(context.Services) != service))
            return [];
        KeyValuePair<string, string>[] hooked = [new(StackFault.HookVariable, hook), new(StackFault.FileVariable, context.Paths.Fault)];
        return service is null ? hooked : hooked.Concat(fault.Variables);
    }
}
