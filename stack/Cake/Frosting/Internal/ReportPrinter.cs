using System.Globalization;
using Cake.Core;
using Cake.Core.Diagnostics;

namespace Cake.Frosting.Internal;

/// <summary>Prints a header per task and, when more than one task had something to do, a summary.</summary>
internal sealed class ReportPrinter(IConsole console, ICakeLog log) : ICakeReportPrinter
{
    private const int Width = 60;

    public void WriteStep(string name, Verbosity verbosity)
    {
        if (verbosity >= Verbosity.Normal)
            WriteHeader(name, ConsoleColor.Cyan);
    }

    public void WriteLifeCycleStep(string name, Verbosity verbosity)
    {
        if (verbosity >= Verbosity.Verbose)
            WriteHeader(name, ConsoleColor.DarkGray);
    }

    public void WriteSkippedStep(string name, Verbosity verbosity)
    {
        if (verbosity >= Verbosity.Verbose)
            WriteHeader(name, ConsoleColor.DarkGray);
    }

    public void Write(CakeReport report)
    {
        var rows = report.Where(IsWorthARow).ToArray();
        if (log.Verbosity < Verbosity.Normal || rows.Length < 2)
            return;

        var width = Math.Max(rows.Max(r => r.TaskName.Length), "Total".Length) + 2;
        console.WriteLine(string.Empty);
        foreach (var row in rows)
            WriteRow(row.TaskName.PadRight(width), row);
        console.WriteLine("{0}", "Total".PadRight(width) + Format(rows.Aggregate(TimeSpan.Zero, (sum, row) => sum + row.Duration)));
    }

    private bool IsWorthARow(CakeReportEntry entry) => log.Verbosity >= Verbosity.Verbose
        || (entry.Category == CakeReportEntryCategory.Task && entry.ExecutionStatus != CakeTaskExecutionStatus.Delegated);

    private void WriteRow(string name, CakeReportEntry row)
    {
        var (text, color) = row.ExecutionStatus switch
        {
            CakeTaskExecutionStatus.Failed => (Format(row.Duration) + "  failed", ConsoleColor.Red),
            CakeTaskExecutionStatus.Skipped => ("       -  skipped", ConsoleColor.DarkYellow),
            _ => (Format(row.Duration), ConsoleColor.Green),
        };
        InColor(color, () => console.WriteLine("{0}", name + text));
    }

    private void WriteHeader(string name, ConsoleColor color)
    {
        console.WriteLine(string.Empty);
        InColor(color, () => console.WriteLine("{0}", $"── {name} {new string('─', Math.Max(2, Width - name.Length - 4))}"));
    }

    private void InColor(ConsoleColor color, Action write)
    {
        console.ForegroundColor = color;
        try
        {
            write();
        }
        finally
        {
            console.ResetColor();
        }
    }

    private static string Format(TimeSpan time) => time.TotalSeconds < 60
        ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds,6:0.00} s")
        : string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalMinutes,3}:{time.Seconds:00} min");
}
