using Monitoring;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace Bench.Servers;

/// <summary>The instrumentation of a generated repository, whole and signal by signal.</summary>
internal static class Monitored
{
    public static void All(WebApplicationBuilder builder, string folder)
    {
        builder.Configuration["Monitoring:LogFolder"] = folder;
        builder.AddMonitoring();
    }

    public static void Logs(WebApplicationBuilder builder, string folder)
    {
        // Keeps the host making spans, whose ids the lines carry.
        builder.Configuration["Logging:JsonFile:LogLevel:Microsoft.AspNetCore.Hosting.Diagnostics"] = "Critical";
        builder.Services.ConfigureOpenTelemetryTracerProvider(static traces => traces.SetSampler(new AlwaysOffSampler()));
        WithoutMetrics(builder);
        All(builder, folder);
    }

    public static void Traces(WebApplicationBuilder builder, string folder)
    {
        WithoutLogs(builder);
        WithoutMetrics(builder);
        All(builder, folder);
    }

    public static void Metrics(WebApplicationBuilder builder, string folder)
    {
        WithoutLogs(builder);
        builder.Services.ConfigureOpenTelemetryTracerProvider(static traces => traces.SetSampler(new AlwaysOffSampler()));
        All(builder, folder);
    }

    public static void Map(WebApplication app) => app.MapMonitoring();

    private static void WithoutLogs(WebApplicationBuilder builder) => builder.Configuration["Logging:JsonFile:LogLevel:Default"] = "None";

    private static void WithoutMetrics(WebApplicationBuilder builder)
        => builder.Services.ConfigureOpenTelemetryMeterProvider(static metrics => metrics.AddView(static _ => MetricStreamConfiguration.Drop));
}
