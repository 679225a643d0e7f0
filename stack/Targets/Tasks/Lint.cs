using Cake.Core;
using Cake.Frosting;
using MicroMonitored.Model.Settings;
using MicroMonitored.Verification.Lint;

namespace MicroMonitored.Targets.Tasks;

/// <summary>Holds what the services emit against OpenTelemetry's semantic conventions.</summary>
[TaskName(nameof(Lint))]
[TaskDescription("Holds names, units and attributes of the services' telemetry against the semantic conventions; scores it.")]
[Example("--format=json")]
public sealed class Lint : AsyncFrostingTask<BuildContext>
{
    private static readonly Option<OutputFormat> Format = StackOptions.Format;
    private static readonly Option<TimeSpan> Timeout = StackOptions.Timeout;
    private static readonly Option<EngineChoice?> Engine = StackOptions.Engine;

    /// <inheritdoc/>
    public override async Task RunAsync(BuildContext context)
    {
        var plan = VerificationPlans.Asked(context, null, context.GetValue(Engine), context.GetValue(Timeout));
        var result = Linter.Of((await new LockedTelemetry(context, plan).RecordAsync(Interrupt.Token)).Contract, plan.Services);
        LintTable.Write(context, result, context.GetValue(Format));
        if (result.Findings.Any(finding => finding.Level == LintLevel.Violation))
            throw new CakeException($"The telemetry violates the conventions; the findings are in {context.Paths.Shown(context.Paths.Findings)}.");
    }
}
