using System.Globalization;
using MicroMonitored.Verification;
using Spectre.Console;

namespace MicroMonitored.Targets.Console;

/// <summary>Prints what the canary has seen.</summary>
public static class CanaryTable
{
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(10);

    public static void Print(IAnsiConsole console, CanaryReport report)
    {
        var table = Terminal.Table("Signal", "Sent", "Missing", "Duplicate", "Out of order", "Unexpected", "p50", "p95", "max");
        foreach (var signal in report.Signals)
        {
            table.AddRow([.. new[] { signal.Signal, Number(signal.Sent), Number(signal.Missing), Number(signal.Duplicate), Number(signal.OutOfOrder), Number(signal.Unexpected), Delay(signal.Freshness?.P50Ms), Delay(signal.Freshness?.P95Ms), Delay(signal.Freshness?.MaxMs) }.Select(text => new Text(text))]);
        }

        console.Write(table);
    }

    /// <summary>One line now and then while the canary runs.</summary>
    public static IProgress<CanaryReport> Progress(BuildContext context) => new Ticker(context);

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Delay(double? milliseconds) => milliseconds is { } value ? string.Create(CultureInfo.InvariantCulture, $"{value:0} ms") : "-";

    private sealed class Ticker(BuildContext context) : IProgress<CanaryReport>
    {
        private TimeSpan _next = Pace;

        public void Report(CanaryReport value)
        {
            if (value.Elapsed < _next)
                return;
            _next = value.Elapsed + Pace;
            context.Say(string.Create(CultureInfo.InvariantCulture, $"{value.Elapsed:hh\\:mm\\:ss}  {(value.Sound ? "nothing lost" : "LOSS")}  {string.Join("  ", value.Signals.Select(signal => $"{signal.Signal} {signal.Sent}"))}"));
        }
    }
}
