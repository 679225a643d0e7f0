using System.Net;
using System.Net.Sockets;
using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace Instrumentation.Tests;

[Collection(OneHost.AtATime)]
public sealed class ObservationTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("observation").FullName;
    private readonly int _port = FreePort();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_worker_answers_metrics_and_health_where_a_web_server_would_and_nothing_else()
    {
        var builder = Host.CreateApplicationBuilder([$"--ASPNETCORE_URLS=http://127.0.0.1:{_port}", $"--Monitoring:LogFolder={_folder}"]);
        builder.AddMonitoring();
        builder.Services.AddHealthChecks().AddCheck("work", static () => HealthCheckResult.Unhealthy());
        using var worker = builder.Build();
        await worker.StartAsync(TestContext.Current.CancellationToken);
        using var meter = worker.Services.GetRequiredService<IMeterFactory>().Create("Instrumentation.Rounds");
        meter.CreateCounter<long>("rounds").Add(3);

        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{_port}") };
        Assert.Matches("(?m)^rounds_total.* 3", await client.GetStringAsync("/metrics"));
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/health/live")).StatusCode);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await client.GetAsync("/health/ready")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync("/")).StatusCode);
        await worker.StopAsync(TestContext.Current.CancellationToken);
        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync("/metrics"));
    }

    [Fact]
    public async Task A_port_of_their_own_takes_the_endpoints_off_the_services_port()
    {
        var builder = WebApplication.CreateBuilder([$"--Monitoring:Port={_port}", $"--Monitoring:LogFolder={_folder}"]);
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.AddMonitoring();
        await using var app = builder.Build();
        app.MapMonitoring();
        app.MapGet("/", static () => "hello");
        await app.StartAsync(TestContext.Current.CancellationToken);

        using var own = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{_port}") };
        using var main = new HttpClient
        {
            BaseAddress = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()),
        };
        Assert.Equal("hello", await main.GetStringAsync("/"));
        Assert.Equal(HttpStatusCode.NotFound, (await main.GetAsync("/metrics")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await own.GetAsync("/health/ready")).StatusCode);
        Assert.Contains("""http_route="/"}""", await own.GetStringAsync("/metrics"), StringComparison.Ordinal);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
