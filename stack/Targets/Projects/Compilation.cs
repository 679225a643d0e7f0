using System.Security;
using Cake.Core;
using Cake.Core.IO;

namespace MicroMonitored.Targets.Projects;

/// <summary>Compiles several projects in one go.</summary>
internal static class Compilation
{
    /// <summary>Builds the projects in the Release configuration, in parallel, quietly.</summary>
    /// <param name="what">What fails, as a person would say it.</param>
    /// <param name="solution">A solution file to write for it, below <c>artifacts/</c>.</param>
    /// <param name="analyzed">With the analyzers too; without them it takes about half the time.</param>
    /// <param name="restored">Whether the packages are known to be restored.</param>
    /// <exception cref="CakeException">A project does not compile; carries the compiler's errors.</exception>
    public static void Build(
        BuildContext context, string what, string solution, IReadOnlyList<string> projects, bool analyzed = false, bool restored = false)
        => Run("build", context, what, solution, projects, analyzed, restored);

    /// <summary>Publishes the projects in the Release configuration, in parallel, quietly.</summary>
    /// <inheritdoc cref="Build"/>
    public static void Publish(BuildContext context, string what, string solution, IReadOnlyList<string> projects)
        => Run("publish", context, what, solution, projects, analyzed: false, restored: false);

    /// <summary>Restores the projects' packages.</summary>
    /// <inheritdoc cref="Build"/>
    public static void Restore(BuildContext context, string what, IReadOnlyList<string> projects)
        => context.Capture(
            what,
            "dotnet",
            new ProcessArgumentBuilder().Append("restore").AppendQuoted(Solution(System.IO.Path.Combine(context.Paths.Run, "services.slnx"), projects))
                .Append("--verbosity").Append("quiet"),
            context.Paths.Root);

    private static void Run(
        string command, BuildContext context, string what, string solution, IReadOnlyList<string> projects, bool analyzed, bool restored)
    {
        var arguments = new ProcessArgumentBuilder()
            .Append(command).AppendQuoted(Solution(solution, projects))
            .Append("--configuration").Append("Release")
            .Append("--nologo").Append("--verbosity").Append("quiet")
            .Append("-nodeReuse:false").Append($"-p:RunAnalyzers={(analyzed ? "true" : "false")}")
            // Projects outside the solution follow its configuration instead of their own default.
            .Append("-p:ShouldUnsetParentConfigurationAndPlatform=false");
        if (restored)
            arguments.Append("--no-restore");
        context.Capture(what, "dotnet", arguments, context.Paths.Root);
    }

    private static string Solution(string file, IReadOnlyList<string> projects)
    {
        var folder = System.IO.Path.GetDirectoryName(file)!;
        var entries = projects.Select(project => $"  <Project Path=\"{SecurityElement.Escape(System.IO.Path.GetRelativePath(folder, project))}\" />\n");
        ChangedFile.Write(file, $"<Solution>\n{string.Concat(entries)}</Solution>\n");
        return file;
    }
}
