using System.Globalization;
using MicroMonitored.Verification;
using Spectre.Console;

namespace MicroMonitored.Targets.Console;

/// <summary>Prints what the canary has seen.</summary>
internal static class CanaryTable
{
    private static readonly string[] Bounds = [.. DelayHistogram.Bounds.Select(bound => $"≤{Length(bound)}"), $">{Length(DelayHistogram.Bounds[^1])}"];

    /// <summary>The summary: a row per signal, then its delays by size.</summary>
    public static void Print(IAnsiConsole console, CanaryReport report)
    {
        var table = Terminal.Table("Signal", "Sent", "Late", "Lost", "Doubled", "Reordered", "Unexpected", "p95");
        var delays = Terminal.Table(["Emit to queryable", .. Bounds]);
        foreach (var signal in report.Signals)
        {
            string[] counts = [.. new[] { signal.Sent, signal.Late, signal.Missing, signal.Duplicate, signal.OutOfOrder, signal.Unexpected }.Select(Number)];
            table.AddRow([.. counts.Prepend(signal.Signal).Append(Delay(signal.Delays.Freshness?.P95Ms)).Select(text => new Text(text))]);
            delays.AddRow([.. signal.Delays.Counts.Select(Number).Prepend(signal.Signal).Select(text => new Text(text))]);
        }

        console.Write(table);
        console.Write(delays);
        foreach (var signal in report.Signals.Where(signal => signal.Problem is not null))
            console.Profile.Out.Writer.WriteLine($"{signal.Signal}: {signal.Problem}");
    }

    /// <summary>Follows a running canary: a line that is rewritten with each look for a person, a line every ten seconds elsewhere.</summary>
    public static IProgress<CanaryReport> Progress(IAnsiConsole console, TimeSpan duration) => new CanaryTicker(console, duration);

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Delay(double? milliseconds) => milliseconds is { } value ? string.Create(CultureInfo.InvariantCulture, $"{value:0} ms") : "-";

    private static string Length(double seconds) => string.Create(CultureInfo.InvariantCulture, $"{seconds:0.##}s");
}
