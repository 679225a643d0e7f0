namespace MicroMonitored.Embedded.Web;

/// <summary>The query APIs of the products the engine stands in for, one product per port.</summary>
public static class QueryApi
{
    /// <summary>Maps the APIs; each answers on its product's port only.</summary>
    public static void Map(WebApplication app, EmbeddedOptions options)
    {
        Ready(app, options.Ports.Prometheus, "/-/ready", "Prometheus Server is Ready.\n");
        Ready(app, options.Ports.Loki, "/ready", "ready\n");
        Ready(app, options.Ports.Tempo, "/ready", "ready\n");
        Ready(app, options.Ports.Grafana, "/api/health", "{\"database\":\"ok\"}");
    }

    private static void Ready(WebApplication app, int port, string path, string body) =>
        app.MapWhen(
            context => context.Connection.LocalPort == port && context.Request.Path == path,
            branch => branch.Run(context => context.Response.WriteAsync(body, context.RequestAborted)));
}
