using MicroMonitored.Verification.Clients;
using MicroMonitored.Verification.Probes;

namespace MicroMonitored.Verification.Checks;

/// <summary>Whether traces arrive, whole.</summary>
internal static class TraceChecks
{
    /// <summary>The synthetic trace, and every service whose own requests can be told.</summary>
    public static Scope SyntheticAndDriven(VerificationRun run) =>
        new([null, .. run.Services.Where(service => service.ProbePath is not null).Select(service => service.Name)], null);

    public static Scope OtlpGrpcReceiver(VerificationRun run) =>
        run.Plan.Endpoints.OtlpGrpc is null ? Scope.Skip("this stack has no OTLP/gRPC receiver") : Scope.Stack;

    public static Scope Callers(VerificationRun run) =>
        run.Services.Count == 0
            ? Scope.Skip("no services under src/")
            : Scope.Of(run.Services.Where(service => service.ProbePath is not null && service.Calls.Count > 0).Select(service => (string?)service.Name),
                "no service calls another (MonitoredCalls)");

    public static Scope Driven(VerificationRun run) =>
        run.Services.Count == 0
            ? Scope.Skip("no services under src/")
            : Scope.Of(run.Services.Where(service => service.ProbePath is not null).Select(service => (string?)service.Name),
                "no service has a probe route (MonitoredProbe)");

    public static Scope ZipkinReceiver(VerificationRun run) =>
        run.Plan.Endpoints.Zipkin is null ? Scope.Skip("this stack has no Zipkin receiver") : Scope.Stack;

    public static Scope JaegerReceiver(VerificationRun run) =>
        run.Plan.Endpoints.JaegerThrift is null ? Scope.Skip("this stack has no Jaeger receiver") : Scope.Stack;

    public static Task<Outcome> OtlpGrpcAsync(VerificationRun run, string? subject, CancellationToken cancellation) =>
        RoundTripAsync(run, [TraceProtocol.OtlpGrpc], cancellation);

    public static Task<Outcome> OtlpHttpAsync(VerificationRun run, string? service, CancellationToken cancellation) =>
        service is null
            ? RoundTripAsync(run, [TraceProtocol.OtlpHttpProtobuf, TraceProtocol.OtlpHttpJson], cancellation)
            : ServiceSpansAsync(run, service, cancellation);

    public static Task<Outcome> ZipkinAsync(VerificationRun run, string? subject, CancellationToken cancellation) =>
        RoundTripAsync(run, [TraceProtocol.Zipkin], cancellation);

    public static Task<Outcome> JaegerAsync(VerificationRun run, string? subject, CancellationToken cancellation) =>
        RoundTripAsync(run, [TraceProtocol.Jaeger], cancellation);

    public static async Task<Outcome> SearchAsync(VerificationRun run, string? service, CancellationToken cancellation)
    {
        string name, of;
        IReadOnlyList<string> wanted;
        if (service is null)
        {
            var sent = await SentAsync(run, run.Otlp).ConfigureAwait(false);
            if (sent.Problem is not null)
                return Outcome.Blocked("the synthetic trace was not taken", run.OtlpCheck);
            (of, name, wanted) = (SyntheticTrace.Service, SyntheticTrace.Name(run.Identity), [sent.Spans[0].TraceId]);
        }
        else
        {
            if (await MetricChecks.UnreachedAsync(run, service).ConfigureAwait(false) is { } unreached)
                return unreached;
            var traffic = (await Traffic.OfAsync(run, service).ConfigureAwait(false))!;
            if (!traffic.Reached)
                return Outcome.Blocked($"no request to {service} was answered", "metrics.exact-count");
            (of, name) = (service, $"GET {traffic.Service.ProbePath}");
            wanted = OwnTraces(run, traffic);
        }
        var polled = await run.Poll.UntilAsync(
            token => run.Tempo.SearchAsync(of, name, run.From, run.To, Math.Max(100, wanted.Count * 10), token),
            found => wanted.All(found.Contains),
            run.ArrivalLimit,
            cancellation).ConfigureAwait(false);
        if (polled.Met)
            return Outcome.Pass($"{wanted.Count} of {wanted.Count} traces found by service {of} and name '{name}'");
        if (polled.Error is { } error)
            return Outcome.Unanswered(error, "tempo", "verify → tempo search");
        var missing = wanted.Where(id => !polled.Value!.Contains(id)).ToList();
        var there = (await KnownAsync(run, missing[0], cancellation).ConfigureAwait(false)).Where(span => span.Service == of).ToList();
        var detail = $"{wanted.Count - missing.Count} of {wanted.Count} traces found by service {of} and name '{name}'";
        if (there.Count == 0)
            return service is null
                ? Outcome.Fail(detail, "OTLP receiver → trace store", "look for refused spans in the log of tempo (--target=Logs --component=tempo)")
                : Outcome.Blocked($"the traces of {service} are not in the store", "traces.otlp-http");
        var names = string.Join(", ", there.Where(span => span.Service == of).Select(span => $"'{span.Name}'").Distinct());
        return Outcome.Fail($"{detail}; by id the trace is there with {names}", "trace store → search",
            service is null || names.Contains($"'{name}'", StringComparison.Ordinal)
                ? "let search see the newest spans: query_frontend.search.query_end_cutoff: 0s and live_store.fail_on_high_lag: false"
                : $"name the server span after method and route, or set MonitoredProbe of {service} to its route");
    }

    public static async Task<Outcome> EdgeAsync(VerificationRun run, string? service, CancellationToken cancellation)
    {
        var callees = run.Service(service!).Calls;
        var traffic = (await Traffic.OfAsync(run, service!).ConfigureAwait(false))!;
        if (!traffic.Reached)
            return Outcome.Fail($"no request was answered by {service}: {traffic.Failure}", $"verify → {service}",
                $"start {service} and let {traffic.Service.ProbePath} answer 200 on {traffic.Service.BaseAddress}");
        var pending = OwnTraces(run, traffic).ToList();
        var count = pending.Count;
        var broken = new EdgeFault("", "", "");
        var polled = await run.Poll.UntilAsync(
            async token =>
            {
                var answers = await Task.WhenAll(
                    pending.Select(async id => (Id: id, Spans: await run.Tempo.TraceAsync(id, token).ConfigureAwait(false)))).ConfigureAwait(false);
                foreach (var (id, spans) in answers)
                {
                    if (Broken(service!, callees, spans) is { } fault)
                        broken = fault with { Detail = $"trace {id}: {fault.Detail}" };
                    else
                        pending.Remove(id);
                }
                return pending.Count;
            },
            left => left == 0,
            run.ArrivalLimit,
            cancellation).ConfigureAwait(false);
        if (polled.Met)
            return Outcome.Pass($"{service} → {string.Join(", ", callees)}: server, client and server span in one trace, {count} of {count}");
        if (polled.Error is { } error)
            return Outcome.Unanswered(error, "tempo");
        if (broken.Detail.EndsWith($": {NoSpan(service!)}", StringComparison.Ordinal))
            return Outcome.Blocked(broken.Detail, "traces.otlp-http");
        foreach (var callee in callees)
        {
            if (run.Services.Any(other => other.Name == callee) && (await Traffic.OfAsync(run, callee).ConfigureAwait(false)) is { Reached: false })
                broken = broken with { Hop = $"{service} → {callee}", Fix = $"start {callee} (--target=Up): it does not answer" };
        }
        return Outcome.Fail($"{pending.Count} of {count} traces lack the edge; {broken.Detail}", broken.Hop, broken.Fix);
    }

    public static async Task<Outcome> CleanAsync(VerificationRun run, string? service, CancellationToken cancellation)
    {
        if (await MetricChecks.UnreachedAsync(run, service!).ConfigureAwait(false) is { } unreached)
            return unreached;
        var traffic = (await Traffic.OfAsync(run, service!).ConfigureAwait(false))!;
        var own = OwnTraces(run, traffic);
        // The excluded paths were asked before the requests: once those have arrived, a span of the former would have too.
        var arrived = await ServiceSpansAsync(run, service!, cancellation).ConfigureAwait(false);
        if (arrived.Status != CheckStatus.Pass)
            return Outcome.Blocked($"the traces of {service} did not arrive whole", "traces.otlp-http");
        var window = TimeSpan.FromSeconds(1);
        var began = run.Time.GetTimestamp();
        var source = RunIdentity.ExcludedPaths + run.Source(service!);
        string? found = null;
        var watched = await run.Poll.UntilAsync(
            async token =>
            {
                for (var at = 0; at < Traffic.ExcludedPaths.Count && found is null; at++)
                {
                    if ((await run.Tempo.TraceAsync(run.Identity.TraceId(source, at), token).ConfigureAwait(false)).Count > 0)
                        found = Traffic.ExcludedPaths[at];
                }
                return found is not null || run.Time.GetElapsedTime(began) >= window;
            },
            done => done,
            window + TimeSpan.FromSeconds(3),
            cancellation).ConfigureAwait(false);
        if (!watched.Met)
            return Outcome.Unanswered(watched.Error ?? "the window was not watched whole", "tempo");
        if (found is not null)
            return Outcome.Fail(
                $"GET {found} left a span", $"{service} → trace filter", $"filter {found} out of the ASP.NET Core instrumentation of {service}");
        var leaks = new List<string>();
        var secret = Traffic.Secret(run, service!);
        foreach (var id in own)
        {
            if ((await run.Tempo.RawTraceAsync(id, cancellation).ConfigureAwait(false))?.Contains(secret, StringComparison.Ordinal) == true)
                leaks.Add(id);
        }
        return leaks.Count == 0
            ? Outcome.Pass($"no span of {string.Join(", ", Traffic.ExcludedPaths)}; no Authorization header and no query value in {own.Count} traces")
            : Outcome.Fail($"the Authorization header or a query value is recorded in trace {leaks[0]}", $"{service} → span attributes",
                $"do not record request headers or url.query values in {service} (keep the query redaction of the instrumentation on)");
    }

    /// <summary>What became of sending the synthetic trace; sent once per protocol and number.</summary>
    public static Task<SentTrace> SentAsync(VerificationRun run, TraceProtocol protocol, int number = 0) =>
        run.FactAsync("sent", $"{protocol} {number}", async cancellation =>
        {
            await DropCounters.BaselineAsync(run).ConfigureAwait(false);
            var spans = SyntheticTrace.Create(run.Identity, protocol, run.Time.GetUtcNow(), number);
            try
            {
                await run.Sender.SendAsync(protocol, spans, cancellation).ConfigureAwait(false);
                return new SentTrace(spans, run.Time.GetTimestamp(), null);
            }
            catch (SignalException exception)
            {
                return new SentTrace(spans, run.Time.GetTimestamp(), exception.Message);
            }
        });

    /// <summary>The spans of a trace; empty also when the store does not answer.</summary>
    public static async Task<IReadOnlyList<TraceSpan>> KnownAsync(VerificationRun run, string traceId, CancellationToken cancellation)
    {
        try
        {
            return await run.Tempo.TraceAsync(traceId, cancellation).ConfigureAwait(false);
        }
        catch (SignalException)
        {
            return [];
        }
    }

    /// <summary>The spans of a trace without the root that Verify gave to a service's trace.</summary>
    public static async Task<IReadOnlyList<TraceSpan>> LeftBehindAsync(VerificationRun run, string traceId, string? service, CancellationToken cancellation) =>
        [.. (await run.Tempo.TraceAsync(traceId, cancellation).ConfigureAwait(false)).Where(span => service is null || span.Service != SyntheticTrace.Service)];

    public static IReadOnlyList<string> OwnTraces(VerificationRun run, ServiceTraffic traffic) =>
        [.. Enumerable.Range(0, traffic.Answered).Select(number => run.Identity.TraceId(run.Source(traffic.Service.Name), number))];

    private static async Task<Outcome> RoundTripAsync(VerificationRun run, IReadOnlyList<TraceProtocol> protocols, CancellationToken cancellation)
    {
        var details = new List<string>();
        foreach (var protocol in protocols)
        {
            var sent = await SentAsync(run, protocol).ConfigureAwait(false);
            var receiver = run.Sender.Receiver(protocol);
            if (sent.Problem is { } problem)
                return Outcome.Fail(problem, $"verify → {Name(protocol)} receiver",
                    $"let the {Name(protocol)} receiver listen on {receiver} and check the port and the protocol there");
            var exact = protocol is TraceProtocol.OtlpGrpc or TraceProtocol.OtlpHttpProtobuf or TraceProtocol.OtlpHttpJson;
            var polled = await run.Poll.UntilAsync(
                async token => TraceComparison.Differences(sent.Spans, await run.Tempo.TraceAsync(sent.Spans[0].TraceId, token).ConfigureAwait(false), exact),
                differences => differences.Count == 0,
                run.ArrivalLimit,
                cancellation).ConfigureAwait(false);
            if (!polled.Met)
            {
                var stored = await KnownAsync(run, sent.Spans[0].TraceId, cancellation).ConfigureAwait(false);
                if (polled.Value is not { } differences)
                    return Outcome.Unanswered(polled.Error ?? "no answer", "tempo");
                return stored.Count == 0
                    ? Outcome.Fail($"trace {sent.Spans[0].TraceId} was taken by {receiver} and is not in the store", $"{Name(protocol)} receiver → trace store",
                        "look for refused or discarded spans in the log of tempo (--target=Logs --component=tempo)")
                    : Outcome.Fail($"trace {sent.Spans[0].TraceId}: {string.Join("; ", differences.Take(3))}", $"{Name(protocol)} receiver → translation",
                        $"compare what {receiver} stores with what was sent: the trace came back changed");
            }
            details.Add($"{Name(protocol)}: {sent.Spans.Count} spans equal");
        }
        return Outcome.Pass(string.Join(", ", details));
    }

    /// <summary>Each own request left exactly one server span under the parent that was sent.</summary>
    private static Task<Outcome> ServiceSpansAsync(VerificationRun run, string service, CancellationToken cancellation) =>
        run.FactAsync("service-spans", service, async token =>
        {
            if (await MetricChecks.UnreachedAsync(run, service).ConfigureAwait(false) is { } unreached)
                return unreached;
            var traffic = (await Traffic.OfAsync(run, service).ConfigureAwait(false))!;
            if (!traffic.Reached)
                return Outcome.Blocked($"no request to {service} was answered", "metrics.exact-count");
            var source = run.Source(service);
            var pending = Enumerable.Range(0, traffic.Answered).ToList();
            var problem = "";
            var polled = await run.Poll.UntilAsync(
                async inner =>
                {
                    var answers = await Task.WhenAll(pending.Select(async number => (Number: number,
                        Spans: await run.Tempo.TraceAsync(run.Identity.TraceId(source, number), inner).ConfigureAwait(false)))).ConfigureAwait(false);
                    foreach (var (number, spans) in answers)
                    {
                        var servers = spans.Where(
                            span => span.Service == service && span.Kind == SpanKind.Server && span.ParentId == run.Identity.SpanId(source, number)).ToList();
                        if (servers.Count == 1)
                            pending.Remove(number);
                        else
                            problem = $"trace {run.Identity.TraceId(source, number)} has {servers.Count} server spans under the parent that was sent, "
                                + $"and {spans.Count} spans in all";
                    }
                    return pending.Count;
                },
                left => left == 0,
                run.ArrivalLimit,
                token).ConfigureAwait(false);
            if (polled.Met)
                return Outcome.Pass($"{traffic.Answered} requests left {traffic.Answered} server spans");
            if (polled.Error is { } error)
                return Outcome.Unanswered(error, "tempo");
            var detail = $"{traffic.Answered - pending.Count} of {traffic.Answered} requests left one server span; {problem}";
            var synthetic = await SentAsync(run, run.Otlp).ConfigureAwait(false);
            return synthetic.Problem is null
                ? Outcome.Fail(detail, $"{service} → OTLP exporter",
                    $"check OTEL_EXPORTER_OTLP_ENDPOINT ({run.Plan.Endpoints.OtlpGrpc} from the host), "
                    + $"OTEL_EXPORTER_OTLP_PROTOCOL, OTEL_TRACES_EXPORTER and the sampling ratio of {service}")
                : Outcome.Fail(detail, "OTLP/gRPC receiver", $"let the OTLP/gRPC receiver listen on {run.Plan.Endpoints.OtlpGrpc}: {synthetic.Problem}");
        });

    private static string NoSpan(string service) => $"no span of {service}";

    private sealed record EdgeFault(string Detail, string Hop, string Fix);

    private static EdgeFault? Broken(string caller, IReadOnlyList<string> callees, IReadOnlyList<TraceSpan> spans)
    {
        var byId = spans.GroupBy(span => span.SpanId).ToDictionary(group => group.Key, group => group.First(), StringComparer.Ordinal);
        foreach (var callee in callees)
        {
            var servers = spans.Where(span => span.Service == callee && span.Kind == SpanKind.Server).ToList();
            var clients = spans.Where(span => span.Service == caller && span.Kind == SpanKind.Client).ToList();
            if (spans.All(span => span.Service != caller))
                return new EdgeFault(NoSpan(caller), $"{caller} → OTLP exporter", $"check OTEL_EXPORTER_OTLP_ENDPOINT of {caller}");
            if (clients.Count == 0)
                return new EdgeFault($"no client span of {caller}", $"{caller} → HttpClient instrumentation",
                    $"add the HttpClient instrumentation in {caller} (AddHttpClientInstrumentation) and call {callee} through HttpClient");
            if (servers.Count == 0)
                return new EdgeFault($"no server span of {callee}", $"{caller} → {callee} (traceparent)",
                    $"let the call from {caller} to {callee} carry traceparent, and {callee} export its spans");
            if (servers.Count > 1)
                return new EdgeFault($"{servers.Count} server spans of {callee}", $"{caller} → {callee}",
                    $"{caller} calls {callee} more than once for one request: a retry, or MonitoredCalls is wrong");
            if (servers[0].ParentId is not { } parent || !byId.TryGetValue(parent, out var client)
                || client.Service != caller || client.Kind != SpanKind.Client)
                return new EdgeFault($"the server span of {callee} has not the client span of {caller} as its parent", $"{caller} → {callee} (traceparent)",
                    $"let the call from {caller} to {callee} carry the traceparent of its client span");
            var above = client;
            for (var depth = 0; depth < spans.Count && above is not null && !(above.Service == caller && above.Kind == SpanKind.Server); depth++)
                above = above.ParentId is { } id ? byId.GetValueOrDefault(id) : null;
            if (above is not { Kind: SpanKind.Server })
                return new EdgeFault($"the client span of {caller} is not under its server span", $"{caller} → current activity",
                    $"make the call to {callee} within the request in {caller}");
        }
        return null;
    }

    private static string Name(TraceProtocol protocol) => protocol switch
    {
        TraceProtocol.OtlpGrpc => "OTLP/gRPC",
        TraceProtocol.OtlpHttpProtobuf => "OTLP/HTTP protobuf",
        TraceProtocol.OtlpHttpJson => "OTLP/HTTP JSON",
        TraceProtocol.Zipkin => "Zipkin",
        _ => "Jaeger Thrift",
    };
}

/// <summary>A synthetic trace and what became of sending it.</summary>
/// <param name="Timestamp">When it had been sent, as <see cref="TimeProvider.GetTimestamp"/>.</param>
/// <param name="Problem">Why it was not taken; null when it was.</param>
internal sealed record SentTrace(IReadOnlyList<TraceSpan> Spans, long Timestamp, string? Problem);
