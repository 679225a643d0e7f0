using Spectre.Console;

namespace MicroMonitored.Targets.Console;

/// <summary>Prints what <c>Doctor</c> found.</summary>
internal static class FindingTable
{
    public static void Print(IAnsiConsole console, IReadOnlyList<Finding> findings)
    {
        var table = Terminal.Table("Subject", "Result", "Seen", "What to do");
        table.Columns[2].NoWrap = false;
        table.Columns[3].NoWrap = false;
        foreach (var finding in findings)
        {
            var colour = finding.Status switch { FindingStatus.Pass => Color.Green, FindingStatus.Warn => Color.Yellow, _ => Color.Red };
            var status = new Text(finding.Status.ToString().ToLowerInvariant(), new Style(colour));
            table.AddRow(new Text(finding.Subject), status, new Text(finding.Detail), new Text(finding.Fix ?? ""));
        }

        console.Write(table);
    }
}
