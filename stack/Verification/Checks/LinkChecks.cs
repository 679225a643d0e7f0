using MicroMonitored.Verification.Clients;
using MicroMonitored.Verification.Probes;

namespace MicroMonitored.Verification.Checks;

/// <summary>Whether one signal leads to the other: what a person clicks.</summary>
internal static class LinkChecks
{
    public static async Task<Outcome> ExemplarToTraceAsync(VerificationRun run, string? service, CancellationToken cancellation)
    {
        if (await MetricChecks.UnreachedAsync(run, service!).ConfigureAwait(false) is { } unreached)
            return unreached;
        var exemplar = await MetricChecks.ExemplarOfAsync(run, service!).ConfigureAwait(false);
        if (!exemplar.Met)
        {
            if (exemplar.Error is { } unanswered)
                return Outcome.Unanswered(unanswered, "prometheus");
            return await MetricChecks.BlockedAsync(run, service!, cancellation).ConfigureAwait(false)
                ?? Outcome.Fail("no exemplar of this run to follow", $"{service} → exemplar",
                    $"switch exemplars on in {service} and in Prometheus (see metrics.exemplar)");
        }
        var (traceId, spanId) = (exemplar.Value!.TraceId!, exemplar.Value.SpanId);
        var polled = await run.Poll.UntilAsync(
            token => run.Tempo.TraceAsync(traceId, token),
            spans => spans.Any(span => span.Service == service && (spanId is null || span.SpanId == spanId)),
            run.ArrivalLimit,
            cancellation).ConfigureAwait(false);
        if (polled.Met)
            return Outcome.Pass($"exemplar → trace {traceId} with span {spanId ?? "of the service"}");
        return polled.Value switch
        {
            null => Outcome.Unanswered(polled.Error ?? "no answer", "tempo"),
            { Count: 0 } => Outcome.Fail($"the exemplar's trace {traceId} is not in the trace store", $"{service} → OTLP exporter",
                $"let {service} export the spans it marks as sampled (OTEL_EXPORTER_OTLP_ENDPOINT, sampling)"),
            var spans when spans.All(span => span.Service != service) => Outcome.Blocked(
                $"the exemplar's trace {traceId} has no span of {service}", "traces.otlp-http"),
            var spans => Outcome.Fail($"trace {traceId} has {spans.Count} spans, none is {spanId} of {service}", "exemplar → trace",
                $"let the exemplars of {service} carry trace_id and span_id of the recorded span"),
        };
    }

    public static async Task<Outcome> LogToTraceAsync(VerificationRun run, string? service, CancellationToken cancellation)
    {
        var job = service ?? LogLines.Job;
        if (await BeginAsync(run, service).ConfigureAwait(false) is { } skip)
            return skip;
        var traceIds = await SamplesAsync(run, service).ConfigureAwait(false);
        var count = 0;
        foreach (var traceId in traceIds)
        {
            var lines = await run.Poll.UntilAsync(
                token => run.Loki.QueryRangeAsync($"{{job=\"{job}\"}} |= \"{traceId}\"", run.From, run.To, token),
                found => found.Any(line => line.TraceId == traceId),
                run.ArrivalLimit,
                cancellation).ConfigureAwait(false);
            if (!lines.Met)
            {
                if (lines.Error is { } error)
                    return Outcome.Unanswered(error, "loki");
                if (lines.Value!.Count > 0)
                    return Outcome.Fail($"the line of trace {traceId} has no trace_id in its structured metadata", "log agent → structured metadata",
                        "add the structured_metadata stage for trace_id and span_id to the log agent's pipeline");
                return service is not null && (await LogChecks.WindowAsync(run, job, cancellation).ConfigureAwait(false)).Count == 0
                    ? Outcome.Blocked($"no line of {job} is stored", "logs.exactly-once")
                    : Outcome.Fail($"no line carries the trace id {traceId}", $"{job} → log line",
                        $"write trace_id and span_id of the current activity into each log line of {job}");
            }
            var line = lines.Value!.First(found => found.TraceId == traceId);
            var spanId = line.SpanId;
            var trace = await run.Poll.UntilAsync(
                token => TraceChecks.LeftBehindAsync(run, traceId, service, token),
                spans => spans.Any(span => span.Service == (service ?? SyntheticTrace.Service) && (spanId is null || span.SpanId == spanId)),
                run.ArrivalLimit,
                cancellation).ConfigureAwait(false);
            if (!trace.Met)
            {
                return trace.Value switch
                {
                    null => Outcome.Unanswered(trace.Error ?? "no answer", "tempo"),
                    var spans when spans.All(span => span.Service != (service ?? SyntheticTrace.Service)) =>
                        Outcome.Blocked($"trace {traceId} of {job} is not stored", service is null ? run.OtlpCheck : "traces.otlp-http"),
                    _ => Outcome.Fail($"trace {traceId} has no span {spanId} of {job}", "log line → span",
                        $"write span_id of the current activity into each log line of {job}"),
                };
            }
            count++;
        }
        return Outcome.Pass($"{count} of {traceIds.Count} log lines lead to their trace and span");
    }

    public static async Task<Outcome> TraceToLogsAsync(VerificationRun run, string? service, CancellationToken cancellation)
    {
        var job = service ?? LogLines.Job;
        if (await BeginAsync(run, service).ConfigureAwait(false) is { } skip)
            return skip;
        var traceIds = await SamplesAsync(run, service).ConfigureAwait(false);
        foreach (var traceId in traceIds)
        {
            var trace = await run.Poll.UntilAsync(token => run.Tempo.TraceAsync(traceId, token),
                spans => spans.Any(span => span.Service == (service ?? SyntheticTrace.Service)), run.ArrivalLimit, cancellation).ConfigureAwait(false);
            if (!trace.Met)
            {
                return trace.Error is { } unanswered
                    ? Outcome.Unanswered(unanswered, "tempo")
                    : Outcome.Blocked($"trace {traceId} of {job} is not stored", service is null ? run.OtlpCheck : "traces.otlp-http");
            }
            // The query that the trace view's link runs.
            var lines = await run.Poll.UntilAsync(
                token => run.Loki.QueryRangeAsync($"{{service_name=\"{job}\"}} | trace_id=\"{traceId}\"", run.From, run.To, token),
                found => found.Count > 0,
                run.ArrivalLimit,
                cancellation).ConfigureAwait(false);
            if (!lines.Met)
            {
                if (lines.Error is { } error)
                    return Outcome.Unanswered(error, "loki");
                return service is not null && (await LogChecks.WindowAsync(run, job, cancellation).ConfigureAwait(false)).Count == 0
                    ? Outcome.Blocked($"no line of {job} is stored", "logs.exactly-once")
                    : Outcome.Fail($"trace {traceId} leads to no log line of {job}", "trace → log line",
                        $"write trace_id into each log line of {job}, and make it structured metadata in the log agent's pipeline");
            }
        }
        return Outcome.Pass($"{traceIds.Count} of {traceIds.Count} traces lead to their log lines");
    }

    public static Scope Edges(VerificationRun run)
    {
        var callers = TraceChecks.Callers(run);
        return callers.SkipReason is null && !run.Can(Capabilities.MetricsGenerator) ? Scope.Skip("this stack makes no metrics of traces") : callers;
    }

    private const int MostReminders = 4;
    private static readonly TimeSpan GraphPatience = TimeSpan.FromSeconds(8);

    public static async Task<Outcome> ServiceGraphAsync(VerificationRun run, string? service, CancellationToken cancellation)
    {
        if (await MetricChecks.UnreachedAsync(run, service!).ConfigureAwait(false) is { } unreached)
            return unreached;
        if ((await TraceChecks.EdgeAsync(run, service, cancellation).ConfigureAwait(false)).Status != CheckStatus.Pass)
            return Outcome.Blocked($"the traces of {service} lack the edge", "traces.edge");
        var before = await ServiceGraph.BaselineAsync(run).ConfigureAwait(false);
        var callees = run.Service(service!).Calls;
        var reminders = 0;
        foreach (var callee in callees)
        {
            if (run.Services.Any(other => other.Name == callee && other.ProbePath is not null)
                && (await Traffic.OfAsync(run, callee).ConfigureAwait(false)) is { Reached: false })
                return Outcome.Blocked($"{callee} does not answer", "metrics.exact-count");
            // A generator that was restarted counts anew from zero.
            bool Grew(double requests) => before.GetValueOrDefault($"{service} {callee}") is var old && (requests > old || (requests > 0 && requests < old));
            var polled = await PollAsync(GraphPatience).ConfigureAwait(false);
            for (; !polled.Met && polled.Error is null && reminders < MostReminders; reminders++)
            {
                // A generator that has just started misses the first spans; more requests may not disturb the exact counts.
                await Task.WhenAll(
                    MetricChecks.ExactCountAsync(run, service, cancellation), MetricChecks.ExactCountAsync(run, callee, cancellation)).ConfigureAwait(false);
                await Traffic.RemindAsync(run, service!, cancellation).ConfigureAwait(false);
                polled = await PollAsync(GraphPatience).ConfigureAwait(false);
            }

            Task<Polled<double>> PollAsync(TimeSpan patience) =>
                run.Poll.UntilAsync(token => ServiceGraph.RequestsAsync(run, service!, callee, token), Grew, patience, cancellation);
            if (!polled.Met)
                return Outcome.Fail(
                    polled.Error ?? $"traces_service_graph_request_total for {service} → {callee} did not grow", "tempo metrics generator → prometheus",
                    "enable the processor service-graphs and remote_write in Tempo, and --web.enable-remote-write-receiver in Prometheus");
        }
        return Outcome.Pass($"{service} → {string.Join(", ", callees)} is an edge of the service graph"
            + $"{(reminders == 0 ? "" : $", after {reminders} more requests: the generator missed the first ones")}");
    }

    private static async Task<Outcome?> BeginAsync(VerificationRun run, string? service)
    {
        if (service is not null)
            return await MetricChecks.UnreachedAsync(run, service).ConfigureAwait(false);
        var sent = await TraceChecks.SentAsync(run, run.Otlp).ConfigureAwait(false);
        if (sent.Problem is not null)
            return Outcome.Blocked("the synthetic trace was not taken", run.OtlpCheck);
        var lines = await LogLines.WrittenAsync(run).ConfigureAwait(false);
        return lines.Stored.Count == 0 ? Outcome.Blocked("no synthetic line is stored", "logs.exactly-once") : null;
    }

    /// <summary>The first, the middle and the last trace that reached the service.</summary>
    private static async Task<IReadOnlyList<string>> SamplesAsync(VerificationRun run, string? service)
    {
        if (service is null)
            return [run.Identity.TraceId(run.Synthetic, 0)];
        var ids = (await Traffic.ExpectedTracesAsync(run, service).ConfigureAwait(false))[0];
        return [.. new[] { ids[0], ids[ids.Count / 2], ids[^1] }.Distinct()];
    }
}
