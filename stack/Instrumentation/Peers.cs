using System.Diagnostics.CodeAnalysis;
using System.Net;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.ServiceDiscovery;

namespace MicroMonitored.Instrumentation;

/// <summary>
/// Finds every service by its DNS name on the port that all have (<c>Monitoring:PeerPort</c>), as on the stack's network: nobody has to be told
/// when one is added. An address under <c>Services:&lt;name&gt;</c> wins; a name with a dot is none of theirs.
/// </summary>
internal sealed class Peers(IConfiguration configuration) : IServiceEndpointProviderFactory
{
    public bool TryCreateProvider(ServiceEndpointQuery query, [NotNullWhen(true)] out IServiceEndpointProvider? provider)
    {
        var (name, known) = (query.ServiceName, configuration.GetSection($"Services:{query.ServiceName}").Exists());
        provider = !known && !name.Contains('.', StringComparison.Ordinal) && int.TryParse(configuration["Monitoring:PeerPort"], out var port)
            ? new Peer(new DnsEndPoint(name, port))
            : null;
        return provider is not null;
    }

    private sealed class Peer(DnsEndPoint address) : IServiceEndpointProvider
    {
        public ValueTask PopulateAsync(IServiceEndpointBuilder endpoints, CancellationToken cancellationToken)
        {
            endpoints.Endpoints.Add(ServiceEndpoint.Create(address));
            return ValueTask.CompletedTask;
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
