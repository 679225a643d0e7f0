using System.Diagnostics;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace MonitoredItem;

/// <summary>Does rounds of work until it is stopped: each is one span, one log line and one count. Ready while they succeed.</summary>
internal sealed class Worker(IWork work, WorkerTelemetry telemetry, IConfiguration configuration, TimeProvider time, ILogger<Worker> logger)
    : BackgroundService, IHealthCheck
{
    private volatile bool _failing;

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
        => Task.FromResult(_failing ? HealthCheckResult.Unhealthy("The last round failed.") : HealthCheckResult.Healthy());

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(configuration.GetValue("Worker:Interval", TimeSpan.FromSeconds(10)), time);
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
            telemetry.Done(handled, time.GetElapsedTime(started));
            _failing = false;
            logger.LogInformation("Round done: {items} items", handled);
        }
        catch (Exception fault) when (!cancellation.IsCancellationRequested)
        {
            span?.AddException(fault);
            span?.SetStatus(ActivityStatusCode.Error, fault.Message);
            telemetry.Failed();
            _failing = true;
            logger.LogError(fault, "Round failed");
        }
    }
}

internal static class WorkerRegistration
{
    public static void AddWorker(this IHostApplicationBuilder builder)
    {
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<IWork, Work>();
        builder.Services.AddSingleton<WorkerTelemetry>();
        builder.Services.AddSingleton<Worker>();
        builder.Services.AddHostedService(services => services.GetRequiredService<Worker>());
        builder.Services.AddHealthChecks().AddCheck<Worker>("worker");
    }
}
