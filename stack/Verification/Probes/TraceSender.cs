using Google.Protobuf;
using MicroMonitored.Protocols.Jaeger;
using MicroMonitored.Protocols.Otlp;
using MicroMonitored.Protocols.Zipkin;
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
    /// <summary>The receiver's address as people write it; null where the stack has none.</summary>
    public Uri? Receiver(TraceProtocol protocol) => protocol switch
    {
        TraceProtocol.OtlpGrpc => endpoints.OtlpGrpc,
        TraceProtocol.OtlpHttpProtobuf or TraceProtocol.OtlpHttpJson => new Uri(endpoints.OtlpHttp, "v1/traces"),
        TraceProtocol.Zipkin => endpoints.Zipkin is { } zipkin ? new Uri(zipkin, "api/v2/spans") : null,
        TraceProtocol.Jaeger => endpoints.JaegerThrift is { } jaeger ? new Uri(jaeger, "api/traces") : null,
        _ => throw new ArgumentOutOfRangeException(nameof(protocol), protocol, "not a protocol"),
    };

    /// <exception cref="SignalException">The receiver did not take all the spans.</exception>
    public Task SendAsync(TraceProtocol protocol, IReadOnlyList<TraceSpan> spans, CancellationToken cancellation)
    {
        var receiver = Receiver(protocol) ?? throw new SignalException("this stack has no such receiver");
        var request = OtlpTraces.Request(spans);
        return protocol switch
        {
            TraceProtocol.OtlpGrpc => OtlpPush.CallAsync(http, receiver, request, cancellation),
            TraceProtocol.OtlpHttpProtobuf => PostAsync("the OTLP/HTTP receiver", receiver, request.ToByteArray(), "application/x-protobuf", cancellation),
            TraceProtocol.OtlpHttpJson => PostAsync("the OTLP/HTTP receiver", receiver, OtlpJson.Format(request), "application/json", cancellation),
            TraceProtocol.Zipkin => PostAsync("the Zipkin receiver", receiver, ZipkinWriter.Write(request), "application/json", cancellation),
            _ => PostAsync("the Jaeger Thrift receiver", receiver, JaegerWriter.Write(request.ResourceSpans.Single()), "application/x-thrift", cancellation),
        };
    }

    private async Task PostAsync(string component, Uri receiver, byte[] body, string contentType, CancellationToken cancellation)
    {
        var answer = await http.PostAsync(component, receiver, body, contentType, cancellation).ConfigureAwait(false);
        if (!answer.IsSuccess)
            throw new SignalException($"{component} answered {answer.Status} on {receiver}: {HttpAnswer.Excerpt(answer.Body)}", answer.Status);
    }
}
