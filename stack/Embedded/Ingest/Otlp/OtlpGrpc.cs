using Grpc.Core;
using MicroMonitored.Embedded.Store;
using OpenTelemetry.Proto.Collector.Logs.V1;
using OpenTelemetry.Proto.Collector.Metrics.V1;
using OpenTelemetry.Proto.Collector.Trace.V1;

namespace MicroMonitored.Embedded.Ingest.Otlp;

/// <summary>OTLP/gRPC for traces.</summary>
internal sealed class OtlpTraceService(OtlpReceiver receiver) : TraceService.TraceServiceBase
{
    public override Task<ExportTraceServiceResponse> Export(ExportTraceServiceRequest request, ServerCallContext context) =>
        OtlpGrpc.AnswerAsync(receiver.ExportAsync(request, context.CancellationToken));
}

/// <summary>OTLP/gRPC for metrics.</summary>
internal sealed class OtlpMetricsService(OtlpReceiver receiver) : MetricsService.MetricsServiceBase
{
    public override Task<ExportMetricsServiceResponse> Export(ExportMetricsServiceRequest request, ServerCallContext context) =>
        OtlpGrpc.AnswerAsync(receiver.ExportAsync(request, context.CancellationToken));
}

/// <summary>OTLP/gRPC for logs.</summary>
internal sealed class OtlpLogsService(OtlpReceiver receiver) : LogsService.LogsServiceBase
{
    public override Task<ExportLogsServiceResponse> Export(ExportLogsServiceRequest request, ServerCallContext context) =>
        OtlpGrpc.AnswerAsync(receiver.ExportAsync(request, context.CancellationToken));
}

internal static class OtlpGrpc
{
    /// <summary>A store that cannot write now is UNAVAILABLE, which exporters send again.</summary>
    public static async Task<T> AnswerAsync<T>(Task<T> answer)
    {
        try
        {
            return await answer;
        }
        catch (StoreUnavailableException exception)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, exception.Message));
        }
    }
}
