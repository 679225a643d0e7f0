using System.IO.Enumeration;
using Cake.Frosting;
using MicroMonitored.Model;
using MicroMonitored.Targets;
using MicroMonitored.Targets.Options;

namespace Build.Tasks;

[TaskName(nameof(Bench))]
[TaskDescription("Measures the instrumentation, the embedded engine, the templates, the testing package and how fast the stack starts.")]
[Example("--filter=start-up")]
public sealed class Bench : FrostingTask<BuildContext>
{
    private static readonly Option<string?> Filter = Option.Text("filter", "NAME", "instrumentation, engine, scaffolding, testing or start-up");

    public override void Run(BuildContext context)
    {
        var filter = context.GetValue(Filter) ?? "*";
        var chosen = Benchmark.All.Where(benchmark => FileSystemName.MatchesSimpleExpression(filter, benchmark.Key)).ToList();
        if (chosen.Count == 0)
            throw new FaultException($"--filter={filter}: no benchmark has that name; known: {string.Join(", ", Benchmark.All.Keys)}");
        foreach (var (_, run) in chosen)
        {
            if (run(context) is { } report)
                context.Say($"Written: {context.Paths.Shown(report)}");
        }
    }
}
