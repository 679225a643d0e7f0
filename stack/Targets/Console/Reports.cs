using MicroMonitored.Verification;
using MicroMonitored.Verification.Reports;
using Spectre.Console;

namespace MicroMonitored.Targets.Console;

/// <summary>Writes what Verify found: to the console, for machines and for CI.</summary>
internal static class Reports
{
    public static async Task WriteAsync(VerificationReport report, string folder, IAnsiConsole console, bool details, CancellationToken cancellation)
    {
        await ReportFiles.WriteAsync(report, folder, cancellation);
        ConsoleReport.Write(console, report, details);
        if (Environment.GetEnvironmentVariable("GITHUB_ACTIONS") is { Length: > 0 })
            GitHubAnnotations.Write(console.Profile.Out.Writer, report);
        if (Environment.GetEnvironmentVariable("GITHUB_STEP_SUMMARY") is { Length: > 0 } summary)
            await File.AppendAllTextAsync(summary, await File.ReadAllTextAsync(Path.Combine(folder, "summary.md"), cancellation), cancellation);
    }
}
