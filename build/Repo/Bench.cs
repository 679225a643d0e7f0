using Cake.Frosting;

namespace Build.Repo;

[TaskName(nameof(Bench))]
[TaskDescription("Measures what the services' instrumentation costs, against a bare service and the usual set-up.")]
public sealed class Bench : FrostingTask<BuildContext>
{
    public override void Run(BuildContext context)
    {
        var report = Benchmark.Run(context);
        context.Say($"Written: {context.Paths.Shown(report)} and chart.svg beside it");
    }
}
