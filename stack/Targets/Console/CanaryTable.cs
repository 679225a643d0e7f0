using System.Globalization;
using MicroMonitored.Verification;
using Spectre.Console;

namespace MicroMonitored.Targets.Console;

/// <summary>Prints what the canary has seen.</summary>
internal static class CanaryTable
{
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(10);

    public static void Print(IAnsiConsole console, CanaryReport report)
    {
        var table = Terminal.Table("Signal", "Sent", "Missing", "Duplicate", "Out of order", "Unexpected", "p50", "p95", "max");
        foreach (var signal in report.Signals)
        {
            int[] counts = [signal.Sent, signal.Missing, signal.Duplicate, signal.OutOfOrder, signal.Unexpected];
            double?[] delays = [signal.Freshness?.P50Ms, signal.Freshness?.P95Ms, signal.Freshness?.MaxMs];
            table.AddRow([new Text(signal.Signal), .. counts.Select(Number).Concat(delays.Select(Delay)).Select(text => new Text(text))]);
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
            var sent = string.Join("  ", value.Signals.Select(signal => $"{signal.Signal} {signal.Sent}"));
            context.Say(string.Create(CultureInfo.InvariantCulture, $"{value.Elapsed:hh\\:mm\\:ss}  {(value.Sound ? "nothing lost" : "LOSS")}  {sent}"));
        }
    }
}
