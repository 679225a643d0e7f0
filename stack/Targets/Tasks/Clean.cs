using Cake.Frosting;
using MicroMonitored.Model;

namespace MicroMonitored.Targets.Tasks;

/// <summary>Makes room without losing what the running build needs.</summary>
[TaskName(nameof(Clean))]
[TaskDescription("Deletes what builds and runs have written below artifacts/, except the build itself.")]
public sealed class Clean : FrostingTask<BuildContext>
{
    /// <inheritdoc/>
    public override void Run(BuildContext context)
    {
        if (EngineSelection.Recorded(context) is { } engine)
            throw new FaultException($"the stack is up on the {engine.Name} engine; run --target=Teardown before --target=Clean");
        foreach (var folder in Directory.Exists(context.Paths.Artifacts) ? Directory.EnumerateDirectories(context.Paths.Artifacts) : [])
        {
            if (System.IO.Path.GetFileName(folder) is not ("bin" or "obj" or "build"))
                Directory.Delete(folder, recursive: true);
        }
    }
}
