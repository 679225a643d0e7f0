using Build.Tasks;
using Cake.Frosting;

namespace Build.Repo;

[TaskName(nameof(TeardownDemo))]
[TaskDescription("Tears the demo down; runs before Teardown.")]
[IsDependeeOf(typeof(Teardown))]
public sealed class TeardownDemo : FrostingTask<BuildContext>
{
    public override bool ShouldRun(BuildContext context) => DemoRepository.Existing(context) is not null;

    public override void Run(BuildContext context) => DemoRepository.Existing(context)!.RunTarget(nameof(Teardown));
}
