using Microsoft.Extensions.Hosting;
using OpenTelemetry.Logs;

namespace MicroMonitored.Instrumentation.Logs;

/// <summary>Makes "the host has stopped" mean that the lines of its last requests are in the file.</summary>
internal sealed class LogFlush(LoggerProvider logs) : IHostedService
{
    private const int TimeoutMilliseconds = 5000;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.Run(() => logs.ForceFlush(TimeoutMilliseconds), cancellationToken);
}
