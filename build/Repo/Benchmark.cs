using Cake.Core;
using Cake.Core.IO;
using Path = System.IO.Path;

namespace Build.Repo;

/// <summary>The benchmark program of this repository, compiled and run.</summary>
public static class Benchmark
{
    private const string Project = "Bench";

    /// <summary>Runs the comparison, its table on the console, and returns the report's path.</summary>
    /// <exception cref="CakeException">It does not compile, or a server did not answer.</exception>
    public static string Run(BuildContext context)
    {
        var folder = Path.Combine(context.Paths.Artifacts, "bench");
        Directory.CreateDirectory(folder);
        Projects.Build(context, "the benchmark's build", Path.Combine(folder, "bench.slnx"), [Path.Combine(context.Paths.Tests, Project, Project + ".csproj")]);
        context.Show("the benchmark", "dotnet", new ProcessArgumentBuilder().AppendQuoted(context.Paths.Assembly(Project)).AppendQuoted(folder), context.Paths.Root);
        return Path.Combine(folder, "report.md");
    }
}
