using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace MicroMonitored.Instrumentation;

/// <summary>The endpoints by which a service is watched; requests to them stay out of traces, metrics and logs.</summary>
public static class ObservationEndpoints
{
    /// <summary>What Prometheus scrapes.</summary>
    public const string Metrics = "/metrics";

    /// <summary>Answers 200 as long as the process answers at all.</summary>
    public const string Live = "/health/live";

    /// <summary>Answers 200 when every health check is content, 503 otherwise.</summary>
    public const string Ready = "/health/ready";

    /// <summary>The setting that moves the endpoints to a port of their own, away from the service's.</summary>
    public const string PortSetting = "Monitoring:Port";

    /// <summary>Whether the request only watches the service.</summary>
    public static bool IsObservation(this HttpContext context)
        => context.Request.Path.Value is { } path
            && (path.Equals(Metrics, StringComparison.OrdinalIgnoreCase)
                || path.Equals(Live, StringComparison.OrdinalIgnoreCase)
                || path.Equals(Ready, StringComparison.OrdinalIgnoreCase));

    /// <summary>
    /// Serves the endpoints from a small listener beside the host: at <see cref="PortSetting"/> on all addresses, else, for
    /// a host without a web server, where a web server would listen (<c>ASPNETCORE_URLS</c>, <c>ASPNETCORE_HTTP_PORTS</c>).
    /// </summary>
    /// <param name="builder">The host's builder.</param>
    /// <param name="map">Maps the endpoints; the routes' services have the host's meter provider and health checks.</param>
    public static IHostApplicationBuilder AddObservationListener(this IHostApplicationBuilder builder, Action<IEndpointRouteBuilder> map)
    {
        if (builder is not Microsoft.AspNetCore.Builder.WebApplicationBuilder || HasOwnPort(builder.Configuration))
            builder.Services.AddHostedService(services => new ObservationListener(services, map));
        return builder;
    }

    /// <summary>Whether <see cref="PortSetting"/> keeps the endpoints off the service's own port.</summary>
    public static bool HasOwnPort(this IConfiguration configuration) => configuration[PortSetting] is { Length: > 0 };
}
