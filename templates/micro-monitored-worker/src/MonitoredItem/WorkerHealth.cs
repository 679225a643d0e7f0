using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace MonitoredItem;

/// <summary>The worker is ready as long as its last round succeeded.</summary>
internal sealed class WorkerHealth : IHealthCheck
{
    private volatile bool failing;

    public void Report(bool succeeded) => failing = !succeeded;

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
        => Task.FromResult(failing ? HealthCheckResult.Unhealthy("The last round failed.") : HealthCheckResult.Healthy());
}
