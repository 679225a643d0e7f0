using System.Net;
using System.Net.Sockets;
using Embedded.Tests.Query;
using MicroMonitored.Embedded;
using MicroMonitored.Embedded.Rules;
using MicroMonitored.Embedded.Store;
using MicroMonitored.Embedded.Web;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Embedded.Tests.Web;

/// <summary>The query APIs over an <see cref="InMemoryStore"/>, on free loopback ports.</summary>
internal sealed class QueryServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private QueryServer(WebApplication app, InMemoryStore store, StackPorts ports)
    {
        _app = app;
        Store = store;
        HttpClient Client(int port) => new() { BaseAddress = new Uri($"http://127.0.0.1:{port}"), Timeout = TimeSpan.FromSeconds(20) };
        Prometheus = Client(ports.Prometheus);
        Loki = Client(ports.Loki);
        Tempo = Client(ports.Tempo);
        Pages = Client(ports.Grafana);
    }

    public InMemoryStore Store { get; }
    public HttpClient Prometheus { get; }
    public HttpClient Loki { get; }
    public HttpClient Tempo { get; }
    public HttpClient Pages { get; }

    public static async Task<QueryServer> StartAsync(InMemoryStore store, string? dashboards = null)
    {
        var free = FreePorts(4);
        var ports = new StackPorts { Grafana = free[0], Prometheus = free[1], Loki = free[2], Tempo = free[3] };
        var options = new EmbeddedOptions
        {
            DataFolder = "unused",
            LogFolder = "unused",
            Dashboards = dashboards,
            Ports = ports,
            Services = [new("shop-orders", "http://127.0.0.1:8080")],
        };
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            foreach (var port in free)
                kestrel.Listen(IPAddress.Loopback, port);
        });
        builder.Services
            .AddSingleton(TimeProvider.System)
            .AddSingleton<IMetricReader>(store).AddSingleton<ILogReader>(store).AddSingleton<ISpanReader>(store)
            .AddSingleton<ITargetReader>(store).AddSingleton<IRuleReader>(store).AddSingleton<IStoreStatistics>(store).AddSingleton<ILogWriter>(store);
        builder.Services.AddSingleton(options);
        QueryApi.AddServices(builder.Services);
        var app = builder.Build();
        QueryApi.Map(app, options);
        await app.StartAsync();
        return new(app, store, ports);
    }

    private static int[] FreePorts(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(static _ => new TcpListener(IPAddress.Loopback, 0)).ToList();
        listeners.ForEach(static l => l.Start());
        var ports = listeners.Select(static l => ((IPEndPoint)l.LocalEndpoint).Port).ToArray();
        listeners.ForEach(static l => l.Stop());
        return ports;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var client in (HttpClient[])[Prometheus, Loki, Tempo, Pages])
            client.Dispose();
        await _app.DisposeAsync();
    }
}
