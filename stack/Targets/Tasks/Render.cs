using Cake.Frosting;

namespace MicroMonitored.Targets.Tasks;

/// <summary>Writes what the components and the embedded engine are configured with, here or where the stack goes from here.</summary>
[TaskName(nameof(Render))]
[TaskDescription("Renders the configuration of the stack from the settings and the services into artifacts/stack.")]
[Example("--for=kubernetes")]
public sealed class Render : FrostingTask<BuildContext>
{
    private static readonly Option<string?> For = Option.OneOf("for", "PLACE", "where the stack goes beyond one machine, into artifacts/PLACE with a README", [
        ("compose-ha", "under Compose, so that one Loki or one Prometheus may fail"),
        ("kubernetes", "values for the products' own charts, manifests for the services"),
    ]);

    /// <inheritdoc/>
    public override void Run(BuildContext context)
    {
        var place = context.GetValue(For);
        foreach (var file in StackFiles.Render(context, place))
            context.Say(file.ToString());
        if (place is not null)
            context.Say($"Next: {context.Paths.Shown(Path.Combine(context.Paths.Beyond(place), "README.md"))} says in order what to run.");
    }
}
