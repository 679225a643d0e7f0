using Cake.Frosting;
using MicroMonitored.Model.Settings;

namespace MicroMonitored.Targets.Tasks;

/// <summary>Prints what components and services have logged.</summary>
[TaskName(nameof(Logs))]
[TaskDescription("Prints the newest log lines of all or of one.")]
[Example("--lines=20")]
[Example("--component=loki --follow")]
public sealed class Logs : AsyncFrostingTask<BuildContext>
{
    private static readonly Option<string?> Component = Option.Text("component", "NAME", "one component or service of those that Status lists");
    private static readonly Option<int> Lines = Option.Number("lines", 50, "how many lines of each");
    private static readonly Option<bool> Follow = Option.Flag("follow", "goes on until Ctrl-C");
    private static readonly Option<EngineChoice?> Engine = StackOptions.Engine;

    /// <inheritdoc/>
    public override Task RunAsync(BuildContext context)
        => EngineSelection.Running(context, context.GetValue(Engine))
            .LogsAsync(context.GetValue(Component), context.GetValue(Lines), context.GetValue(Follow), Interrupt.Token);
}
