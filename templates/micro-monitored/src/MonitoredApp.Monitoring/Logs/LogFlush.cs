using Microsoft.Extensions.Hosting;

namespace Monitoring.Logs;

/// <summary>Makes "the host has stopped" mean that the lines of its last requests are in the file.</summary>
internal sealed class LogFlush(LogFile file) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => file.FlushAsync(cancellationToken);
}
