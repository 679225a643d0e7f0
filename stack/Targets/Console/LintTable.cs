using System.Text.Json;
using System.Text.Json.Serialization;
using MicroMonitored.Verification.Lint;
using Spectre.Console;

namespace MicroMonitored.Targets.Console;

/// <summary>Shows what <c>Lint</c> found, and writes it for programs.</summary>
internal static class LintTable
{
    public static void Write(BuildContext context, LintResult result, OutputFormat format)
    {
        var json = JsonSerializer.Serialize(result, LintJson.Default.LintResult);
        ChangedFile.Write(context.Paths.Findings, json + "\n");
        if (format == OutputFormat.Json)
        {
            context.Say(json);
            return;
        }

        if (result.Findings.Count > 0)
            context.Terminal.Write(Table(result.Findings));
        context.Say($"Score: {result.Score} of 100; {result.Findings.Count} found, {result.Accepted} accepted with a reason.");
    }

    private static Table Table(IReadOnlyList<LintFinding> findings)
    {
        var table = Terminal.Table("Level", "Rule", "Service", "What", "Finding");
        table.Columns[3].NoWrap = false;
        table.Columns[4].NoWrap = false;
        foreach (var finding in findings)
        {
            var colour = finding.Level switch { LintLevel.Violation => Color.Red, LintLevel.Improvement => Color.Yellow, _ => Color.Default };
            table.AddRow(
                new Text(finding.Level.ToString().ToLowerInvariant(), new Style(colour)), new Text(finding.Id), new Text(finding.Service),
                new Text(finding.SignalName), new Text(finding.Message));
        }

        return table;
    }
}

[JsonSourceGenerationOptions(WriteIndented = true)]
[JsonSerializable(typeof(LintResult))]
internal sealed partial class LintJson : JsonSerializerContext;
