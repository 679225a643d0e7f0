using Google.Protobuf;
using MicroMonitored.Protocols.Otlp;
using Microsoft.Net.Http.Headers;
using OpenTelemetry.Proto.Collector.Logs.V1;
using OpenTelemetry.Proto.Collector.Metrics.V1;
using OpenTelemetry.Proto.Collector.Trace.V1;

namespace MicroMonitored.Embedded.Ingest.Otlp;

/// <summary>OTLP/HTTP in protobuf and JSON (https://opentelemetry.io/docs/specs/otlp/#otlphttp).</summary>
internal sealed class OtlpHttp(OtlpReceiver receiver, RequestBody body)
{
    private const string Protobuf = "application/x-protobuf";
    private const string Json = "application/json";

    public Task TracesAsync(HttpContext context) =>
        AnswerAsync<ExportTraceServiceRequest, ExportTraceServiceResponse>(context, receiver.ExportAsync);

    public Task MetricsAsync(HttpContext context) =>
        AnswerAsync<ExportMetricsServiceRequest, ExportMetricsServiceResponse>(context, receiver.ExportAsync);

    public Task LogsAsync(HttpContext context) =>
        AnswerAsync<ExportLogsServiceRequest, ExportLogsServiceResponse>(context, receiver.ExportAsync);

    private async Task AnswerAsync<TRequest, TResponse>(HttpContext context, Func<TRequest, CancellationToken, Task<TResponse>> export)
        where TRequest : IMessage<TRequest>, new()
        where TResponse : IMessage<TResponse>
    {
        var isJson = IngestApi.MediaType(context) switch
        {
            Json => true,
            Protobuf => false,
            _ => throw new IngestException(StatusCodes.Status415UnsupportedMediaType, $"Content-Type must be {Protobuf} or {Json}."),
        };
        var request = isJson
            ? await body.ReadAsync(context.Request, "OTLP/JSON", static json => OtlpJson.Parse<TRequest>(ParseBudget.Json(json)), context.RequestAborted)
            : await body.ReadAsync(context.Request, "an OTLP message", static bytes => ParseBudget.Message<TRequest>(bytes.Span), context.RequestAborted);
        var response = await export(request, context.RequestAborted);
        context.Response.Headers[HeaderNames.ContentType] = isJson ? Json : Protobuf;
        await context.Response.BodyWriter.WriteAsync(isJson ? OtlpJson.Format(response) : response.ToByteArray(), context.RequestAborted);
    }
}
