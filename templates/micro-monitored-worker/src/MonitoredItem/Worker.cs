using Microsoft.Extensions.Options;

namespace MonitoredItem;

/// <summary>Does rounds of work until the service stops; each round is one span, one log line and one count.</summary>
internal sealed class Worker(
    IWork work, WorkerMetrics metrics, WorkerHealth health, IOptions<WorkerOptions> options, TimeProvider time, ILogger<Worker> logger)
    : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.Interval, time);
        do
            await RoundAsync(stoppingToken);
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task RoundAsync(CancellationToken cancellation)
    {
        using var span = WorkerTelemetry.Spans.StartActivity("round");
        var started = time.GetTimestamp();
        try
        {
            var handled = await work.DoAsync(cancellation);
            metrics.Done(handled, time.GetElapsedTime(started));
            health.Report(succeeded: true);
            logger.RoundDone(handled);
        }
#pragma warning disable CA1031 // one failed round must not end the worker
        catch (Exception fault) when (!cancellation.IsCancellationRequested)
#pragma warning restore CA1031
        {
            span?.SetStatus(System.Diagnostics.ActivityStatusCode.Error, fault.Message);
            metrics.Failed();
            health.Report(succeeded: false);
            logger.RoundFailed(fault);
        }
    }
}
