using Grpc.Core;
using Grpc.Net.Client;
using MicroMonitored.Verification.Clients;

namespace MicroMonitored.Verification.Probes;

/// <summary>The ways a span can reach the trace store.</summary>
internal enum TraceProtocol
{
    OtlpGrpc,
    OtlpHttpProtobuf,
    OtlpHttpJson,
    Zipkin,
    Jaeger,
}

/// <summary>Sends spans the way a client of each protocol does.</summary>
internal sealed class TraceSender(SignalHttp http, StackEndpoints endpoints)
{
    private static readonly Marshaller<byte[]> Bytes = Marshallers.Create(bytes => bytes, bytes => bytes);

    private static readonly Method<byte[], byte[]> Export = new(
        MethodType.Unary, "opentelemetry.proto.collector.trace.v1.TraceService", "Export", Bytes, Bytes);

    /// <summary>The receiver's address as people write it; null where the stack has none.</summary>
    public Uri? Receiver(TraceProtocol protocol) => protocol switch
    {
        TraceProtocol.OtlpGrpc => endpoints.OtlpGrpc,
        TraceProtocol.OtlpHttpProtobuf or TraceProtocol.OtlpHttpJson => new Uri(endpoints.OtlpHttp, "/v1/traces"),
        TraceProtocol.Zipkin => endpoints.Zipkin is { } zipkin ? new Uri(zipkin, "/api/v2/spans") : null,
        TraceProtocol.Jaeger => endpoints.JaegerThrift is { } jaeger ? new Uri(jaeger, "/api/traces") : null,
        _ => throw new ArgumentOutOfRangeException(nameof(protocol), protocol, "not a protocol"),
    };

    /// <exception cref="SignalException">The receiver did not take all the spans.</exception>
    public Task SendAsync(TraceProtocol protocol, IReadOnlyList<TraceSpan> spans, CancellationToken cancellation)
    {
        var receiver = Receiver(protocol) ?? throw new SignalException("this stack has no such receiver");
        return protocol switch
        {
            TraceProtocol.OtlpGrpc => SendGrpcAsync(receiver, OtlpEncoding.Traces(spans), cancellation),
            TraceProtocol.OtlpHttpProtobuf => PostAsync("the OTLP/HTTP receiver", receiver, OtlpEncoding.Traces(spans), "application/x-protobuf", cancellation),
            TraceProtocol.OtlpHttpJson => PostAsync("the OTLP/HTTP receiver", receiver, OtlpEncoding.TracesJson(spans), "application/json", cancellation),
            TraceProtocol.Zipkin => PostAsync("the Zipkin receiver", receiver, ZipkinEncoding.Spans(spans), "application/json", cancellation),
            _ => PostAsync("the Jaeger Thrift receiver", receiver, JaegerEncoding.Batch(spans[0].Service, spans), "application/x-thrift", cancellation),
        };
    }

    private async Task PostAsync(string component, Uri receiver, byte[] body, string contentType, CancellationToken cancellation)
    {
        var answer = await http.PostAsync(component, receiver, body, contentType, cancellation).ConfigureAwait(false);
        if (!answer.IsSuccess)
            throw new SignalException($"{component} answered {answer.Status} on {receiver}: {HttpAnswer.Excerpt(answer.Body)}", answer.Status);
    }

    private static async Task SendGrpcAsync(Uri receiver, byte[] body, CancellationToken cancellation)
    {
        try
        {
            using var channel = GrpcChannel.ForAddress(receiver, new GrpcChannelOptions
            {
                HttpHandler = new SocketsHttpHandler { UseProxy = false, ConnectTimeout = TimeSpan.FromSeconds(2) },
                DisposeHttpClient = true,
            });
            var options = new CallOptions(deadline: DateTime.UtcNow.AddSeconds(15), cancellationToken: cancellation);
            var answer = await channel.CreateCallInvoker().AsyncUnaryCall(Export, null, options, body).ResponseAsync.ConfigureAwait(false);
            if (answer.Length > 0 && Rejected(answer) is > 0 and var rejected)
                throw new SignalException($"the OTLP/gRPC receiver rejected {rejected} spans");
        }
        catch (RpcException exception) when (!cancellation.IsCancellationRequested)
        {
            throw new SignalException($"the OTLP/gRPC receiver answered {exception.StatusCode} on {receiver}: {HttpAnswer.Excerpt(exception.Status.Detail)}");
        }
        catch (RpcException exception)
        {
            throw new OperationCanceledException(exception.Message, exception, cancellation);
        }
    }

    /// <summary><c>partial_success.rejected_spans</c> of an <c>ExportTraceServiceResponse</c>: field 1, and in it field 1.</summary>
    private static ulong Rejected(byte[] answer)
    {
        if (answer.Length < 4 || answer[0] != 0x0a || answer[2] != 0x08)
            return 0;
        ulong value = 0;
        for (int at = 3, shift = 0; at < answer.Length && shift < 64; at++, shift += 7)
        {
            value |= (ulong)(answer[at] & 0x7f) << shift;
            if (answer[at] < 0x80)
                break;
        }
        return value;
    }
}
