using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using MicroMonitored.Verification.Clients;
using OpenTelemetry.Proto.Collector.Logs.V1;
using OpenTelemetry.Proto.Collector.Metrics.V1;
using OpenTelemetry.Proto.Collector.Trace.V1;

namespace MicroMonitored.Verification.Probes;

/// <summary>One way to push a signal over OTLP.</summary>
/// <param name="Name"><c>OTLP/gRPC</c> or <c>OTLP/HTTP</c>.</param>
internal sealed record OtlpReceiver(string Name, Uri Address, bool IsGrpc);

/// <summary>Pushes over OTLP the way a foreign client does.</summary>
internal static class OtlpPush
{
    /// <summary>Where metrics or logs are taken.</summary>
    /// <param name="signal"><c>metrics</c> or <c>logs</c>.</param>
    public static IReadOnlyList<OtlpReceiver> Receivers(VerificationRun run, string signal)
    {
        var endpoints = run.Plan.Endpoints;
        return [.. endpoints.OtlpGrpc is { } grpc ? [new OtlpReceiver("OTLP/gRPC", grpc, true)] : Array.Empty<OtlpReceiver>(),
            new("OTLP/HTTP", new Uri(endpoints.OtlpHttp, $"v1/{signal}"), false)];
    }

    /// <summary>Answers why the request was not taken whole, nothing when it was.</summary>
    public static async Task<string?> SendAsync(VerificationRun run, OtlpReceiver receiver, IMessage request, CancellationToken cancellation)
    {
        try
        {
            if (receiver.IsGrpc)
            {
                await CallAsync(run.Http, receiver.Address, request, cancellation).ConfigureAwait(false);
                return null;
            }
            var answer = await run.Http.PostAsync(
                $"the {receiver.Name} receiver", receiver.Address, request.ToByteArray(), "application/x-protobuf", cancellation).ConfigureAwait(false);
            return answer.IsSuccess ? null : $"the {receiver.Name} receiver answered {answer.Status} on {receiver.Address}: {HttpAnswer.Excerpt(answer.Body)}";
        }
        catch (SignalException exception)
        {
            return exception.Message;
        }
    }

    /// <exception cref="SignalException">The receiver did not take all of it.</exception>
    public static async Task CallAsync(SignalHttp http, Uri receiver, IMessage request, CancellationToken cancellation)
    {
        try
        {
            using var channel = GrpcChannel.ForAddress(receiver, new GrpcChannelOptions
            {
                HttpHandler = http.Handler(),
                DisposeHttpClient = true,
            });
            var headers = new Metadata();
            foreach (var (name, value) in http.Carried(receiver))
                headers.Add(name, value);
            var options = new CallOptions(headers, DateTime.UtcNow + http.Patience, cancellation);
            var rejected = request switch
            {
                ExportTraceServiceRequest traces =>
                    (await new TraceService.TraceServiceClient(channel).ExportAsync(traces, options).ConfigureAwait(false)).PartialSuccess?.RejectedSpans,
                ExportMetricsServiceRequest metrics => (await new MetricsService.MetricsServiceClient(channel)
                    .ExportAsync(metrics, options).ConfigureAwait(false)).PartialSuccess?.RejectedDataPoints,
                ExportLogsServiceRequest logs =>
                    (await new LogsService.LogsServiceClient(channel).ExportAsync(logs, options).ConfigureAwait(false)).PartialSuccess?.RejectedLogRecords,
                _ => throw new ArgumentOutOfRangeException(nameof(request), request.Descriptor.Name, "not an export request"),
            };
            if (rejected > 0)
                throw new SignalException($"the OTLP/gRPC receiver rejected {rejected} of what it was sent");
        }
        catch (RpcException exception) when (!cancellation.IsCancellationRequested)
        {
            var what = (exception.StatusCode, exception.Status.DebugException) switch
            {
                (StatusCode.DeadlineExceeded, _) => "did not answer in time",
                (_, not null) => "not answering",
                var (code, _) => $"answered {code}",
            };
            var why = HttpAnswer.Excerpt(exception.Status.DebugException?.GetBaseException().Message ?? exception.Status.Detail);
            throw new SignalException($"the OTLP/gRPC receiver {what} on {receiver}: {why}");
        }
        catch (RpcException exception)
        {
            throw new OperationCanceledException(exception.Message, exception, cancellation);
        }
    }
}
