using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Bench.Servers;

/// <summary>What the ServiceDefaults of Aspire's template add up to: the three signals over OTLP, nothing to a file.</summary>
internal static class Aspire
{
    public static void Configure(WebApplicationBuilder builder, string folder)
    {
        builder.Configuration["Logging:Console:LogLevel:Default"] = "Warning";
        builder.Logging.AddOpenTelemetry(static logs => logs.IncludeFormattedMessage = logs.IncludeScopes = true);
        builder.Services.AddOpenTelemetry()
            .ConfigureResource(static resource => resource.AddService("aspire"))
            .WithMetrics(static metrics => metrics.AddAspNetCoreInstrumentation().AddHttpClientInstrumentation().AddMeter("System.Runtime"))
            .WithTracing(static traces => traces.AddAspNetCoreInstrumentation().AddHttpClientInstrumentation())
            .UseOtlpExporter();
        builder.Services.AddHealthChecks();
    }

    /// <summary>With one log record a request, as the other variants have.</summary>
    public static void Map(WebApplication app) => RequestLogs.MapPlain(app);
}
