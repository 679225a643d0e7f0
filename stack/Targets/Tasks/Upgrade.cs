using Cake.Frosting;
using MicroMonitored.Targets.Upgrades;

namespace MicroMonitored.Targets.Tasks;

/// <summary>Takes a repository from the packages that it has to others.</summary>
[TaskName(nameof(Upgrade))]
[TaskDescription("Takes newer packages, and newer assets where you have not changed them.")]
[Example("--from=../MicroMonitored.Templates.0.3.0.nupkg")]
public sealed class Upgrade : FrostingTask<BuildContext>
{
    private static readonly Option<string?> From = Option.Text("from", "PLACE", "a package file, a folder that has one, or a version");

    /// <inheritdoc/>
    public override void Run(BuildContext context)
    {
        using var held = StackLock.Take(context.Paths);
        if (PackageChoice.Of(context, context.GetValue(From)) is not { } chosen)
            return;
        var package = TemplatePackage.Read(chosen);
        var plan = UpgradePlan.Of(context.Paths, package);
        if (plan.Steps.All(step => step.Word == "Kept" && step.Content is null))
        {
            context.Say($"Already on {package.Version}; nothing to do.");
            return;
        }

        plan.Apply(context.Paths);
        foreach (var step in plan.Steps)
            context.Say(step.ToString());
        context.Say($"From {plan.From} to {plan.To}{(plan.To.CompareTo(plan.From) < 0 ? ", a step back; versions that were raised meanwhile stay" : "")}.");
        if (plan.LeavesWork)
            context.Say("Compare each .new file with yours, take what you want and delete it.");
        context.Say($"Next: {Paths.Command} --target=Up, then {Paths.Command} --target=Verify.");
    }
}
