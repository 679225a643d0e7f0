using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.Memory;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Monitoring;

/// <summary>Makes a service observable: metrics, logs, traces and health.</summary>
public static class MonitoringExtensions
{
    internal static readonly string MeterName = typeof(MonitoringExtensions).Assembly.GetName().Name!;

    private const string OtlpRetry = "OTEL_DOTNET_EXPERIMENTAL_OTLP_RETRY";

    /// <summary>The lowest layer of configuration: anything the service or its environment says wins.</summary>
    private static readonly Dictionary<string, string?> Defaults = new()
    {
        ["Logging:LogLevel:Default"] = "Information",
        ["Logging:LogLevel:Microsoft.AspNetCore"] = "Warning",
        ["Logging:LogLevel:Microsoft.AspNetCore.Hosting.Diagnostics"] = "None",
        ["Logging:LogLevel:System.Net.Http"] = "Warning",
        ["Logging:LogLevel:Polly"] = "Critical",
        ["Logging:Console:LogLevel:Default"] = "Warning",
        ["Logging:Console:LogLevel:Polly"] = "Critical",
        ["Logging:Console:LogLevel:Microsoft.AspNetCore.Hosting.Diagnostics"] = "None",
        ["Logging:Console:LogLevel:Microsoft.Hosting.Lifetime"] = "Information",
        [OtlpRetry] = "in_memory",
        // Twice the standard's: each export has a fixed cost that its spans share.
        ["OTEL_BSP_MAX_EXPORT_BATCH_SIZE"] = "1024",
        ["OTEL_BSP_MAX_QUEUE_SIZE"] = "4096",
    };

    /// <summary>A person is watching: the console shows what the log file gets, and the service ends at once.</summary>
    private static readonly Dictionary<string, string?> InDevelopment = new()
    {
        ["Logging:Console:LogLevel:Default"] = "Information",
        ["Logging:Console:LogLevel:Microsoft.AspNetCore"] = "Warning",
        ["Logging:Console:LogLevel:System.Net.Http"] = "Warning",
        // Often nothing runs that would take the spans, and Ctrl-C would wait five seconds for it.
        [OtlpRetry] = "",
    };

    /// <summary>
    /// Adds the three signals and health checks. Instruments and spans of a <see cref="Meter"/> or
    /// <see cref="System.Diagnostics.ActivitySource"/> named after the service's assembly are collected.
    /// </summary>
    public static WebApplicationBuilder AddMonitoring(this WebApplicationBuilder builder)
    {
        // The request's span is described once it has ended: half the allocations of tags given at its start.
        AppContext.SetSwitch("Microsoft.AspNetCore.Hosting.SuppressActivityOpenTelemetryData", true);
        if (builder.Environment.IsDevelopment())
            builder.Configuration.Sources.Insert(0, new MemoryConfigurationSource { InitialData = InDevelopment });
        builder.Configuration.Sources.Insert(0, new MemoryConfigurationSource { InitialData = Defaults });

        var assembly = builder.Environment.ApplicationName;
        var service = builder.Configuration["OTEL_SERVICE_NAME"] is { Length: > 0 } name ? name : ServiceName.Derive(assembly);
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.AddHealthChecks();
        builder.AddLogs(service);
        builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService(service))
            .WithMetrics(metrics => metrics
                .AddMeter(assembly, MeterName)
                .AddMeter("Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Net.Http", "System.Runtime")
                .SetExemplarFilter(ExemplarFilterType.TraceBased)
                .AddPrometheusExporter())
            .WithTracing(traces => traces
                .AddSource(assembly, "Microsoft.AspNetCore", "System.Net.Http")
                .AddOtlpExporter());
        return builder;
    }

    /// <summary>Maps <c>/metrics</c>, <c>/health/live</c> and <c>/health/ready</c>.</summary>
    public static WebApplication MapMonitoring(this WebApplication app)
    {
        app.MapPrometheusScrapingEndpoint(OwnEndpoints.Metrics).DisableHttpMetrics();
        app.MapHealthChecks(OwnEndpoints.Live, new HealthCheckOptions { Predicate = _ => false }).DisableHttpMetrics();
        app.MapHealthChecks(OwnEndpoints.Ready).DisableHttpMetrics();
        return app;
    }

    private static void AddLogs(this WebApplicationBuilder builder, string service)
    {
        builder.Services.AddOptions<MonitoringOptions>().BindConfiguration(MonitoringOptions.Section).ValidateDataAnnotations();
        builder.Logging.ClearProviders();
        builder.Logging.AddSimpleConsole(console => console.SingleLine = true);
        builder.Services.AddSingleton(services =>
        {
            var options = services.GetRequiredService<IOptions<MonitoringOptions>>().Value;
            var folder = Path.GetFullPath(options.LogFolder, builder.Environment.ContentRootPath);
            return new LogFile(folder, service, options, Console.Error);
        });
        builder.Services.AddSingleton<ILoggerProvider>(services => new JsonFileLoggerProvider(
            service,
            services.GetRequiredService<LogFile>(),
            services.GetRequiredService<TimeProvider>(),
            services.GetRequiredService<IMeterFactory>()));
        builder.Services.AddHostedService<LogFlush>();
        builder.Services.AddSingleton<IStartupFilter, RequestRecorder>();
    }
}
