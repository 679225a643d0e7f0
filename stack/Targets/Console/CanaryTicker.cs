using System.Globalization;
using MicroMonitored.Verification;
using Spectre.Console;

namespace MicroMonitored.Targets.Console;

/// <summary>Tells how a running canary does.</summary>
internal sealed class CanaryTicker(IAnsiConsole console, TimeSpan duration) : IProgress<CanaryReport>
{
    private const int BarWidth = 10;
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(10);

    private readonly bool _live = console.Profile.Capabilities is { Ansi: true, Interactive: true };
    private TimeSpan _next = Pace;
    private bool _ended;

    public void Report(CanaryReport value)
    {
        var writer = console.Profile.Out.Writer;
        if (_live)
        {
            var line = Line(value);
            writer.Write($"\r{line[..Math.Min(line.Length, console.Profile.Width - 1)]}\u001b[K");
            writer.Flush();
        }
        else if (value.Elapsed >= _next || (!value.Sending && !_ended))
        {
            _next = value.Elapsed + Pace;
            _ended = !value.Sending;
            writer.WriteLine(Line(value));
        }
    }

    /// <summary>For example <c>00:00:12 of 00:01:00  nothing lost  logs 12 (1 under way)  traces 12</c>.</summary>
    private string Line(CanaryReport report)
    {
        var done = Math.Clamp(report.Elapsed / duration, 0, 1);
        var bar = _live ? $"[{new string('#', (int)(done * BarWidth)).PadRight(BarWidth, '.')}] " : "";
        var when = report.Sending ? string.Create(CultureInfo.InvariantCulture, $"{report.Elapsed:hh\\:mm\\:ss} of {duration:hh\\:mm\\:ss}") : "all sent";
        return $"{bar}{when}  {Verdict(report)}  "
            + string.Join("  ", report.Signals.Select(signal
                => $"{signal.Signal} {signal.Sent}{(signal.UnderWay > 0 ? $" ({signal.UnderWay} under way)" : "")}"));
    }

    private static string Verdict(CanaryReport report)
    {
        (int Count, string Word)[] faults =
        [
            (report.Signals.Sum(signal => signal.Missing), "LOST"),
            (report.Signals.Sum(signal => signal.Duplicate), "DOUBLED"),
            (report.Signals.Sum(signal => signal.OutOfOrder), "REORDERED"),
            (report.Signals.Sum(signal => signal.Unexpected), "UNEXPECTED"),
            (report.Signals.Sum(signal => signal.Late), "late"),
        ];
        var said = string.Join(", ", faults.Where(fault => fault.Count > 0).Select(fault => $"{fault.Count} {fault.Word}"));
        return report.Sound ? (said.Length == 0 ? "nothing lost" : $"{said}, nothing lost") : said;
    }
}
