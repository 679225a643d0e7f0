using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.Memory;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.ServiceDiscovery;

namespace MicroMonitored.Instrumentation;

/// <summary>Standard variables that have a better default than the standard's.</summary>
public static class TelemetryDefaults
{
    private static readonly KeyValuePair<string, string?>[] SentOnce =
    [
        new("OTEL_DOTNET_EXPERIMENTAL_OTLP_RETRY", ""),
        new("OTEL_BSP_MAX_QUEUE_SIZE", "4096"),
    ];

    private static readonly KeyValuePair<string, string?>[] SentAgain =
    [
        new("OTEL_DOTNET_EXPERIMENTAL_OTLP_RETRY", "in_memory"),
        new("OTEL_EXPORTER_OTLP_TIMEOUT", "86400000"),
        new("OTEL_BSP_MAX_QUEUE_SIZE", "65536"),
        new("OTEL_BLRP_MAX_QUEUE_SIZE", "16384"),
    ];

    /// <summary>
    /// The lowest layer of configuration, so that anything the service or its environment says wins. What was not taken is sent
    /// again for a day and waits in a queue meanwhile, whose overflow is counted (<see cref="Otlp.MeterName"/>); except in
    /// Development: often nothing runs there that would take it, and Ctrl-C would wait for it. A batch is twice the standard's,
    /// for each export has a fixed cost that its spans share. In Development a service joins the stack that is up in its
    /// checkout; with <c>Monitoring:PeerPort</c> it finds the others by their DNS names. Exceptions that are added to spans are told
    /// without what looks like a secret.
    /// </summary>
    public static IHostApplicationBuilder AddTelemetryDefaults(this IHostApplicationBuilder builder)
    {
        builder.Configuration.Sources.Insert(0, new MemoryConfigurationSource
        {
            InitialData =
            [
                .. builder.Environment.IsDevelopment() ? SentOnce : SentAgain,
                new("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "1024"),
                .. Checkout.Settings(builder.Environment),
            ],
        });
        builder.Services.AddSingleton<IServiceEndpointProviderFactory, Peers>();
        Redaction.Begin();
        return builder;
    }
}
