using Cake.Core;
using Cake.Core.IO;

namespace MicroMonitored.Targets;

/// <summary>Runs a tool to its end; the one place where exit codes are looked at.</summary>
public static class Command
{
    private const int LinesShown = 25;

    /// <summary>Runs the tool quietly and returns what it printed.</summary>
    /// <param name="what">What failed, as a person would say it: <c>the services' build</c>.</param>
    /// <exception cref="CakeException">The tool's exit code was not zero, or its time was over; carries its last lines.</exception>
    /// <param name="context">The build.</param>
    /// <param name="tool">A program's name or path.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="folder">Where it runs; null is here.</param>
    /// <param name="variables">Environment variables that it gets beside those of the build.</param>
    /// <param name="patience">After this long the tool is ended; null waits.</param>
    public static IReadOnlyList<string> Capture(
        this ICakeContext context,
        string what,
        FilePath tool,
        ProcessArgumentBuilder arguments,
        DirectoryPath? folder = null,
        IReadOnlyDictionary<string, string?>? variables = null,
        TimeSpan? patience = null)
    {
        var settings = Settings(arguments, folder, variables);
        settings.RedirectStandardOutput = true;
        settings.RedirectStandardError = true;
        using var process = context.ProcessRunner.Start(tool, settings);
        // First to the end: until then Cake takes an output that is still on its way for none.
        if (patience is not { } limit)
            process.WaitForExit();
        else if (!process.WaitForExit((int)limit.TotalMilliseconds))
        {
            process.Kill();
            throw new CakeException($"{what} did not end within {limit.TotalSeconds:0} s");
        }

        var output = process.GetStandardOutput().ToList();
        output.AddRange(process.GetStandardError());
        var code = process.GetExitCode();
        if (code == 0)
            return output;
        if (output.FirstOrDefault(DiskSpace.IsShort) is { } full)
            throw new CakeException($"{what} failed ({tool.GetFilename()} exit code {code}): {full.Trim()}; make room on that disk and repeat");
        var errors = output
            .Where(line => line.Contains(": error ", StringComparison.Ordinal) || line.StartsWith("error", StringComparison.OrdinalIgnoreCase))
            .Distinct()
            .ToList();
        var shown = (errors.Count > 0 ? errors : output.Where(line => line.Trim().Length > 0)).TakeLast(LinesShown);
        throw new CakeException($"{what} failed ({tool.GetFilename()} exit code {code}):{Environment.NewLine}{string.Join(Environment.NewLine, shown)}");
    }

    /// <summary>Runs the tool with its output going straight to the console.</summary>
    /// <exception cref="CakeException">The tool's exit code was not zero.</exception>
    /// <inheritdoc cref="Capture"/>
    public static void Show(
        this ICakeContext context,
        string what,
        FilePath tool,
        ProcessArgumentBuilder arguments,
        DirectoryPath? folder = null,
        IReadOnlyDictionary<string, string?>? variables = null)
    {
        using var process = context.ProcessRunner.Start(tool, Settings(arguments, folder, variables));
        process.WaitForExit();
        if (process.GetExitCode() is var code && code != 0)
            throw new CakeException($"{what} failed ({tool.GetFilename()} exit code {code})");
    }

    private static ProcessSettings Settings(ProcessArgumentBuilder arguments, DirectoryPath? folder, IReadOnlyDictionary<string, string?>? variables)
        => new()
        {
            Arguments = arguments,
            WorkingDirectory = folder,
            EnvironmentVariables = (variables ?? new Dictionary<string, string?>()).ToDictionary(),
        };
}
