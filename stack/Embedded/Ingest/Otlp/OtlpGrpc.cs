using System.Buffers;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using MicroMonitored.Embedded.Store;
using MicroMonitored.Protocols;
using OpenTelemetry.Proto.Collector.Logs.V1;
using OpenTelemetry.Proto.Collector.Metrics.V1;
using OpenTelemetry.Proto.Collector.Trace.V1;

namespace MicroMonitored.Embedded.Ingest.Otlp;

/// <summary>OTLP/gRPC for traces.</summary>
[BindServiceMethod(typeof(OtlpTraceService), nameof(Bind))]
internal sealed class OtlpTraceService(OtlpReceiver receiver) : TraceService.TraceServiceBase
{
    public static void Bind(ServiceBinderBase binder, TraceService.TraceServiceBase? service) =>
        OtlpGrpc.Bind<ExportTraceServiceRequest, ExportTraceServiceResponse>(
        binder, "opentelemetry.proto.collector.trace.v1.TraceService", service is null ? null : service.Export);

    public override Task<ExportTraceServiceResponse> Export(ExportTraceServiceRequest request, ServerCallContext context) =>
        OtlpGrpc.AnswerAsync(receiver.ExportAsync(request, context.CancellationToken));
}

/// <summary>OTLP/gRPC for metrics.</summary>
[BindServiceMethod(typeof(OtlpMetricsService), nameof(Bind))]
internal sealed class OtlpMetricsService(OtlpReceiver receiver) : MetricsService.MetricsServiceBase
{
    public static void Bind(ServiceBinderBase binder, MetricsService.MetricsServiceBase? service) =>
        OtlpGrpc.Bind<ExportMetricsServiceRequest, ExportMetricsServiceResponse>(
        binder, "opentelemetry.proto.collector.metrics.v1.MetricsService", service is null ? null : service.Export);

    public override Task<ExportMetricsServiceResponse> Export(ExportMetricsServiceRequest request, ServerCallContext context) =>
        OtlpGrpc.AnswerAsync(receiver.ExportAsync(request, context.CancellationToken));
}

/// <summary>OTLP/gRPC for logs.</summary>
[BindServiceMethod(typeof(OtlpLogsService), nameof(Bind))]
internal sealed class OtlpLogsService(OtlpReceiver receiver) : LogsService.LogsServiceBase
{
    public static void Bind(ServiceBinderBase binder, LogsService.LogsServiceBase? service) =>
        OtlpGrpc.Bind<ExportLogsServiceRequest, ExportLogsServiceResponse>(
        binder, "opentelemetry.proto.collector.logs.v1.LogsService", service is null ? null : service.Export);

    public override Task<ExportLogsServiceResponse> Export(ExportLogsServiceRequest request, ServerCallContext context) =>
        OtlpGrpc.AnswerAsync(receiver.ExportAsync(request, context.CancellationToken));
}

/// <summary>What the three services share: the one method <c>Export</c>, and the status codes of its failures.</summary>
internal static class OtlpGrpc
{
    public static void Bind<TRequest, TResponse>(ServiceBinderBase binder, string service, UnaryServerMethod<TRequest, TResponse>? export)
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse>, new() =>
        binder.AddMethod(new Method<TRequest, TResponse>(MethodType.Unary, service, "Export", Marshaller<TRequest>(), Marshaller<TResponse>()), export);

    /// <summary>A store that cannot write now is UNAVAILABLE, which exporters send again.</summary>
    public static async Task<T> AnswerAsync<T>(Task<T> answer)
    {
        try
        {
            return await answer;
        }
        catch (StoreUnavailableException exception)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, exception.Message),
                new Metadata { { "grpc-status-details-bin", Again(exception.Message) } });
        }
    }

    /// <summary>A <c>google.rpc.Status</c> with a <c>RetryInfo</c> of one second: https://opentelemetry.io/docs/specs/otlp/#otlpgrpc-throttling.</summary>
    private static byte[] Again(string message)
    {
        var delay = new MemoryStream();
        using (var output = new CodedOutputStream(delay, leaveOpen: true))
        {
            output.WriteTag(1, WireFormat.WireType.LengthDelimited);
            output.WriteMessage(new Duration { Seconds = 1 });
        }

        var status = new MemoryStream();
        using (var output = new CodedOutputStream(status, leaveOpen: true))
        {
            output.WriteTag(1, WireFormat.WireType.Varint);
            output.WriteInt32((int)StatusCode.Unavailable);
            output.WriteTag(2, WireFormat.WireType.LengthDelimited);
            output.WriteString(message);
            output.WriteTag(3, WireFormat.WireType.LengthDelimited);
            output.WriteMessage(new Any { TypeUrl = "type.googleapis.com/google.rpc.RetryInfo", Value = ByteString.CopyFrom(delay.ToArray()) });
        }

        return status.ToArray();
    }

    /// <summary>The generated marshaller lets a broken message surface as UNKNOWN; it is the sender's fault and must not be sent again.</summary>
    private static Marshaller<T> Marshaller<T>()
        where T : class, IMessage<T>, new() => Marshallers.Create<T>(
            (message, context) =>
            {
                context.SetPayloadLength(message.CalculateSize());
                message.WriteTo(context.GetBufferWriter());
                context.Complete();
            },
            context =>
            {
                try
                {
                    var message = new T();
                    var payload = context.PayloadAsReadOnlySequence();
                    if (payload.Length > ParseBudget.Small)
                        ParseBudget.Check(payload.IsSingleSegment ? payload.FirstSpan : payload.ToArray(), message.Descriptor);
                    message.MergeFrom(payload);
                    return message;
                }
                catch (LimitException exception)
                {
                    throw new RpcException(new Status(StatusCode.ResourceExhausted, exception.Message));
                }
                catch (Exception exception) when (exception is InvalidProtocolBufferException or FormatException)
                {
                    throw new RpcException(new Status(StatusCode.InvalidArgument, $"Not an OTLP message: {exception.Message}"));
                }
            });
}
