using MicroMonitored.Verification;
using MicroMonitored.Verification.Reports;
using Spectre.Console;

namespace Build;

/// <summary>Writes what Verify found: to the console, for machines and for CI.</summary>
public static class Reports
{
    public static async Task WriteAsync(VerificationReport report, string folder, IAnsiConsole console, CancellationToken cancellation)
    {
        Directory.CreateDirectory(folder);
        await File.WriteAllTextAsync(Path.Combine(folder, "report.json"), JsonReport.Write(report), cancellation);
        ConsoleReport.Write(console, report);
    }
}
