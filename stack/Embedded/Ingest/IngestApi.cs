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
        services.AddSingleton<OtlpReceiver>();
        services.AddSingleton<OtlpHttp>();
        services.AddSingleton<RequestBody>();
        services.AddGrpc(grpc =>
        {
            grpc.MaxReceiveMessageSize = RequestBody.Limit;
            grpc.IgnoreUnknownServices = false;
        });
    }

    public static void Map(WebApplication app, EmbeddedOptions options)
    {
        var ports = options.Ports;
        var otlp = app.Services.GetRequiredService<OtlpHttp>();
        var receiver = app.Services.GetRequiredService<OtlpReceiver>();
        var body = app.Services.GetRequiredService<RequestBody>();

        app.MapWhen(context => On(context, ports.OtlpGrpc), branch => branch.UseRouting().UseEndpoints(endpoints =>
        {
            endpoints.MapGrpcService<OtlpTraceService>();
            endpoints.MapGrpcService<OtlpMetricsService>();
            endpoints.MapGrpcService<OtlpLogsService>();
        }));
        Receive(app, context => On(context, ports.OtlpHttp), otlp.HandleAsync);
        Receive(app, context => On(context, ports.Prometheus) && context.Request.Path == "/api/v1/otlp/v1/metrics", otlp.HandleAsync);
        Receive(app, context => On(context, ports.Zipkin), context => ZipkinAsync(context, receiver, body));
        Receive(app, context => On(context, ports.JaegerThrift), context => JaegerAsync(context, receiver, body));
    }

    public static void RequirePost(HttpContext context)
    {
        if (!HttpMethods.IsPost(context.Request.Method))
            throw new IngestException(StatusCodes.Status405MethodNotAllowed, "Only POST is taken here.");
    }

    /// <summary>The content type without its parameters, in lower case.</summary>
    public static string MediaType(HttpContext context) =>
        MediaTypeHeaderValue.TryParse(context.Request.ContentType, out var type) ? type.MediaType.ToString().ToLowerInvariant() : "";

    private static bool On(HttpContext context, int port) => port != 0 && context.Connection.LocalPort == port;

    private static async Task ZipkinAsync(HttpContext context, OtlpReceiver receiver, RequestBody body)
    {
        if (context.Request.Path != "/api/v2/spans")
            throw new IngestException(StatusCodes.Status404NotFound, "Zipkin spans are taken at /api/v2/spans.");
        RequirePost(context);
        if (MediaType(context) != "application/json")
            throw new IngestException(StatusCodes.Status415UnsupportedMediaType, "Content-Type must be application/json (Zipkin v2).");
        var spans = await body.ReadAsync(context.Request, "Zipkin v2 JSON", bytes => ZipkinReader.Read(bytes, MaxForeignSpans), context.RequestAborted);
        await StoreAsync(context, receiver, spans);
    }

    private static async Task JaegerAsync(HttpContext context, OtlpReceiver receiver, RequestBody body)
    {
        if (context.Request.Path != "/api/traces")
            throw new IngestException(StatusCodes.Status404NotFound, "Jaeger batches are taken at /api/traces.");
        RequirePost(context);
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

    private static void Receive(WebApplication app, Func<HttpContext, bool> when, RequestDelegate handle)
    {
        var counters = app.Services.GetRequiredService<EngineCounters>();
        app.MapWhen(when, branch => branch.Run(async context =>
        {
            try
            {
                await handle(context);
            }
            catch (IngestException exception)
            {
                await RefuseAsync(context, exception.Status, exception.Message);
            }
            catch (StoreUnavailableException exception)
            {
                context.Response.Headers.RetryAfter = "1";
                await RefuseAsync(context, StatusCodes.Status503ServiceUnavailable, exception.Message);
            }
            catch (BadHttpRequestException exception)
            {
                await RefuseAsync(context, exception.StatusCode, exception.Message);
            }
        }));

        Task RefuseAsync(HttpContext context, int status, string reason)
        {
            counters.Add("refused_requests", status.ToString(System.Globalization.CultureInfo.InvariantCulture));
            context.Response.StatusCode = status;
            context.Response.ContentType = "text/plain; charset=utf-8";
            return context.Response.WriteAsync(reason + "\n", context.RequestAborted);
        }
    }
}
