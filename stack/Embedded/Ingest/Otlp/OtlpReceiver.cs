using MicroMonitored.Embedded.Store;
using OpenTelemetry.Proto.Collector.Logs.V1;
using OpenTelemetry.Proto.Collector.Metrics.V1;
using OpenTelemetry.Proto.Collector.Trace.V1;

namespace MicroMonitored.Embedded.Ingest.Otlp;

/// <summary>Takes OTLP requests of any transport: stores what is valid, answers after the commit, says what was refused.</summary>
internal sealed class OtlpReceiver(
    ITraceWriter traces, IMetricWriter metrics, ILogWriter logs, Generator.MetricsGenerator generator, TimeProvider time, EngineCounters counters)
{
    public async Task<ExportTraceServiceResponse> ExportAsync(ExportTraceServiceRequest request, CancellationToken cancellation)
    {
        var accepted = OtlpSpans.From(request, counters);
        await traces.AppendAsync(accepted.Spans, cancellation);
        generator.Take(request);
        return accepted.Rejected == 0
            ? new()
            : new() { PartialSuccess = new() { RejectedSpans = accepted.Rejected, ErrorMessage = accepted.Reason } };
    }

    public async Task<ExportMetricsServiceResponse> ExportAsync(ExportMetricsServiceRequest request, CancellationToken cancellation)
    {
        var accepted = OtlpMetrics.From(request, time.GetUtcNow().ToUnixTimeMilliseconds(), counters);
        var outcome = await metrics.AppendAsync(accepted.Batch, cancellation);
        var rejected = accepted.Rejected + outcome.OutOfOrder + outcome.OverLimit;
        return rejected == 0
            ? new()
            : new()
            {
                PartialSuccess = new()
                {
                    RejectedDataPoints = rejected,
                    ErrorMessage = accepted.Rejected > 0 ? accepted.Reason : outcome.OverLimit > 0 ? "too many series" : "samples out of order",
                },
            };
    }

    public async Task<ExportLogsServiceResponse> ExportAsync(ExportLogsServiceRequest request, CancellationToken cancellation)
    {
        await logs.AppendAsync(OtlpLogs.From(request, time.GetUtcNow().ToUnixTimeMilliseconds() * 1_000_000, counters), cancellation);
        return new();
    }
}
