using System.Reflection;
using MicroMonitored.Instrumentation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Http.Resilience;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Microsoft.Extensions.Hosting;

/// <summary>What every service and worker of this repository has in common: telemetry, health, resilience, discovery.</summary>
public static class MonitoringExtensions
{
    /// <summary>What this repository's names begin with: every source and meter below it is collected.</summary>
    private static readonly string Root = Path.GetFileNameWithoutExtension(typeof(MonitoringExtensions).Assembly.GetName().Name!);

    public static TBuilder AddMonitoring<TBuilder>(this TBuilder builder)
        where TBuilder : IHostApplicationBuilder
    {
        builder.AddTelemetryDefaults();
        builder.AddTelemetry();
        builder.AddObservationListener(MapEndpoints);
        builder.Services.AddRequestLog();
        builder.Services.AddHealthChecks().AddCheck("self", static () => HealthCheckResult.Healthy(), ["live"]);

        builder.Services.AddServiceDiscovery();
        builder.Services.ConfigureHttpClientDefaults(static http =>
        {
            http.AddStandardResilienceHandler(Resilience);
            http.AddServiceDiscovery();
        });
        return builder;
    }

    /// <summary>Maps <c>/metrics</c>, <c>/health/live</c> and <c>/health/ready</c>, unless <c>Monitoring:Port</c> has them elsewhere.</summary>
    public static WebApplication MapMonitoring(this WebApplication app)
    {
        if (!app.Configuration.HasOwnPort())
            MapEndpoints(app);
        // Mapped where it is asked for, so that a failure can be followed through all signals; its text tells what no signal may.
        if (app.Configuration["Monitoring:FaultRoute"] is { Length: > 0 } route)
            app.MapGet(route, static string (HttpRequest request) => throw new InvalidOperationException($"A fault, asked for by {request.GetDisplayUrl()}"));
        return app;
    }

    private static void AddTelemetry(this IHostApplicationBuilder builder)
    {
        var (configuration, app) = (builder.Configuration, builder.Environment.ApplicationName);
        builder.Logging.AddOpenTelemetry(static logs => logs.IncludeFormattedMessage = logs.IncludeScopes = true);
        builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource
                .AddService(ServiceName.Of(configuration, builder.Environment), serviceVersion: Version())
                .AddAttributes([new("deployment.environment.name", builder.Environment.EnvironmentName.ToLowerInvariant())])
                .AddEnvironmentVariableDetector())
            .WithLogging(logs => logs
                .AddJsonFile()
                .AddOtlp(configuration))
            .WithMetrics(metrics => metrics
                .AddAspNetCoreInstrumentation()
                .AddHttpClientInstrumentation()
                .AddMeter("System.Runtime", "Polly", JsonFile.MeterName, Otlp.MeterName, Root, $"{Root}.*", app)
                .SetExemplarFilter(ExemplarFilterType.TraceBased)
                .AddPrometheusExporter()
                .AddOtlp(configuration))
            .WithTracing(traces => traces
                .AddAspNetCoreInstrumentation(static spans =>
                {
                    spans.RecordException = true;
                    spans.Filter = static context => !context.IsObservation();
                    spans.EnrichWithException = RequestSpans.Remember;
                    spans.EnrichWithHttpResponse = RequestSpans.Complete;
                })
                .AddHttpClientInstrumentation(static spans => spans.RecordException = true)
                .AddSource(Root, $"{Root}.*", app)
                .AddOtlp(configuration));
    }

    private static string? Version()
        => Assembly.GetEntryAssembly()?.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion;

    private static void MapEndpoints(IEndpointRouteBuilder routes)
    {
        routes.MapPrometheusScrapingEndpoint(ObservationEndpoints.Metrics).DisableHttpMetrics();
        routes.MapHealthChecks(ObservationEndpoints.Live, new HealthCheckOptions { Predicate = static check => check.Tags.Contains("live") })
            .DisableHttpMetrics();
        routes.MapHealthChecks(ObservationEndpoints.Ready).DisableHttpMetrics();
    }

    private static void Resilience(HttpStandardResilienceOptions resilience)
    {
        resilience.AttemptTimeout.Timeout = TimeSpan.FromSeconds(2);
        resilience.TotalRequestTimeout.Timeout = TimeSpan.FromSeconds(6);
        resilience.CircuitBreaker.SamplingDuration = TimeSpan.FromSeconds(10);
        resilience.Retry.MaxRetryAttempts = 2;
        resilience.Retry.Delay = TimeSpan.FromMilliseconds(100);
        resilience.Retry.DisableForUnsafeHttpMethods();
    }
}
