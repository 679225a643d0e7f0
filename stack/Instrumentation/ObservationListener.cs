using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Metrics;

namespace MicroMonitored.Instrumentation;

/// <summary>A Kestrel of its own that serves nothing but the observation endpoints, with the services of the host.</summary>
internal sealed class ObservationListener(IServiceProvider host, Action<IEndpointRouteBuilder> map) : IHostedService, IAsyncDisposable
{
    private WebApplication? _app;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        var configuration = host.GetRequiredService<IConfiguration>();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddSingleton(host.GetRequiredService<ILoggerFactory>());
        builder.Services.AddSingleton(host.GetRequiredService<MeterProvider>());
        builder.Services.AddSingleton(host.GetRequiredService<HealthCheckService>());
        builder.Services.Configure<ConsoleLifetimeOptions>(static console => console.SuppressStatusMessages = true);
        if (configuration[ObservationEndpoints.PortSetting] is { Length: > 0 } port)
            builder.WebHost.UseUrls($"http://*:{port}");
        else if ((configuration["ASPNETCORE_URLS"] ?? configuration["urls"]) is { Length: > 0 } urls)
            builder.WebHost.UseUrls(urls);
        _app = builder.Build();
        map(_app);
        return _app.StartAsync(cancellationToken);
    }

    public Task StopAsync(CancellationToken cancellationToken) => _app?.StopAsync(cancellationToken) ?? Task.CompletedTask;

    public ValueTask DisposeAsync() => _app?.DisposeAsync() ?? ValueTask.CompletedTask;
}
