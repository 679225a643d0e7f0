using Cake.Frosting;

namespace Build.Tasks;

[TaskName(nameof(Default))]
[TaskDescription("Lists the targets.")]
public sealed class Default : FrostingTask<BuildContext>
{
    public override void Run(BuildContext context) => TargetList.Print(context);
}
