using MicroMonitored.Embedded.Hosting;
using MicroMonitored.Embedded.Ingest.Otlp;
using MicroMonitored.Embedded.Store;
using MicroMonitored.Protocols.Jaeger;
using MicroMonitored.Protocols.Zipkin;
using Microsoft.Net.Http.Headers;
using OpenTelemetry.Proto.Collector.Trace.V1;

namespace MicroMonitored.Embedded.Ingest;

/// <summary>The receiving ports: OTLP over gRPC and HTTP, Zipkin and Jaeger.</summary>
internal static class IngestApi
{
    private const int MaxForeignSpans = 50_000;

    public static void AddServices(IServiceCollection services)
    {
        services.AddSingleton<Generator.MetricsGenerator>().AddHostedService(static provider => provider.GetRequiredService<Generator.MetricsGenerator>());
        services.AddSingleton<OtlpReceiver>();
        services.AddSingleton<OtlpHttp>();
        services.AddSingleton<RequestBody>();
        services.AddSingleton<RemoteWrite>();
        services.AddGrpc(grpc =>
        {
            // As the collector has it: a message is in memory as a whole, and as many may come at once as there are streams.
            grpc.MaxReceiveMessageSize = 4 * 1024 * 1024;
            grpc.IgnoreUnknownServices = false;
        });
    }

    /// <summary>Maps the receivers, each on its own port; where Prometheus and Loki take OTLP themselves, their ports do, too.</summary>
    public static void Map(WebApplication app, EmbeddedOptions options)
    {
        var ports = options.Ports;
        var otlp = app.Services.GetRequiredService<OtlpHttp>();
        var receiver = app.Services.GetRequiredService<OtlpReceiver>();
        var body = app.Services.GetRequiredService<RequestBody>();
        var counters = app.Services.GetRequiredService<EngineCounters>();
        var taken = new Dictionary<int, string>
        {
            [ports.OtlpHttp] = "OTLP/HTTP is", [ports.Zipkin] = "Zipkin spans are", [ports.JaegerThrift] = "Jaeger batches are",
        };

        if (ports.OtlpGrpc != 0)
        {
            var grpc = app.MapGroup("").WithMetadata(new Listener(ports.OtlpGrpc));
            grpc.MapGrpcService<OtlpTraceService>();
            grpc.MapGrpcService<OtlpMetricsService>();
            grpc.MapGrpcService<OtlpLogsService>();
        }

        Take(ports.OtlpHttp, "/v1/traces", otlp.TracesAsync);
        Take(ports.OtlpHttp, "/v1/metrics", otlp.MetricsAsync);
        Take(ports.OtlpHttp, "/v1/logs", otlp.LogsAsync);
        Take(ports.OtlpHttp, "/api/v1/otlp/v1/metrics", otlp.MetricsAsync);
        Take(ports.Prometheus, "/api/v1/otlp/v1/metrics", otlp.MetricsAsync);
        Take(ports.Prometheus, "/api/v1/write", app.Services.GetRequiredService<RemoteWrite>().WriteAsync);
        Take(ports.Loki, "/otlp/v1/logs", otlp.LogsAsync);
        Take(ports.Zipkin, "/api/v2/spans", context => ZipkinAsync(context, receiver, body));
        Take(ports.JaegerThrift, "/api/traces", context => JaegerAsync(context, receiver, body));
        foreach (var port in ((int[])[ports.Grafana, ports.Prometheus, ports.Loki, ports.Tempo]).Where(static port => port != 0))
            app.MapGet("/metrics", static (OwnMetrics own) => own.Answer()).WithMetadata(new Listener(port));
        app.Use(async (context, next) =>
        {
            await next(context);
            if (!taken.TryGetValue(context.Connection.LocalPort, out var what))
                return;
            if (context is { Response.StatusCode: StatusCodes.Status404NotFound } && context.GetEndpoint() is null)
                await RefuseAsync(context, counters, StatusCodes.Status404NotFound, $"{what} taken at {Listener.Paths(app, context.Connection.LocalPort)}.");
            else if (context.Response is { StatusCode: StatusCodes.Status405MethodNotAllowed, HasStarted: false })
                await RefuseAsync(context, counters, StatusCodes.Status405MethodNotAllowed, "Only POST is taken here.");
        });

        void Take(int port, string path, RequestDelegate handle)
        {
            if (port != 0)
                app.MapPost(path, context => ReceiveAsync(context, handle, counters)).WithMetadata(new Listener(port));
        }
    }

    /// <summary>The content type without its parameters, in lower case.</summary>
    public static string MediaType(HttpContext context) =>
        MediaTypeHeaderValue.TryParse(context.Request.ContentType, out var type) ? type.MediaType.ToString().ToLowerInvariant() : "";

    private static async Task ZipkinAsync(HttpContext context, OtlpReceiver receiver, RequestBody body)
    {
        if (MediaType(context) != "application/json")
            throw new IngestException(StatusCodes.Status415UnsupportedMediaType, "Content-Type must be application/json (Zipkin v2).");
        var spans = await body.ReadAsync(
            context.Request, "Zipkin v2 JSON", json => ZipkinReader.Read(ParseBudget.Json(json), MaxForeignSpans), context.RequestAborted);
        await StoreAsync(context, receiver, spans);
    }

    private static async Task JaegerAsync(HttpContext context, OtlpReceiver receiver, RequestBody body)
    {
        if (MediaType(context) is not ("application/x-thrift" or "application/vnd.apache.thrift.binary"))
            throw new IngestException(
                StatusCodes.Status415UnsupportedMediaType, "Content-Type must be application/x-thrift or application/vnd.apache.thrift.binary.");
        var spans = await body.ReadAsync(context.Request, "a Jaeger batch", bytes => JaegerReader.Read(bytes.Span, MaxForeignSpans), context.RequestAborted);
        await StoreAsync(context, receiver, spans);
    }

    private static async Task StoreAsync(HttpContext context, OtlpReceiver receiver, ExportTraceServiceRequest request)
    {
        var answer = await receiver.ExportAsync(request, context.RequestAborted);
        var spans = request.ResourceSpans.Sum(resource => resource.ScopeSpans.Sum(scope => scope.Spans.Count));
        if (answer.PartialSuccess is { } partial && partial.RejectedSpans == spans)
            throw IngestException.Invalid($"No span was taken: {partial.ErrorMessage}.");
        context.Response.StatusCode = StatusCodes.Status202Accepted;
    }

    private static async Task ReceiveAsync(HttpContext context, RequestDelegate handle, EngineCounters counters)
    {
        try
        {
            await handle(context);
        }
        catch (IngestException exception)
        {
            await RefuseAsync(context, counters, exception.Status, exception.Message);
        }
        catch (StoreUnavailableException exception)
        {
            context.Response.Headers.RetryAfter = "1";
            await RefuseAsync(context, counters, StatusCodes.Status503ServiceUnavailable, exception.Message);
        }
        catch (BadHttpRequestException exception)
        {
            await RefuseAsync(context, counters, exception.StatusCode, exception.Message);
        }
    }

    private static Task RefuseAsync(HttpContext context, EngineCounters counters, int status, string reason)
    {
        counters.Add("refused_requests", status.ToString(System.Globalization.CultureInfo.InvariantCulture));
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(reason + "\n", context.RequestAborted);
    }
}
