using System.Globalization;
using System.IO.Enumeration;
using System.Xml.Linq;
using Cake.Core;
using Cake.Core.IO;
using MicroMonitored.Model;

namespace MicroMonitored.Targets.Projects;

/// <summary>The outcome of all test projects.</summary>
internal sealed record TestRun(int Passed, int Failed, int Skipped)
{
    /// <summary>Builds the test projects together and runs one after the other.</summary>
    /// <param name="filter">The projects' names; <c>*</c> matches any run of characters.</param>
    /// <exception cref="FaultException">No test project has the name asked for.</exception>
    /// <exception cref="CakeException">A test project does not compile.</exception>
    public static TestRun Of(BuildContext context, string filter)
    {
        var projects = Directory.EnumerateFiles(context.Paths.Tests, "*.csproj", SearchOption.AllDirectories)
            .Where(project => System.IO.Path.GetFileNameWithoutExtension(project) is var name
                && name.EndsWith("Tests", StringComparison.Ordinal)
                && FileSystemName.MatchesSimpleExpression(filter, name))
            .Order(StringComparer.Ordinal)
            .ToList();
        if (projects.Count == 0)
            throw new FaultException($"--filter={filter}: no test project below {context.Paths.Shown(context.Paths.Tests)} has that name");
        var results = System.IO.Path.Combine(context.Paths.Artifacts, "tests");
        Directory.CreateDirectory(results);
        Compilation.Build(context, "the tests' build", System.IO.Path.Combine(results, "tests.slnx"), projects, analyzed: true);
        return projects.Select(project => Run(context, System.IO.Path.GetFileNameWithoutExtension(project), results))
            .Aggregate(new TestRun(0, 0, 0), (sum, next) => new TestRun(sum.Passed + next.Passed, sum.Failed + next.Failed, sum.Skipped + next.Skipped));
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Passed} passed, {Failed} failed, {Skipped} skipped");

    private static TestRun Run(BuildContext context, string project, string results)
    {
        var file = System.IO.Path.Combine(results, project + ".xml");
        System.IO.File.Delete(file);
        try
        {
            context.Show(
                project,
                "dotnet",
                new ProcessArgumentBuilder()
                    .AppendQuoted(context.Paths.Assembly(project))
                    .Append("-noLogo").Append(System.Console.IsOutputRedirected ? "-noColor" : "")
                    .Append("-result-xml").AppendQuoted(file),
                context.Paths.Root);
        }
        catch (CakeException) when (System.IO.File.Exists(file))
        {
            return Read(file);
        }
        catch (CakeException exception)
        {
            context.Say($"{project}: {exception.Message}");
            return new TestRun(0, 1, 0);
        }

        return Read(file);
    }

    private static TestRun Read(string file)
    {
        var assemblies = XDocument.Load(file).Descendants("assembly").ToList();
        int Sum(string name) => assemblies.Sum(assembly => (int?)assembly.Attribute(name) ?? 0);
        return new TestRun(Sum("passed"), Sum("failed") + Sum("errors"), Sum("skipped") + Sum("not-run"));
    }
}
