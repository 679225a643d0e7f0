using Microsoft.Extensions.DependencyInjection;

namespace MicroMonitored.Instrumentation;

/// <summary>
/// One try of an OTLP export over HTTP, which the exporter repeats until its timeout: a receiver that takes a request and says
/// nothing must not hold it for all of that. The resilience of the service's own clients would break the circuit instead.
/// </summary>
internal sealed class OtlpAttempt : DelegatingHandler
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    /// <param name="services">Those of the host.</param>
    /// <param name="exporter">The name under which OpenTelemetry's exporter asks for its client.</param>
    public static void Use(IServiceCollection services, string exporter) => services.AddHttpClient(exporter)
        .RemoveAllLoggers()
        .ConfigureAdditionalHttpMessageHandlers(static (handlers, _) =>
        {
            handlers.Clear();
            handlers.Add(new OtlpAttempt());
        });

    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Limit);
        return base.Send(request, limit.Token);
    }
}
