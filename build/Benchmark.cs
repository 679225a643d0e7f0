using MicroMonitored.Model.Settings;
using MicroMonitored.Targets;
using MicroMonitored.Targets.Engines;
using MicroMonitored.Targets.Engines.Docker;
using MicroMonitored.Targets.Projects;
using System.Globalization;
using Cake.Core;
using Cake.Core.IO;
using Path = System.IO.Path;

namespace Build;

/// <summary>The benchmark program of this repository, compiled and run.</summary>
public static class Benchmark
{
    private const string Project = "Bench";
    private const int Services = 4;

    /// <summary>What a run measures, by the word that <c>--filter</c> selects.</summary>
    public static readonly IReadOnlyDictionary<string, Func<BuildContext, string?>> All = new Dictionary<string, Func<BuildContext, string?>>
    {
        ["instrumentation"] = context => Run(context),
        ["engine"] = context => Run(context, "engine"),
        ["scaffolding"] = context => Run(context, "scaffolding", Packages.Of(context).Templates),
        ["testing"] = context => Run(context, "testing"),
        ["start-up"] = StartUp,
    };

    /// <summary>How long Up of a scaffolded repository takes against bare Compose; returns the report's path, or null where no Docker can run.</summary>
    /// <exception cref="CakeException">It does not compile, or something did not start.</exception>
    public static string? StartUp(BuildContext context)
    {
        var docker = new DockerEngine(context);
        if (docker.Obstacles() is [var obstacle, ..])
        {
            context.Say($"start-up: left out, because {obstacle}");
            return null;
        }

        docker.Images.Pull();
        var folder = Compiled(context);
        var (repository, hive) = (Path.Combine(folder, "Shop"), Path.Combine(folder, "hive"));
        if (Directory.Exists(repository))
            Directory.Delete(repository, recursive: true);
        Templates.Install(context, Packages.Of(context), hive);
        Templates.Instantiate(context, "Shop", repository, hive);
        var variables = Names(context);
        try
        {
            var arguments = Program(context).Append("start-up").AppendQuoted(folder).AppendQuoted(repository);
            context.Show("the benchmark", "dotnet", arguments, context.Paths.Root, variables);
        }
        finally
        {
            var arguments = new ProcessArgumentBuilder().Append("--target=Teardown").Append("--purge");
            context.Capture("the benchmark's teardown", new FilePath(new Paths(repository).Script), arguments, repository, variables);
        }

        return Path.Combine(folder, "start-up.md");
    }

    /// <summary>Runs what needs nothing but the program; returns the report's path.</summary>
    private static string Run(BuildContext context, string? mode = null, string? subject = null)
    {
        var folder = Compiled(context);
        var arguments = Program(context);
        if (mode is not null)
            arguments.Append(mode);
        arguments.AppendQuoted(folder);
        if (subject is not null)
            arguments.AppendQuoted(subject);
        context.Show("the benchmark", "dotnet", arguments, context.Paths.Root);
        return Path.Combine(folder, $"{mode ?? "report"}.md");
    }

    private static ProcessArgumentBuilder Program(BuildContext context)
        => new ProcessArgumentBuilder().AppendQuoted(context.Paths.Assembly(Project));

    private static string Compiled(BuildContext context)
    {
        var folder = Path.Combine(context.Paths.Artifacts, "bench");
        Directory.CreateDirectory(folder);
        var project = Path.Combine(context.Paths.Tests, Project, Project + ".csproj");
        Compilation.Build(context, "the benchmark's build", Path.Combine(folder, "bench.slnx"), [project]);
        return folder;
    }

    /// <summary>Names and ports of its own: a stack that is up meanwhile stays untouched.</summary>
    private static Dictionary<string, string?> Names(BuildContext context)
    {
        var name = $"bench-{Environment.ProcessId}";
        var inUse = Listeners.Ports();
        var first = Enumerable.Range(20_000, 10_000).First(port => !Enumerable.Range(port, StackPorts.Span + Services).Any(inUse.Contains));
        return new()
        {
            ["STACK__NAMES__PROJECT"] = name,
            ["STACK__NAMES__NETWORK"] = $"{name}-net",
            ["STACK__NAMES__LOGSVOLUME"] = $"{name}_logs",
            ["STACK__PORTS__FIRST"] = first.ToString(CultureInfo.InvariantCulture),
        };
    }
}
