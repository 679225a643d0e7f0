using System.Globalization;
using MicroMonitored.Embedded.Ingest.Generator;
using MicroMonitored.Embedded.Query.PromQL;
using MicroMonitored.Embedded.Web.Pages;

namespace MicroMonitored.Embedded.Web.Dashboards;

/// <summary>Calls of one service to another within a range.</summary>
/// <param name="Rate">Calls per second.</param>
/// <param name="Failed">The share that failed.</param>
/// <param name="P95">Seconds that nineteen of twenty calls took at most.</param>
internal sealed record ServiceEdge(string Client, string Server, double Rate, double Failed, double P95);

/// <summary>Which service calls which, from the service-graph metrics.</summary>
internal static class ServiceMap
{
    public static IReadOnlyList<ServiceEdge> Edges(PageRequest request, PageRange range)
    {
        var window = $"{Math.Max(10_000, range.LengthMs).ToString(CultureInfo.InvariantCulture)}ms";
        var calls = By($"sum by (client, server) (rate(traces_service_graph_request_total[{window}]))");
        var failed = By($"sum by (client, server) (rate(traces_service_graph_request_failed_total[{window}]))");
        var slow = By($"histogram_quantile(0.95, sum by (client, server, le) (rate(traces_service_graph_request_server_seconds_bucket[{window}])))");
        return [.. calls.OrderBy(static one => one.Key.Client, StringComparer.Ordinal).ThenBy(static one => one.Key.Server, StringComparer.Ordinal)
            .Select(one => new ServiceEdge(one.Key.Client, one.Key.Server, one.Value,
                one.Value > 0 ? failed.GetValueOrDefault(one.Key) / one.Value : 0, slow.GetValueOrDefault(one.Key, double.NaN)))];

        Dictionary<(string Client, string Server), double> By(string query) => request.PromAt(query, range.ToMs)
            .ToDictionary(static point => (point.Labels["client"], point.Labels["server"]), static point => point.Value);
    }

    /// <summary>
    /// The traces in which one calls the other: a server's span whose parent is a span of the client. Who sends no spans is known by what the other side
    /// says of the call.
    /// </summary>
    public static string Traces(PageRequest request, ServiceEdge edge)
    {
        var services = request.Sources.Spans.ServiceNames(request.Cancellation);
        var (client, server) = (Of(edge.Client), Of(edge.Server));
        return request.Link("/traces", ("q", (services.Contains(edge.Client), services.Contains(edge.Server)) switch
        {
            (true, false) => $"{{ {client} && ({string.Join(" || ", MetricsGenerator.PeerNames.Select(Names))}) }}",
            (false, true) => $"{{ {server} && kind = server }}",
            _ => $"{{ {client} }} > {{ {server} }}",
        }));

        string Names(string attribute) => $"span.{attribute} = {LogQuery.Quoted(edge.Server)}";
        static string Of(string service) => $"resource.service.name = {LogQuery.Quoted(service)}";
    }

    public static Chart Chart(PageRequest request, PageRange range)
    {
        var edges = Edges(request, range);
        var names = edges.SelectMany(static edge => (string[])[edge.Client, edge.Server]).Distinct(StringComparer.Ordinal);
        return new("graph", "Service map", null, range.FromMs, range.ToMs, [.. names.Select(static name => new ChartSeries(name, []))])
        {
            Edges = [.. edges.Select(edge => new ChartEdge(edge.Client, edge.Server, Label(edge), edge.Failed > 0, Traces(request, edge)))],
        };
    }

    private static string Label(ServiceEdge edge) => $"{Show.Value(edge.Rate, "reqps")}, p95 {Show.Value(edge.P95, "s")}"
        + (edge.Failed > 0 ? $", {Show.Value(edge.Failed, "percentunit")} failed" : "");
}
