using MicroMonitored.Verification.Clients;
using MicroMonitored.Verification.Probes;

namespace MicroMonitored.Verification.Checks;

/// <summary>Whether metrics arrive, and exactly.</summary>
internal static class MetricChecks
{
    private static readonly IReadOnlyList<string> RuntimeMetrics =
        ["dotnet_gc_collections_total", "dotnet_process_memory_working_set_bytes", "dotnet_thread_pool_thread_count_total"];

    public static Scope EachService(VerificationRun run) =>
        Scope.Of(run.Services.Select(service => (string?)service.Name), "no services under src/");

    /// <summary>Services that this run's requests reach, as the driven one or as the callee.</summary>
    public static Scope EachDriven(VerificationRun run) =>
        run.Services.Count == 0
            ? Scope.Skip("no services under src/")
            : Scope.Of(
                run.Services.Where(service => service.ProbePath is not null || run.CallersOf(service.Name).Any()).Select(service => (string?)service.Name),
                "no service has a probe route (MonitoredProbe)");

    public static async Task<Outcome> TargetUpAsync(VerificationRun run, string? service, CancellationToken cancellation)
    {
        var polled = await run.Poll.UntilAsync(
            token => RequestCounters.TargetAsync(run, service!, token),
            target => target is { Health: "up", LastScrape: { } last } && last >= run.StartedAt,
            run.MetricLimit,
            cancellation).ConfigureAwait(false);
        if (polled.Met)
            return Outcome.Pass(
                $"{polled.Value!.ScrapeUrl} is up, last scrape {Math.Max(0, (run.Time.GetUtcNow() - polled.Value.LastScrape!.Value).TotalSeconds):0.0} s ago");
        if (polled.Error is { } error)
            return Outcome.Unanswered(error, "prometheus");
        return polled.Value switch
        {
            null => Outcome.Fail(
                $"no target has the job {service}", "file_sd → prometheus", $"render the targets again (--target=Up), so that file_sd lists {service}"),
            { Health: "up" } stale => Outcome.Fail(
                $"the last scrape of {stale.ScrapeUrl} was at {stale.LastScrape?.ToLocalTime():yyyy-MM-dd HH:mm:ss zzz}", "prometheus scrape",
                "look why the scrapes stopped: read the log of prometheus (--target=Logs --component=prometheus)"),
            var down => Outcome.Fail($"{down.ScrapeUrl} is {down.Health}: {down.LastError}", $"prometheus → {service} /metrics",
                $"make {down.ScrapeUrl} answer 200 to the scraper: is {service} running and MapMonitoring() called?"),
        };
    }

    public static async Task<Outcome> RuntimeAsync(VerificationRun run, string? service, CancellationToken cancellation)
    {
        var polled = await run.Poll.UntilAsync(
            async token =>
            {
                var missing = new List<string>();
                foreach (var metric in RuntimeMetrics)
                {
                    // What was scraped before the service lost them does not count.
                    var series = RequestCounters.Since(run.StartedAt, $"{metric}{{job=\"{service}\"}}");
                    if ((await run.Prometheus.QueryAsync(series, token).ConfigureAwait(false)).Count == 0)
                        missing.Add(metric);
                }
                return missing;
            },
            missing => missing.Count == 0,
            run.MetricLimit,
            cancellation).ConfigureAwait(false);
        if (polled.Met)
            return Outcome.Pass($"{string.Join(", ", RuntimeMetrics)} are there");
        if (polled.Error is { } error)
            return Outcome.Unanswered(error, "prometheus");
        return await BlockedAsync(run, service!, cancellation).ConfigureAwait(false)
            ?? Outcome.Fail($"missing: {string.Join(", ", polled.Value!)}", $"{service} → meter System.Runtime",
                $"add the runtime meter in {service}: AddMeter(\"System.Runtime\")");
    }

    public static Task<Outcome> ExactCountAsync(VerificationRun run, string? service, CancellationToken cancellation) =>
        run.FactAsync("exact-count", service!, token => CountAsync(run, service, token));

    private static async Task<Outcome> CountAsync(VerificationRun run, string? service, CancellationToken cancellation)
    {
        var baseline = await RequestCounters.BaselineAsync(run, service!).ConfigureAwait(false);
        var traffic = await Traffic.OfAsync(run).ConfigureAwait(false);
        var own = traffic.GetValueOrDefault(service!);
        var called = run.CallersOf(service!).Sum(caller => traffic.GetValueOrDefault(caller.Name)?.Answered ?? 0);
        if (own is { Failure: { } failure })
            return Outcome.Fail($"{own.Answered} of {own.Sent} requests were answered: {failure}", $"verify → {service}",
                $"start {service} and let {own.Service.ProbePath} answer 200 on {own.Service.BaseAddress}");
        if (own is { Refused: > 0 })
            return Outcome.Fail($"{own.Refused} of {own.Sent} requests were not answered 2xx", $"verify → {service}",
                $"let GET {own.Service.ProbePath} of {service} answer 200 (see --target=Logs --component={service})");
        var driven = await Drives.ReachingAsync(run, service!).ConfigureAwait(false);
        if (driven is null)
            return Outcome.Blocked("a request of an expectations.json was not answered as expected, so it is not known what was counted", "custom.expected");
        var expected = (own?.Answered ?? 0) + called + driven.Value;
        if (expected == 0)
            return Outcome.Blocked($"nothing reached {service}, for its callers were not answered", "metrics.exact-count");
        if (baseline.Counts is not { } before)
            return await BlockedAsync(run, service!, cancellation).ConfigureAwait(false)
                ?? Outcome.Fail($"the counter before the traffic could not be read: {baseline.Problem}", "prometheus scrape",
                    "bring the metric store up (--target=Up) and look at its targets page");
        var ends = traffic.Values.Max(of => of.EndTimestamp);
        bool Complete(RouteCounts delta) => delta.Total == expected
            && (own is null || (called + driven == 0 ? delta.Of(own.Service.ProbePath!) == own.Answered : delta.Of(own.Service.ProbePath!) >= own.Answered));
        var polled = await run.Poll.UntilAsync(
            async token => (await RequestCounters.InStoreAsync(run, service!, token).ConfigureAwait(false)).Since(before),
            delta => Complete(delta) || delta.Total > expected,
            run.MetricLimit,
            cancellation).ConfigureAwait(false);
        var took = run.Time.GetElapsedTime(ends);
        if (polled.Met && Complete(polled.Value!))
        {
            run.Delayed("metrics", took);
            var after = await AfterAnotherScrapeAsync(run, service!, before, cancellation).ConfigureAwait(false);
            if (after is null)
                return await BlockedAsync(run, service!, cancellation).ConfigureAwait(false)
                    ?? Outcome.Fail($"counted {expected} requests, but no further scrape was seen that confirms it", "prometheus scrape",
                    "look why the scrapes stopped: read the log of prometheus (--target=Logs --component=prometheus)");
            if (Complete(after))
                return Outcome.Pass($"{expected} requests counted{(called > 0 ? $" ({own?.Answered ?? 0} sent, {called} from callers)" : "")}"
                    + $" after {took.TotalSeconds:0.0} s, unchanged over a further scrape");
            polled = polled with { Value = after };
        }
        if (polled.Value is null)
            return Outcome.Unanswered(polled.Error ?? "no answer", "prometheus");
        return await BlockedAsync(run, service!, cancellation).ConfigureAwait(false)
            ?? await CountFaultAsync(run, service!, polled, baseline, expected, cancellation).ConfigureAwait(false);
    }

    public static async Task<Outcome> ExemplarAsync(VerificationRun run, string? service, CancellationToken cancellation)
    {
        if (await UnreachedAsync(run, service!).ConfigureAwait(false) is { } unreached)
            return unreached;
        var polled = await ExemplarOfAsync(run, service!).ConfigureAwait(false);
        if (polled.Met)
            return Outcome.Pass($"exemplar of trace {polled.Value!.TraceId} on "
                + $"{polled.Value.Series.GetValueOrDefault("http_route")} le={polled.Value.Series.GetValueOrDefault("le")}");
        if (polled.Error is { } error)
            return Outcome.Unanswered(error, "prometheus");
        return await BlockedAsync(run, service!, cancellation).ConfigureAwait(false)
            ?? Outcome.Fail("no exemplar of this run", $"{service} → exemplar",
                $"SetExemplarFilter(ExemplarFilterType.TraceBased) in {service}, and Prometheus with --enable-feature=exemplar-storage");
    }

    /// <summary>An exemplar of this run on a bucket of the service; shared with the link that starts from it.</summary>
    public static Task<Polled<SeriesExemplar?>> ExemplarOfAsync(VerificationRun run, string service) =>
        run.FactAsync("exemplar", service, async cancellation =>
        {
            await Traffic.OfAsync(run).ConfigureAwait(false);
            var (began, patience) = (run.Time.GetTimestamp(), run.Plan.ScrapeInterval * 3);
            return await run.Poll.UntilAsync(
                async token =>
                {
                    var found = (await run.Prometheus.ExemplarsAsync(
                        $"http_server_request_duration_seconds_bucket{{job=\"{service}\"}}", run.From, run.To, token).ConfigureAwait(false))
                        .Where(exemplar => exemplar.TraceId is not null).ToList();
                    // A bucket keeps its newest exemplar alone: other traffic, or a broken trace, may have taken the place of this run's.
                    return found.Find(exemplar => exemplar.TraceId!.StartsWith(run.Identity.Id, StringComparison.OrdinalIgnoreCase))
                        ?? (run.Time.GetElapsedTime(began) > patience ? found.Find(exemplar => exemplar.At > run.StartedAt) : null);
                },
                exemplar => exemplar is not null,
                run.MetricLimit,
                cancellation).ConfigureAwait(false);
        });

    public static Task<Outcome> OtlpAsync(VerificationRun run, string? subject, CancellationToken cancellation) =>
        run.FactAsync("otlp-metric", "", token => PushAsync(run, token));

    private static async Task<Outcome> PushAsync(VerificationRun run, CancellationToken cancellation)
    {
        var receivers = OtlpPush.Receivers(run, "metrics");
        var outcomes = await Task.WhenAll(receivers.Select(receiver => PushAsync(run, receiver, cancellation))).ConfigureAwait(false);
        return outcomes.FirstOrDefault(outcome => outcome.Status == CheckStatus.Fail)
            ?? Outcome.Pass(string.Join(", ", outcomes.Select(outcome => outcome.Detail)));
    }

    private static async Task<Outcome> PushAsync(VerificationRun run, OtlpReceiver receiver, CancellationToken cancellation)
    {
        const string Metric = "micromonitored_verify_value";
        var value = (double)(run.Identity.Value % 100_000);
        var id = $"{run.Identity.Id} {receiver.Name}";
        var began = run.Time.GetTimestamp();
        var now = (run.Time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100;
        if (await OtlpPush.SendAsync(run, receiver, OtlpTraces.Gauge(SyntheticTrace.Service, Metric, id, value, now), cancellation)
            .ConfigureAwait(false) is { } refused)
        {
            return Outcome.Fail(refused, $"verify → {receiver.Name} metric receiver",
                $"let the {receiver.Name} receiver listen on {receiver.Address} and take metrics, too");
        }
        var polled = await run.Poll.UntilAsync(
            token => run.Prometheus.QueryAsync($"{Metric}{{run_id=\"{id}\"}}", token),
            vector => vector.Count == 1 && vector[0].Value == value,
            run.ArrivalLimit,
            cancellation).ConfigureAwait(false);
        if (polled.Met)
        {
            run.Delayed("metrics", run.Time.GetElapsedTime(began));
            return Outcome.Pass($"{receiver.Name}: {Metric} = {value} pushed and read back");
        }
        if (polled.Error is { } error)
            return Outcome.Unanswered(error, "prometheus");
        return Outcome.Fail(
            polled.Value is { Count: > 0 } other
                ? $"{Metric} sent by {receiver.Name} is {other[0].Value} in {other.Count} series, sent {value}"
                : $"{Metric} was taken by {receiver.Address} and is not there",
            $"{receiver.Name} metric receiver → metric store",
            "look for rejected samples in the log of the metric store (--target=Logs --component=prometheus)");
    }

    /// <summary>The reason to skip where no request of this run reached the service; that itself is a failure of <c>metrics.exact-count</c>.</summary>
    public static async Task<Outcome?> UnreachedAsync(VerificationRun run, string service) =>
        (await Traffic.ExpectedTracesAsync(run, service).ConfigureAwait(false)).Count == 0
            ? Outcome.Blocked($"no request of this run was answered by {service}", "metrics.exact-count")
            : null;

    /// <summary>The reason to skip where the target is down; that itself is a failure of <c>metrics.target-up</c>.</summary>
    public static async Task<Outcome?> BlockedAsync(VerificationRun run, string service, CancellationToken cancellation)
    {
        try
        {
            var target = await RequestCounters.TargetAsync(run, service, cancellation).ConfigureAwait(false);
            return target is { Health: "up" } ? null : Outcome.Blocked($"{service} is not scraped", "metrics.target-up");
        }
        catch (SignalException)
        {
            return null;
        }
    }

    private static async Task<RouteCounts?> AfterAnotherScrapeAsync(VerificationRun run, string service, RouteCounts before, CancellationToken cancellation)
    {
        // The target's time of scrape is written after its samples: look at it a moment later, or the same scrape counts twice.
        await Task.Delay(TimeSpan.FromMilliseconds(100), run.Time, cancellation).ConfigureAwait(false);
        DateTimeOffset? reference = null;
        var polled = await run.Poll.UntilAsync(
            async token =>
            {
                var last = (await RequestCounters.TargetAsync(run, service, token).ConfigureAwait(false))?.LastScrape;
                reference ??= last;
                return last != reference;
            },
            moved => moved,
            (run.Plan.ScrapeInterval * 3) + TimeSpan.FromSeconds(3),
            cancellation).ConfigureAwait(false);
        if (!polled.Met)
            return null;
        try
        {
            return (await RequestCounters.InStoreAsync(run, service, cancellation).ConfigureAwait(false)).Since(before);
        }
        catch (SignalException)
        {
            return null;
        }
    }

    private static async Task<Outcome> CountFaultAsync(
        VerificationRun run, string service, Polled<RouteCounts> polled, CounterBaseline baseline, int expected, CancellationToken cancellation)
    {
        var delta = polled.Value!;
        var counted = $"counted {delta.Total:0} requests, expected {expected} "
            + $"({string.Join(", ", delta.ByRoute.Where(route => route.Value != 0).Select(route => $"{route.Key}: {route.Value:0}"))})";
        var atService = await RequestCounters.AtServiceAsync(run, service, cancellation).ConfigureAwait(false);
        var own = atService is not null && baseline.Counts is { } before ? atService.Since(baseline.AtService ?? before).Total : (double?)null;
        if (delta.Total < 0)
            return Outcome.Fail($"{counted}: the counter was reset", service, $"keep {service} running during Verify: it was restarted");
        if (delta.Total > expected)
            return own > expected
                ? Outcome.Fail($"{counted}; {service} itself shows {own:0}", $"other traffic → {service}",
                    $"stop other traffic to {service} during Verify; if there is none, its requests are counted twice or /metrics and health are counted")
                : Outcome.Fail($"{counted}; {service} itself shows {own:0}", "prometheus scrape",
                    $"scrape {service} once: remove the second target with the job {service}");
        if (own == expected)
            return Outcome.Fail($"{counted}; {service} itself shows {own:0}", "prometheus scrape",
                "look at the targets page of Prometheus: the scraped address is not the one that was asked, or samples are refused");
        return Outcome.Fail($"{counted}; {service} itself shows {(own is { } shown ? $"{shown:0}" : "nothing")}", $"{service} → request counter",
            $"count every request in {service}: ASP.NET Core metrics on (AddMeter(\"Microsoft.AspNetCore.Hosting\")) and not switched off on the route");
    }
}
