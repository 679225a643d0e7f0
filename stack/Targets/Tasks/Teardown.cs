using Cake.Frosting;

namespace MicroMonitored.Targets.Tasks;

/// <summary>Stops everything; does nothing where nothing runs.</summary>
[TaskName(nameof(Teardown))]
[TaskDescription("Stops and removes everything that Up started; stored data only with --purge.")]
[Example("--purge")]
public sealed class Teardown : AsyncFrostingTask<BuildContext>
{
    private static readonly Option<bool> Purge = Option.Flag("purge", "deletes the stored metrics, logs and traces too");

    /// <inheritdoc/>
    public override async Task RunAsync(BuildContext context)
    {
        using var held = StackLock.Take(context.Paths);
        var purge = context.GetValue(Purge);
        var removed = new List<string>();
        foreach (var engine in EngineSelection.ForTeardown(context, purge))
            removed.AddRange(await engine.TeardownAsync(purge, CancellationToken.None));
        EngineSelection.Forget(context);
        context.Say(removed.Count == 0 ? "Nothing is up." : $"Removed: {string.Join(", ", removed)}.");
    }
}
