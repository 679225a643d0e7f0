using Cake.Core;
using Cake.Core.Diagnostics;
using Cake.Frosting;

namespace MicroMonitored.Targets;

/// <summary>Refuses a command line that its targets do not understand before any of them runs, and leaves the output to JSON where it is asked for.</summary>
internal sealed class BuildLifetime(IReadOnlyList<Target> targets) : FrostingLifetime<BuildContext>
{
    public override void Setup(BuildContext context, ISetupContext info)
    {
        var run = info.TasksToExecute.Select(task => task.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var named = context.Arguments.GetArguments("target") is { Count: > 0 } asked ? asked : [info.TargetTask.Name];
        context.Given.Require(
            [.. targets.Where(target => named.Contains(target.Name, StringComparer.OrdinalIgnoreCase)).Select(target => target.Name)],
            targets.Where(target => run.Contains(target.Name)),
            targets);
        if (context.GetValue(StackOptions.Format) == OutputFormat.Json)
            context.Log.Verbosity = Verbosity.Quiet;
    }

    public override void Teardown(BuildContext context, ITeardownContext info)
    {
    }
}
