using System.Diagnostics;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace MicroMonitored.Testing;

/// <summary>Sends what a service emits to a fixture, by the standard variables.</summary>
public static class TelemetryWiring
{
    /// <summary>Of a host within this process: <c>factory.WithWebHostBuilder(host =&gt; host.UseTelemetry(telemetry))</c>.</summary>
    /// <remarks>
    /// Requests of a <c>WebApplicationFactory</c>'s client carry no headers of their own; the test server is told to keep the caller's trace.
    /// </remarks>
    public static IWebHostBuilder UseTelemetry(this IWebHostBuilder host, TelemetryFixture telemetry)
    {
        foreach (var (name, value) in telemetry.Environment)
            host.UseSetting(name, value);
        return host.ConfigureServices(services => services.AddHostedService(provider => new Membership(
            telemetry, provider.GetRequiredService<IHostApplicationLifetime>(), provider.GetRequiredService<IServer>())));
    }

    /// <summary>Of a process, by its environment.</summary>
    public static ProcessStartInfo UseTelemetry(this ProcessStartInfo process, TelemetryFixture telemetry)
    {
        foreach (var (name, value) in telemetry.Environment)
            process.Environment[name] = value;
        return process;
    }

    private sealed class Membership(TelemetryFixture telemetry, IHostApplicationLifetime lifetime, IServer server) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            if (server is TestServer test)
                test.PreserveExecutionContext = true;
            telemetry.Joined(lifetime.ApplicationStopping);
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
