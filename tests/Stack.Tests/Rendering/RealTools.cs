using System.Diagnostics;

namespace Stack.Tests.Rendering;

/// <summary>The real promtool, amtool, prometheus and alertmanager, from the folder MICROMONITORED_TOOLS or the PATH.</summary>
internal static class RealTools
{
    /// <summary>The tool's file; skips the test where the machine has none.</summary>
    public static string Require(string tool)
    {
        var file = Find(tool);
        Assert.SkipUnless(file is not null, $"{tool} is neither in the folder of MICROMONITORED_TOOLS nor on the PATH; .ci/tools brings it");
        return file!;
    }

    public static string? Find(string tool)
        => Folders().Select(folder => Path.Combine(folder, OperatingSystem.IsWindows() ? tool + ".exe" : tool)).FirstOrDefault(File.Exists);

    /// <summary>Runs the tool to its end and returns what it printed.</summary>
    public static async Task<(int ExitCode, string Output)> Run(string file, string folder, params string[] arguments)
    {
        using var process = Start(file, folder, arguments);
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var output = process.StandardOutput.ReadToEndAsync(deadline.Token);
        var error = process.StandardError.ReadToEndAsync(deadline.Token);
        try
        {
            await process.WaitForExitAsync(deadline.Token);
            return (process.ExitCode, await output + await error);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }

    public static Process Start(string file, string folder, IEnumerable<string> arguments)
        => Process.Start(new ProcessStartInfo(file, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true })!;

    private static IEnumerable<string> Folders()
        => new[] { Environment.GetEnvironmentVariable("MICROMONITORED_TOOLS"), "/opt/micromonitored-tools/bin" }
            .Concat((Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator))
            .OfType<string>().Where(folder => folder.Length > 0);
}
