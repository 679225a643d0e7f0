using Cake.Core;
using MicroMonitored.Model;
using MicroMonitored.Verification;
using MicroMonitored.Verification.Contracts;

namespace MicroMonitored.Targets;

/// <summary>The <c>telemetry.lock</c> of a repository and its running stack.</summary>
internal sealed class LockedTelemetry(BuildContext context, VerificationPlan plan)
{
    /// <summary>Writes it.</summary>
    /// <exception cref="CakeException">Nothing could be recorded.</exception>
    public async Task AcceptAsync(CancellationToken cancellation)
    {
        var text = ContractFile.Write((await RecordAsync(cancellation)).Contract);
        var isKnown = File.Exists(context.Paths.TelemetryLock);
        var outcome = !ChangedFile.Write(context.Paths.TelemetryLock, text) ? "NoChanges" : isKnown ? "Updated" : "Generated";
        context.Say($"[{outcome}] {TelemetryContract.FileName}");
    }

    /// <summary>Compares it with what the services emit.</summary>
    /// <exception cref="FaultException">There is none, or it cannot be read.</exception>
    /// <exception cref="CakeException">Nothing could be recorded.</exception>
    public async Task<ContractResult> CompareAsync(CancellationToken cancellation)
    {
        if (!File.Exists(context.Paths.TelemetryLock))
            throw new FaultException($"{TelemetryContract.FileName} is missing; write it with --target=Contract --accept and commit it");
        var locked = ContractFile.Read(await File.ReadAllTextAsync(context.Paths.TelemetryLock, cancellation));
        var recorded = await RecordAsync(cancellation);
        var uses = new TelemetryUses();
        foreach (var dashboard in VerificationPlans.DashboardFiles(context))
            uses.AddDashboard(await File.ReadAllBytesAsync(dashboard, cancellation));
        foreach (var service in plan.Services.Where(service => service.Expectations is not null))
            uses.AddExpectations(service.Name, service.Expectations!);
        await AskedAsync(() => ContractCheck.AddRulesAsync(uses, plan, cancellation));
        return ContractCheck.Report(locked, recorded, uses, plan.Engine);
    }

    /// <summary>Records what the services emit.</summary>
    /// <exception cref="CakeException">Nothing could be recorded.</exception>
    public async Task<ContractRecording> RecordAsync(CancellationToken cancellation)
    {
        ContractRecording? recorded = null;
        await AskedAsync(async () => recorded = await ContractRecording.RecordAsync(plan, TimeProvider.System, cancellation));
        return recorded!;
    }

    private static async Task AskedAsync(Func<Task> ask)
    {
        try
        {
            await ask();
        }
        catch (InvalidOperationException exception)
        {
            throw new CakeException(exception.Message);
        }
    }
}
