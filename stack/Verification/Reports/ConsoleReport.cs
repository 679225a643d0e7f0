using System.Globalization;
using Spectre.Console;

namespace MicroMonitored.Verification.Reports;

/// <summary>Writes a report for people: one table by signal, then what failed with its first broken hop and one fix.</summary>
public static class ConsoleReport
{
    public static void Write(IAnsiConsole console, VerificationReport report)
    {
        var table = new Table { Border = TableBorder.Rounded };
        table.AddColumn("signal").AddColumn("check").AddColumn("service").AddColumn(new TableColumn("result")).AddColumn(new TableColumn("time").RightAligned()).AddColumn("detail");
        string? above = null;
        foreach (var check in report.Checks)
        {
            var dot = check.Id.IndexOf('.', StringComparison.Ordinal);
            var signal = dot < 0 ? check.Id : check.Id[..dot];
            if (above is not null && above != signal)
                table.AddEmptyRow();
            table.AddRow(
                new Text(above == signal ? "" : signal),
                new Text(dot < 0 ? check.Id : check.Id[(dot + 1)..]),
                new Text(check.Service ?? ""),
                check.Status switch
                {
                    CheckStatus.Pass => new Markup("[green]pass[/]"),
                    CheckStatus.Fail => new Markup("[red bold]FAIL[/]"),
                    _ => new Markup("[yellow]skip[/]"),
                },
                new Text(check.Status == CheckStatus.Skip ? "" : Time(check.DurationMs)),
                new Text(check.Detail));
            above = signal;
        }
        console.Write(table);
        foreach (var check in report.Checks.Where(check => check.Status == CheckStatus.Fail))
        {
            console.Write(new Markup("[red]FAIL[/] "));
            console.WriteLine($"{check.Id}{(check.Service is null ? "" : $" ({check.Service})")}: {check.Detail}");
            console.WriteLine($"  hop: {check.Hop}");
            console.WriteLine($"  fix: {check.Fix}");
        }
        foreach (var (signal, freshness) in report.Freshness)
            console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{signal}: emit to queryable p50 {freshness.P50Ms:0} ms, p95 {freshness.P95Ms:0} ms, max {freshness.MaxMs:0} ms"));
        console.WriteLine($"{report.Passed} passed, {report.Failed} failed, {report.Skipped} skipped");
    }

    private static string Time(double milliseconds) =>
        milliseconds < 1000
            ? string.Create(CultureInfo.InvariantCulture, $"{milliseconds:0} ms")
            : string.Create(CultureInfo.InvariantCulture, $"{milliseconds / 1000:0.0} s");
}
