using MicroMonitored.Targets;
using System.IO.Enumeration;
using Cake.Frosting;
using MicroMonitored.Model;

namespace Build.Tasks;

[TaskName(nameof(Bench))]
[TaskDescription("Measures what the instrumentation costs, how fast the templates are and how fast the stack starts (--filter=instrumentation|scaffolding|start-up).")]
public sealed class Bench : FrostingTask<BuildContext>
{
    public override void Run(BuildContext context)
    {
        var chosen = Benchmark.All.Where(benchmark => FileSystemName.MatchesSimpleExpression(context.Options.Filter ?? "*", benchmark.Key)).ToList();
        if (chosen.Count == 0)
            throw new FaultException($"--filter={context.Options.Filter}: no benchmark has that name; known: {string.Join(", ", Benchmark.All.Keys)}");
        foreach (var (_, run) in chosen)
        {
            if (run(context) is { } report)
                context.Say($"Written: {context.Paths.Shown(report)}");
        }
    }
}
