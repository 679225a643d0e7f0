using MicroMonitored.Verification.Clients;
using MicroMonitored.Verification.Probes;

namespace MicroMonitored.Verification.Checks;

/// <summary>Whether a request that throws can be understood from what it leaves behind.</summary>
internal static class ErrorChecks
{
    private const string Absent = "is not in the store";
    private static readonly string[] RouteFields = ["http_route", "http.route", "route"];

    public static Scope EachWithFault(VerificationRun run) =>
        run.Services.Count == 0
            ? Scope.Skip("no services under src/")
            : Scope.Of(
                run.Services.Where(service => service.FaultPath is not null).Select(service => (string?)service.Name),
                "no service has a route that fails (MonitoredFault)");

    public static async Task<Outcome> ErrorsAsync(VerificationRun run, string? service, CancellationToken cancellation)
    {
        var target = run.Service(service!);
        var sent = await FaultRequest.OfAsync(run, service!).ConfigureAwait(false);
        if (sent.Failure is not null || sent.Status is < 500 or null)
        {
            return Outcome.Fail(
                $"GET {target.FaultPath} {(sent.Failure is { } failure ? $"had no answer: {failure}" : $"answered {sent.Status}")}",
                $"verify → {service}",
                $"start {service} with Monitoring__FaultRoute={target.FaultPath} (--target=Up), and let that route throw");
        }
        var outcomes = await Task.WhenAll(
            SpanAsync(run, target, sent, cancellation),
            LineAsync(run, target, cancellation),
            MetricAsync(run, target, sent, cancellation)).ConfigureAwait(false);
        return outcomes.FirstOrDefault(outcome => outcome.Status != CheckStatus.Pass)
            ?? Outcome.Pass($"GET {target.FaultPath}: span, log line and metric tell the route, the status and the exception");
    }

    private static async Task<Outcome> SpanAsync(VerificationRun run, ServiceUnderTest service, FaultRequest sent, CancellationToken cancellation)
    {
        var polled = await run.Poll.UntilAsync(
            async token => Problem((await run.Tempo.TraceAsync(sent.TraceId, token).ConfigureAwait(false))
                .FirstOrDefault(span => span.Service == service.Name && span.ParentId == sent.ParentId)),
            problem => problem is null,
            run.ArrivalLimit,
            cancellation).ConfigureAwait(false);
        return polled.Met ? Outcome.Pass("span")
            : polled.Value is not { } found ? Outcome.Unanswered(polled.Error ?? "no answer", "tempo")
            : found == Absent ? Outcome.Blocked($"the server span of GET {service.FaultPath} is not in the store", "traces.otlp-http")
            : Outcome.Fail($"the server span of GET {service.FaultPath} (trace {sent.TraceId}) {found}", $"{service.Name} → span",
                $"let {service.Name} record route, status and exception of a request that throws: "
                    + "RecordException in its ASP.NET Core instrumentation, and builder.AddMonitoring()");

        string? Problem(TraceSpan? span) =>
            span is null ? Absent
            : span.Attributes.GetValueOrDefault("http.route") as string != service.FaultPath
                ? $"has the route '{span.Attributes.GetValueOrDefault("http.route")}'"
            : !span.IsError ? "has not the status error"
            : span.Attributes.GetValueOrDefault("error.type") is not string { Length: > 0 } ? "has no error.type"
            : span.ExceptionStack is not { Length: > 0 } ? "has no exception with a stack"
            : null;
    }

    private static async Task<Outcome> LineAsync(VerificationRun run, ServiceUnderTest service, CancellationToken cancellation)
    {
        var polled = await run.Poll.UntilAsync(
            async token => Problem(await run.Loki.QueryRangeAsync(
                $"{{job=\"{service.Name}\"}} |= \"{service.FaultPath}\"", run.StartedAt, run.To, token).ConfigureAwait(false)),
            problem => problem is null,
            run.ArrivalLimit,
            cancellation).ConfigureAwait(false);
        return polled.Met ? Outcome.Pass("line")
            : polled.Value is not { } found ? Outcome.Unanswered(polled.Error ?? "no answer", "loki")
            : found == Absent && (await LogChecks.WindowAsync(run, service.Name, cancellation).ConfigureAwait(false)).Count == 0
                ? Outcome.Blocked($"no line of {service.Name} is stored", "logs.exactly-once")
            : Outcome.Fail($"the request line of GET {service.FaultPath} {found}", $"{service.Name} → request log",
                $"let {service.Name} write one line for a request that throws, with status, route and exception: builder.AddMonitoring()");

        string? Problem(IReadOnlyList<StoredLine> lines)
        {
            if (lines.FirstOrDefault(LogLines.IsRequestLine) is not { } line)
                return Absent;
            var fields = LogLines.Fields(line);
            return LogLines.Status(line) is not >= 500 ? $"tells the status {LogLines.Status(line)}"
                : !RouteFields.Any(name => fields.GetValueOrDefault(name) == service.FaultPath) ? "tells not the route"
                : !fields.Any(field => field.Key.Contains("exception", StringComparison.OrdinalIgnoreCase)
                    && field.Value.Contains("at ", StringComparison.Ordinal)) ? "tells no exception with a stack"
                : null;
        }
    }

    private static async Task<Outcome> MetricAsync(VerificationRun run, ServiceUnderTest service, FaultRequest sent, CancellationToken cancellation)
    {
        var polled = await run.Poll.UntilAsync(
            token => FaultRequest.CountedAsync(run, service, token), counted => counted > sent.Before, run.MetricLimit, cancellation).ConfigureAwait(false);
        return polled.Met ? Outcome.Pass("metric")
            : polled.Error is { } error ? Outcome.Unanswered(error, "prometheus")
            : await MetricChecks.BlockedAsync(run, service.Name, cancellation).ConfigureAwait(false)
                ?? Outcome.Fail($"no request is counted on the route {service.FaultPath} with a status of 500 or above", $"{service.Name} → request counter",
                    $"let the request counter of {service.Name} keep the route of a request that throws: an exception handler must not replace it");
    }

    public static async Task<Outcome> SecretsAsync(VerificationRun run, string? service, CancellationToken cancellation)
    {
        if (await MetricChecks.UnreachedAsync(run, service!).ConfigureAwait(false) is { } unreached)
            return unreached;
        var target = run.Service(service!);
        var traffic = (await Traffic.OfAsync(run, service!).ConfigureAwait(false))!;
        if (!traffic.Reached)
            return Outcome.Blocked($"no request to {service} was answered", "metrics.exact-count");
        var traces = TraceChecks.OwnTraces(run, traffic).Take(1).ToList();
        if (target.FaultPath is not null && await FaultRequest.OfAsync(run, service!).ConfigureAwait(false) is { Status: >= 500 } thrown)
            traces.Add(thrown.TraceId);
        // Absence is told once what carried the secrets has arrived, and a moment after.
        var arrived = await run.Poll.UntilAsync(
            async token => (await run.Loki.QueryRangeAsync($"{{job=\"{service}\"}}", run.StartedAt, run.To, token).ConfigureAwait(false)).Count >= traces.Count
                && (await Task.WhenAll(traces.Select(id => TraceChecks.LeftBehindAsync(run, id, service, token))).ConfigureAwait(false))
                    .All(spans => spans.Count > 0),
            all => all,
            run.ArrivalLimit,
            cancellation).ConfigureAwait(false);
        if (!arrived.Met)
        {
            if (arrived.Error is { } error)
                return Outcome.Unanswered(error, error.StartsWith("loki", StringComparison.Ordinal) ? "loki" : "tempo");
            return (await LogChecks.WindowAsync(run, service!, cancellation).ConfigureAwait(false)).Count == 0
                ? Outcome.Blocked($"no line of {service} is stored", "logs.exactly-once")
                : Outcome.Blocked($"the traces of {service} are not in the store", "traces.otlp-http");
        }
        await Task.Delay(VerificationRun.Settle, run.Time, cancellation).ConfigureAwait(false);
        var shown = await run.Poll.UntilAsync(
            token => run.Http.MetricsAsync(service!, target.BaseAddress, token), answer => answer.IsSuccess, VerificationRun.Settle, cancellation)
            .ConfigureAwait(false);
        if (!shown.Met)
            return Outcome.Blocked($"what /metrics of {service} shows cannot be read: {shown.Error ?? $"{shown.Value?.Status}"}", "metrics.target-up");
        var secret = Traffic.Secret(run, service!);
        var found = new List<(string Where, string Text)> { ("/metrics", shown.Value!.Body) };
        var leaked = await run.Loki.QueryRangeAsync($"{{job=\"{service}\"}} |= \"{secret}\"", run.From, run.To, cancellation).ConfigureAwait(false);
        found.AddRange(leaked.Select(line => ("log line", line.Line)));
        foreach (var id in traces)
            found.Add(($"trace {id}", await run.Tempo.RawTraceAsync(id, cancellation).ConfigureAwait(false) ?? ""));
        foreach (var page in Pages(run, service!, traces))
        {
            var answer = await run.Http.GetAsync("grafana", page, cancellation).ConfigureAwait(false);
            if (!answer.IsSuccess)
                return Outcome.Unanswered($"grafana answered {answer.Status} on {page}", "grafana");
            found.Add(($"page {page.AbsolutePath}", answer.Body));
        }
        if (run.LogProbe is { } folder)
            found.AddRange((await folder.FindAsync(secret, run.StartedAt, cancellation).ConfigureAwait(false)).Select(hit => ($"file {hit.File}", hit.Line)));
        return found.Find(place => place.Text.Contains(secret, StringComparison.Ordinal)) is { Text: { } text, Where: var where }
            ? Outcome.Fail(
                $"the secret sent in the {Place(text, secret)} is in a {where}",
                $"{service} → {where.Split(' ')[0]}",
                $"keep headers, cookies, bodies and query values out of the signals of {service} and the text of exceptions: record the path alone")
            : Outcome.Pass($"secrets sent in header, query, cookie and body are in no log line, trace, exception, metric, page or file of {service}");
    }

    /// <summary>What the engine that has pages of its own shows of the service.</summary>
    private static List<Uri> Pages(VerificationRun run, string service, IEnumerable<string> traces) =>
        run.Plan is { IsExternal: false, Grafana: null, Endpoints.Grafana: { } pages }
            ? [new Uri(pages, $"logs?service={Uri.EscapeDataString(service)}"), .. traces.Select(id => new Uri(pages, $"trace/{id}"))]
            : [];

    private static string Place(string text, string secret)
    {
        var behind = text[(text.IndexOf(secret, StringComparison.Ordinal) + secret.Length)..].TrimStart('-');
        return new string([.. behind.TakeWhile(char.IsAsciiLetterLower)]);
    }
}
