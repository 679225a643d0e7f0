using Cake.Core;
using Cake.Frosting;

namespace MicroMonitored.Targets.Tasks;

[TaskName(nameof(Test))]
[TaskDescription("Builds and runs every test project (--filter=Stack.Tests for some of them).")]
public sealed class Test : FrostingTask<BuildContext>
{
    public override void Run(BuildContext context)
    {
        var totals = TestRun.Of(context);
        context.Say(totals.ToString());
        if (totals.Failed > 0 || totals.Passed == 0)
            throw new CakeException(totals.Failed > 0 ? "Tests failed." : "No test ran.");
    }
}
