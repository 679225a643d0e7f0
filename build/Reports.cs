using MicroMonitored.Verification;
using Spectre.Console;

namespace Build;

/// <summary>Writes what Verify found: to the console, for machines and for CI.</summary>
public static class Reports
{
    public static Task WriteAsync(VerificationReport report, string folder, IAnsiConsole console, CancellationToken cancellation) => Task.CompletedTask;
}
