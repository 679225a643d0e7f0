using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.Memory;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.ServiceDiscovery;

namespace MicroMonitored.Instrumentation;

/// <summary>Standard variables that have a better default than the standard's.</summary>
public static class TelemetryDefaults
{
    /// <summary>
    /// The lowest layer of configuration, so that anything the service or its environment says wins. Spans that were not
    /// taken are sent again, except in Development: often nothing runs there that would take them, and Ctrl-C would wait
    /// for it. A batch is twice the standard's, for each export has a fixed cost that its spans share. In Development a service
    /// joins the stack that is up in its checkout; with <c>Monitoring:PeerPort</c> it finds the others by their DNS names.
    /// </summary>
    public static IHostApplicationBuilder AddTelemetryDefaults(this IHostApplicationBuilder builder)
    {
        builder.Configuration.Sources.Insert(0, new MemoryConfigurationSource
        {
            InitialData =
            [
                new("OTEL_DOTNET_EXPERIMENTAL_OTLP_RETRY", builder.Environment.IsDevelopment() ? "" : "in_memory"),
                new("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "1024"),
                new("OTEL_BSP_MAX_QUEUE_SIZE", "4096"),
                .. Checkout.Settings(builder.Environment),
            ],
        });
        builder.Services.AddSingleton<IServiceEndpointProviderFactory, Peers>();
        return builder;
    }
}
