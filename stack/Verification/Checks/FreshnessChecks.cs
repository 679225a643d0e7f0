using MicroMonitored.Verification.Probes;

namespace MicroMonitored.Verification.Checks;

/// <summary>How long it takes from emitting to being queryable: what is late is told apart from what is lost.</summary>
internal static class FreshnessChecks
{
    private const int TraceSamples = 8;

    public static async Task<Outcome> MetricsAsync(VerificationRun run, string? subject, CancellationToken cancellation)
    {
        await Task.WhenAll(MetricChecks.EachDriven(run).Subjects.Select(service => MetricChecks.ExactCountAsync(run, service, cancellation))
            .Append(MetricChecks.OtlpAsync(run, null, cancellation))).ConfigureAwait(false);
        return Judge(run, "metrics", (run.Plan.ScrapeInterval * 2) + run.Plan.FreshnessLimit,
            "scrape more often (scrapeInterval in stack.json), or give the metric store more of the processor",
            run.Services.Count > 0 ? "metrics.exact-count" : "metrics.otlp");
    }

    public static async Task<Outcome> LogsAsync(VerificationRun run, string? subject, CancellationToken cancellation)
    {
        await LogLines.WrittenAsync(run).ConfigureAwait(false);
        return Judge(run, "logs", run.Plan.FreshnessLimit, "let the log agent send sooner (batchwait), or look whether it is catching up with older lines",
            "logs.exactly-once");
    }

    public static async Task<Outcome> TracesAsync(VerificationRun run, string? subject, CancellationToken cancellation)
    {
        await Task.WhenAll(Enumerable.Range(1, TraceSamples).Select(async number =>
        {
            await Task.Delay(TimeSpan.FromMilliseconds(30 * number), run.Time, cancellation).ConfigureAwait(false);
            var sent = await TraceChecks.SentAsync(run, TraceProtocol.OtlpHttpProtobuf, number).ConfigureAwait(false);
            if (sent.Problem is not null)
                return;
            var polled = await run.Poll.UntilAsync(
                token => run.Tempo.TraceAsync(sent.Spans[0].TraceId, token), spans => spans.Count > 0, run.ArrivalLimit, cancellation).ConfigureAwait(false);
            if (polled.Met)
                run.Delayed("traces", run.Time.GetElapsedTime(sent.Timestamp));
        })).ConfigureAwait(false);
        return Judge(run, "traces", run.Plan.FreshnessLimit, "look whether the trace store is catching up or short of memory (--target=Logs --component=tempo)",
            "traces.otlp-http");
    }

    public static Scope Logs(VerificationRun run) => run.LogProbe is null ? Scope.Skip("no log folder to write to") : Scope.Stack;

    private static Outcome Judge(VerificationRun run, string signal, TimeSpan limit, string fix, string elsewhere)
    {
        if (!run.Delays.TryGetValue(signal, out var delays) || delays.IsEmpty)
            return Outcome.Blocked("nothing arrived to be measured", elsewhere);
        var freshness = Percentiles.Of([.. delays]);
        var detail = $"emit to queryable: p50 {freshness.P50Ms:0} ms, p95 {freshness.P95Ms:0} ms, max {freshness.MaxMs:0} ms of {delays.Count}";
        return freshness.P95Ms <= limit.TotalMilliseconds
            ? Outcome.Pass(detail)
            : Outcome.Fail($"late, not lost: {detail}; the limit is {limit.TotalMilliseconds:0} ms", $"{signal} pipeline", fix);
    }
}
