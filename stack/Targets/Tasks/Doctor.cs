using System.Text.Json;
using Cake.Core;
using Cake.Frosting;

namespace MicroMonitored.Targets.Tasks;

/// <summary>Tells what on this machine or in the settings is in the way of a stack.</summary>
[TaskName(nameof(Doctor))]
[TaskDescription("Looks at SDK, Docker, images, ports, disk, memory and settings, and says what to mend.")]
[Example("--format=json")]
public sealed class Doctor : FrostingTask<BuildContext>
{
    private static readonly Option<OutputFormat> Format = StackOptions.Format;

    /// <inheritdoc/>
    public override void Run(BuildContext context)
    {
        var findings = new Examination(context, Machine.Of(context.Paths)).Run();
        if (context.GetValue(Format) == OutputFormat.Json)
            context.Say(JsonSerializer.Serialize(findings, FindingJson.Default.IReadOnlyListFinding));
        else
            FindingTable.Print(context.Terminal, findings);
        if (findings.Count(finding => finding.Status == FindingStatus.Fail) is var failed and > 0)
            throw new CakeException($"Doctor found {failed} thing{(failed == 1 ? "" : "s")} to mend.");
    }
}
