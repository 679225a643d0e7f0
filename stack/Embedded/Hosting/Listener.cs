using Microsoft.AspNetCore.Routing.Matching;

namespace MicroMonitored.Embedded.Hosting;

/// <summary>The port an endpoint answers on.</summary>
internal sealed record Listener(int Port)
{
    /// <summary>The paths that are answered on a port.</summary>
    public static string Paths(IEndpointRouteBuilder routes, int port) => string.Join(' ', routes.DataSources
        .SelectMany(static source => source.Endpoints).OfType<RouteEndpoint>()
        .Where(endpoint => endpoint.Metadata.GetMetadata<Listener>()?.Port == port)
        .Select(static endpoint => endpoint.RoutePattern.RawText!.Replace('{', '<').Replace('}', '>'))
        .Distinct());
}

/// <summary>Marks an endpoint that answers without the token.</summary>
internal sealed record AnswersAnyone;

/// <summary>Routes by the port a request came in on, ahead of its method, so that 404 and 405 are those of one product.</summary>
internal sealed class ListenerPolicy : MatcherPolicy, INodeBuilderPolicy
{
    // The framework routes by method at -1000.
    public override int Order => -2000;

    public bool AppliesToEndpoints(IReadOnlyList<Endpoint> endpoints) => endpoints.Any(static e => PortOf(e) != 0);

    public IReadOnlyList<PolicyNodeEdge> GetEdges(IReadOnlyList<Endpoint> endpoints) =>
        [.. endpoints.GroupBy(PortOf).Select(static port => new PolicyNodeEdge(port.Key, [.. port]))];

    public PolicyJumpTable BuildJumpTable(int exitDestination, IReadOnlyList<PolicyJumpTableEdge> edges) =>
        new Ports(exitDestination, edges.ToDictionary(static e => (int)e.State, static e => e.Destination));

    private static int PortOf(Endpoint endpoint) => endpoint.Metadata.GetMetadata<Listener>()?.Port ?? 0;

    private sealed class Ports(int exit, Dictionary<int, int> destinations) : PolicyJumpTable
    {
        public override int GetDestination(HttpContext httpContext) => destinations.GetValueOrDefault(httpContext.Connection.LocalPort, exit);
    }
}
