using System.Diagnostics;
using MicroMonitored.Model;
using MicroMonitored.Verification;

namespace MicroMonitored.Targets;

/// <summary>What the targets do to the stack, so that several targets can do it.</summary>
public static class StackOperations
{
    /// <summary>Starts the stack and prints what came up, how fast and where.</summary>
    public static async Task UpAsync(BuildContext context, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        using var held = StackLock.Take(context.Paths);
        var engine = EngineSelection.ForUp(context);
        var original = Ownership.Original(context.Paths);
        try
        {
            EngineSelection.Record(context, engine);
            var components = await engine.UpAsync(cancellation);
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

            if (exception is IOException && DiskSpace.IsShort(exception.Message))
                throw new FaultException($"the disk of {context.Paths.Shown(context.Paths.Artifacts)} is full ({exception.Message.TrimEnd('.')}); make room and repeat the Up target");
            throw;
        }
    }

    /// <summary>Proves every signal and link and writes the reports.</summary>
    /// <returns>Whether nothing failed.</returns>
    public static async Task<bool> VerifyAsync(BuildContext context, CancellationToken cancellation)
    {
        var engine = EngineSelection.Running(context);
        var plan = VerificationPlans.Of(context, engine);
        if (Verifier.UnknownSelections(plan) is { Count: > 0 } unknown)
            throw new FaultException([.. unknown.Select(pattern => $"--only or --skip: no check is called {pattern}; known: {string.Join(' ', Verifier.CheckIds)}")]);
        var report = await Verifier.RunAsync(plan, TimeProvider.System, cancellation);
        await Reports.WriteAsync(report, context.Paths.Reports, context.Terminal, cancellation);
        return report.Failed == 0;
    }

    /// <summary>Stops everything; does nothing where nothing runs.</summary>
    public static async Task TeardownAsync(BuildContext context, CancellationToken cancellation)
    {
        using (StackLock.Take(context.Paths))
        {
            var removed = new List<string>();
            foreach (var engine in EngineSelection.ForTeardown(context))
                removed.AddRange(await engine.TeardownAsync(context.Options.Purge, cancellation));
            EngineSelection.Forget(context);
            context.Say(removed.Count == 0 ? "Nothing is up." : $"Removed: {string.Join(", ", removed)}.");
        }
    }
}
