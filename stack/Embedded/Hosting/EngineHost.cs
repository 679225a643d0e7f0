using System.Net.Sockets;
using MicroMonitored.Embedded.Ingest;
using MicroMonitored.Embedded.Ingest.Scrape;
using MicroMonitored.Embedded.Ingest.Tail;
using MicroMonitored.Embedded.Rules;
using MicroMonitored.Embedded.Store;
using MicroMonitored.Embedded.Web;
using MicroMonitored.Model.Components;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace MicroMonitored.Embedded.Hosting;

/// <summary>Composes the engine: configuration, store, ingest, query surface, and one listener for each product's port.</summary>
internal static class EngineHost
{
    /// <summary>The engine, not yet started.</summary>
    public static WebApplication Build(EmbeddedOptions options, TelemetryStore store, EngineCounters counters, TimeProvider time)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Logging.ClearProviders();
        builder.Logging.AddSimpleConsole(console => console.SingleLine = true);
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(2));
        builder.WebHost.ConfigureKestrel(kestrel => Listen(kestrel, options));
        OwnTelemetry.Add(builder.Services);
        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton(time);
        builder.Services.AddSingleton(counters);
        builder.Services.AddSingleton(store);
        builder.Services.AddSingleton<IStoreStatistics>(store);
        builder.Services.AddSingleton<IMetricReader>(store.Metrics);
        builder.Services.AddSingleton<IMetricWriter>(store.Metrics);
        builder.Services.AddSingleton(store.Logs);
        builder.Services.AddSingleton<ILogReader>(store.Logs);
        builder.Services.AddSingleton<ILogWriter>(store.Logs);
        builder.Services.AddSingleton<ISpanReader>(store.Spans);
        builder.Services.AddSingleton<ITraceWriter>(store.Spans);
        builder.Services.AddSingleton<OwnMetrics>();
        builder.Services.AddSingleton<ScrapePool>();
        builder.Services.AddSingleton<ITargetReader>(services => services.GetRequiredService<ScrapePool>());
        builder.Services.AddHostedService(services => services.GetRequiredService<ScrapePool>());
        builder.Services.AddHostedService<LogTailer>();
        builder.Services.AddHostedService<Maintenance>();
        builder.Services.AddSingleton<AlertNotifier>();
        builder.Services.AddSingleton<RuleEngine>();
        builder.Services.AddSingleton<IRuleReader>(services => services.GetRequiredService<RuleEngine>());
        builder.Services.AddHostedService(services => services.GetRequiredService<RuleEngine>());
        IngestApi.AddServices(builder.Services);
        QueryApi.AddServices(builder.Services);

        var app = builder.Build();
        app.UseRouting();
        var guard = new RequestGuard(options);
        app.Use(guard.InvokeAsync);
        IngestApi.Map(app, options);
        QueryApi.Map(app, options);
        return app;
    }

    private static void Listen(KestrelServerOptions kestrel, EmbeddedOptions options)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = 64 * 1024 * 1024;
        kestrel.Limits.MaxRequestHeadersTotalSize = 16 * 1024;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        kestrel.Limits.KeepAliveTimeout = TimeSpan.FromSeconds(130);
        kestrel.Limits.MaxConcurrentConnections = 512;
        kestrel.Limits.MinRequestBodyDataRate = new MinDataRate(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(5));
        kestrel.Limits.Http2.MaxStreamsPerConnection = 100;
        foreach (var port in options.Listeners)
            kestrel.Listen(options.BindAddress, port.Number,
                listen => listen.Protocols = port.Port.Role == PortRole.OtlpGrpc ? HttpProtocols.Http2 : HttpProtocols.Http1);
    }

    /// <summary>A line for every port that cannot be listened on.</summary>
    public static List<string> BusyPorts(EmbeddedOptions options)
    {
        var busy = new List<string>();
        foreach (var port in options.Listeners)
        {
            try
            {
                using var listener = new TcpListener(options.BindAddress, port.Number);
                listener.Start();
            }
            catch (SocketException exception)
            {
                busy.Add(exception.SocketErrorCode == SocketError.AddressAlreadyInUse
                    ? $"{port.Port.SettingsKey}: {options.BindAddress}:{port.Number} is in use; stop what listens there or choose another port."
                    : $"{port.Port.SettingsKey}: cannot listen on {options.BindAddress}:{port.Number}: {exception.Message}.");
            }
        }

        return busy;
    }
}
