using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace Bench.Servers;

/// <summary>The instrumentation of a generated repository, whole and signal by signal.</summary>
internal static class Monitored
{
    public static void All(WebApplicationBuilder builder, string folder)
    {
        // The appsettings.json of the template.
        builder.Configuration["Logging:LogLevel:Microsoft.AspNetCore.Hosting.Diagnostics"] = "None";
        builder.Configuration["Logging:Console:LogLevel:Microsoft.AspNetCore.Hosting.Diagnostics"] = "None";
        builder.Configuration["Logging:Console:LogLevel:Default"] = "Warning";
        builder.Configuration["Monitoring:LogFolder"] = folder;
        builder.AddMonitoring();
    }

    public static void Logs(WebApplicationBuilder builder, string folder)
    {
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

    private static void WithoutLogs(WebApplicationBuilder builder) => builder.Configuration["Logging:OpenTelemetry:LogLevel:Default"] = "None";

    private static void WithoutMetrics(WebApplicationBuilder builder)
        => builder.Services.ConfigureOpenTelemetryMeterProvider(static metrics => metrics.AddView(static _ => MetricStreamConfiguration.Drop));
}
