using Cake.Core;
using Cake.Frosting;

namespace MicroMonitored.Targets.Tasks;

/// <summary>Runs the repository's tests.</summary>
[TaskName(nameof(Test))]
[TaskDescription("Builds and runs every test project.")]
[Example("--filter=*.Orders.Tests")]
public sealed class Test : FrostingTask<BuildContext>
{
    private static readonly Option<string?> Filter = Option.Text("filter", "NAME", "the test projects to run, with * for any characters");

    /// <inheritdoc/>
    public override void Run(BuildContext context)
    {
        var totals = TestRun.Of(context, context.GetValue(Filter) ?? "*");
        context.Say(totals.ToString());
        if (totals.Failed > 0 || totals.Passed == 0)
            throw new CakeException(totals.Failed > 0 ? "Tests failed." : "No test ran.");
    }
}
