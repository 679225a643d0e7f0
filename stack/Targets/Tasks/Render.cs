using Cake.Frosting;

namespace MicroMonitored.Targets.Tasks;

/// <summary>Writes what the components and the embedded engine are configured with.</summary>
[TaskName(nameof(Render))]
[TaskDescription("Renders the configuration of the stack from the settings and the services into artifacts/stack.")]
public sealed class Render : FrostingTask<BuildContext>
{
    /// <inheritdoc/>
    public override void Run(BuildContext context)
    {
        foreach (var file in StackFiles.Render(context))
            context.Say(file.ToString());
    }
}
