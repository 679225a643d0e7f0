using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Serilog;
using Serilog.Events;
using Serilog.Formatting.Compact;

namespace Bench.Servers;

/// <summary>What the packages' own getting-started pages add up to; the console sink they also have is left out.</summary>
internal static class Tutorial
{
    public static void Configure(WebApplicationBuilder builder, string folder)
    {
        builder.Services.AddSerilog(logs => logs
            .MinimumLevel.Override("Microsoft.AspNetCore", LogEventLevel.Warning)
            .Enrich.FromLogContext()
            .WriteTo.File(new CompactJsonFormatter(), Path.Combine(folder, "tutorial.log")));
        builder.Services.AddOpenTelemetry()
            .ConfigureResource(static resource => resource.AddService("tutorial"))
            .WithMetrics(static metrics => metrics.AddAspNetCoreInstrumentation().AddPrometheusExporter())
            .WithTracing(static traces => traces.AddAspNetCoreInstrumentation().AddOtlpExporter());
    }

    public static void Map(WebApplication app)
    {
        app.UseSerilogRequestLogging();
        app.MapPrometheusScrapingEndpoint();
    }
}
