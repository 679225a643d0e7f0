using System.Diagnostics.CodeAnalysis;
using System.Net;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.ServiceDiscovery;

namespace MicroMonitored.Instrumentation;

/// <summary>
/// Finds the services of the same repository by DNS name on the port that all have there (<c>Monitoring:PeerPort</c>), as on the stack's network:
/// nobody has to be told when one is added. Theirs is a name that begins as this service's own, <c>shop-</c>; an address under
/// <c>Services:&lt;name&gt;</c> and a port in the address called win.
/// </summary>
internal sealed class Peers(IConfiguration configuration, IHostEnvironment environment) : IServiceEndpointProviderFactory
{
    public bool TryCreateProvider(ServiceEndpointQuery query, [NotNullWhen(true)] out IServiceEndpointProvider? provider)
    {
        var (name, own) = (query.ServiceName, ServiceName.Of(configuration, environment));
        var isPeer = own.LastIndexOf('-') is var end and > 0 && name.StartsWith(own[..(end + 1)], StringComparison.Ordinal)
            && !(Uri.TryCreate(query.ToString(), UriKind.Absolute, out var called) && !called.IsDefaultPort)
            && !configuration.GetSection($"Services:{name}").Exists();
        provider = isPeer && int.TryParse(configuration["Monitoring:PeerPort"], out var port) ? new Peer(new DnsEndPoint(name, port)) : null;
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
