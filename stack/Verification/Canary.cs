using System.Collections.Concurrent;
using MicroMonitored.Verification.Checks;
using MicroMonitored.Verification.Clients;
using MicroMonitored.Verification.Probes;

namespace MicroMonitored.Verification;

/// <summary>What became of one signal of a canary.</summary>
/// <param name="Signal"><c>logs</c>, <c>traces</c>, or <c>requests SERVICE</c>.</param>
/// <param name="Freshness">Emit-to-queryable delay of what arrived; null when nothing did, or where it is not measured.</param>
public sealed record CanarySignal(string Signal, int Sent, int Missing, int Duplicate, int OutOfOrder, int Unexpected, Freshness? Freshness)
{
    /// <summary>Whether every number arrived once and in order, and nothing else did.</summary>
    public bool Sound => Missing == 0 && Duplicate == 0 && OutOfOrder == 0 && Unexpected == 0;
}

/// <summary>The state of a canary; while it runs, what is still under way counts as missing.</summary>
public sealed record CanaryReport(string RunId, DateTimeOffset StartedAt, TimeSpan Elapsed, IReadOnlyList<CanarySignal> Signals)
{
    /// <summary>Whether nothing was lost, doubled, reordered or unexpected.</summary>
    public bool Sound => Signals.All(signal => signal.Sound);
}

/// <summary>Sends one numbered line, one trace and one request per service at a steady pace, and watches each of them arrive.</summary>
public static class Canary
{
    /// <summary>The file of the numbered lines.</summary>
    public const string LogFile = Job + ".log";

    private const string Job = "micromonitored-canary";
    private static readonly TimeSpan ReportEvery = TimeSpan.FromSeconds(10);

    /// <summary>Runs for <paramref name="duration"/>, or until cancelled; then waits for what is under way and answers the final state.</summary>
    /// <param name="interval">Between two numbers; one second when null.</param>
    /// <param name="progress">Told the state every ten seconds; the figures are pushed as the gauges <c>micromonitored_canary_*</c> as well.</param>
    public static async Task<CanaryReport> RunAsync(VerificationPlan plan, TimeSpan duration, TimeSpan? interval, IProgress<CanaryReport>? progress, TimeProvider time, CancellationToken cancellation)
    {
        var pace = interval ?? TimeSpan.FromSeconds(1);
        var began = time.GetTimestamp();
        using var bounded = new CancellationTokenSource(duration + plan.Timeout + TimeSpan.FromMinutes(1), time);
        var end = began + (long)((duration + plan.Timeout).TotalSeconds * time.TimestampFrequency);
        using var run = new VerificationRun(plan, RunIdentity.Create(), time, new Poller(time, end), bounded.Token);
        using var client = Traffic.Client();
        var watch = new Watch(run);
        await Task.WhenAll(run.Services.Select(service => RequestCounters.BaselineAsync(run, service.Name))).ConfigureAwait(false);

        using (var timer = new PeriodicTimer(pace, time))
        {
            var reported = time.GetTimestamp();
            for (var number = 0; time.GetElapsedTime(began) < duration && !cancellation.IsCancellationRequested; number++)
            {
                await watch.EmitAsync(client, number, bounded.Token).ConfigureAwait(false);
                await watch.LookAsync(bounded.Token).ConfigureAwait(false);
                if (time.GetElapsedTime(reported) >= ReportEvery)
                {
                    reported = time.GetTimestamp();
                    await watch.TellAsync(await watch.ReportAsync(began, bounded.Token).ConfigureAwait(false), progress, bounded.Token).ConfigureAwait(false);
                }
                await timer.WaitForNextTickAsync(bounded.Token).ConfigureAwait(false);
            }
        }
        await run.Poll.UntilAsync(
            async token =>
            {
                await watch.LookAsync(token).ConfigureAwait(false);
                return await watch.ReportAsync(began, token).ConfigureAwait(false);
            },
            report => report.Signals.All(signal => signal.Missing == 0),
            plan.Timeout,
            bounded.Token).ConfigureAwait(false);
        // What is doubled or unexpected may come later than what was waited for.
        await Task.Delay(VerificationRun.Settle + (run.Services.Count > 0 ? plan.ScrapeInterval : TimeSpan.Zero), time, bounded.Token).ConfigureAwait(false);
        await watch.LookAsync(bounded.Token).ConfigureAwait(false);
        var final = await watch.ReportAsync(began, bounded.Token).ConfigureAwait(false);
        await watch.TellAsync(final, progress, bounded.Token).ConfigureAwait(false);
        return final;
    }

    /// <summary>What was emitted and what of it has been seen.</summary>
    private sealed class Watch(VerificationRun run)
    {
        private readonly ConcurrentDictionary<int, long> lines = new();
        private readonly ConcurrentDictionary<int, (SentTrace Sent, bool Seen)> traces = new();
        private readonly HashSet<int> seenLines = [];
        private readonly Dictionary<string, int> requests = [];
        private readonly Dictionary<string, int> unanswered = [];
        private IReadOnlyList<StoredLine> stored = [];

        public async Task EmitAsync(HttpClient client, int number, CancellationToken cancellation)
        {
            if (run.Plan.LogProbe is { } probe)
            {
                lines[number] = run.Time.GetTimestamp();
                try
                {
                    await probe.AppendAsync(LogFile, [LogLines.Line(run, Job, run.Time.GetUtcNow().UtcDateTime, number, number)], cancellation).ConfigureAwait(false);
                }
                catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
                {
                    // The line stays missing: that is the finding.
                }
            }
            var spans = SyntheticTrace.Create(run.Identity, TraceProtocol.OtlpGrpc, run.Time.GetUtcNow(), number);
            string? problem = null;
            try
            {
                await run.Sender.SendAsync(TraceProtocol.OtlpGrpc, spans, cancellation).ConfigureAwait(false);
            }
            catch (SignalException exception)
            {
                problem = exception.Message;
            }
            traces[number] = (new SentTrace(spans, run.Time.GetTimestamp(), problem), false);
            foreach (var service in run.Services.Where(service => service.ProbePath is not null))
            {
                var (_, failure) = await Traffic.AskAsync(client, run, new Uri(service.BaseAddress, service.ProbePath!), run.Source(service.Name), number, null, cancellation).ConfigureAwait(false);
                var counts = failure is null ? requests : unanswered;
                counts[service.Name] = counts.GetValueOrDefault(service.Name) + 1;
            }
        }

        public async Task LookAsync(CancellationToken cancellation)
        {
            try
            {
                if (!lines.IsEmpty)
                {
                    stored = await run.Loki.QueryRangeAsync($"{{job=\"{Job}\"}} |= \"{run.Identity.Id}\"", run.From, run.To, cancellation).ConfigureAwait(false);
                    foreach (var number in stored.Select(LogLines.Number).OfType<int>())
                    {
                        if (lines.TryGetValue(number, out var at) && seenLines.Add(number))
                            run.Delayed("logs", run.Time.GetElapsedTime(at));
                    }
                }
                foreach (var (number, (sent, seen)) in traces)
                {
                    if (seen || sent.Problem is not null || (await run.Tempo.TraceAsync(sent.Spans[0].TraceId, cancellation).ConfigureAwait(false)).Count < sent.Spans.Count)
                        continue;
                    run.Delayed("traces", run.Time.GetElapsedTime(sent.Timestamp));
                    traces[number] = (sent, true);
                }
            }
            catch (SignalException)
            {
                // Not answering is what a canary lives through; what does not arrive in the end is missing.
            }
        }

        public async Task<CanaryReport> ReportAsync(long began, CancellationToken cancellation)
        {
            var signals = new List<CanarySignal>();
            if (!lines.IsEmpty)
            {
                var faults = LineFaults.Of([[.. lines.Keys.Order().Select(LogLines.Name)]], [.. stored.Select(line => LogLines.Number(line) is { } number ? LogLines.Name(number) : "a line without a number")]);
                signals.Add(new CanarySignal("logs", lines.Count, faults.Missing.Count, faults.Doubled.Count, faults.OutOfOrder, faults.Unexpected.Count, Delay("logs")));
            }
            if (!traces.IsEmpty)
                signals.Add(new CanarySignal("traces", traces.Count, traces.Values.Count(trace => !trace.Seen), 0, 0, 0, Delay("traces")));
            foreach (var service in run.Services.Where(service => service.ProbePath is not null))
            {
                var expected = requests.GetValueOrDefault(service.Name) + run.CallersOf(service.Name).Sum(caller => requests.GetValueOrDefault(caller.Name));
                var lost = unanswered.GetValueOrDefault(service.Name);
                var counted = await CountedAsync(service.Name, cancellation).ConfigureAwait(false);
                signals.Add(new CanarySignal(
                    $"requests {service.Name}",
                    expected + lost,
                    Math.Max(0, expected - counted) + lost,
                    0,
                    0,
                    Math.Max(0, counted - expected),
                    null));
            }
            return new CanaryReport(run.Identity.Id, run.StartedAt, run.Time.GetElapsedTime(began), signals);
        }

        public async Task TellAsync(CanaryReport report, IProgress<CanaryReport>? progress, CancellationToken cancellation)
        {
            progress?.Report(report);
            var figures = new (string Name, double Value)[]
            {
                ("missing", report.Signals.Sum(signal => signal.Missing)),
                ("duplicate", report.Signals.Sum(signal => signal.Duplicate)),
                ("out_of_order", report.Signals.Sum(signal => signal.OutOfOrder)),
                ("unexpected", report.Signals.Sum(signal => signal.Unexpected)),
                ("freshness_p95_milliseconds", report.Signals.Max(signal => signal.Freshness?.P95Ms ?? 0)),
            };
            foreach (var (name, value) in figures)
            {
                if (await MetricPush.SendAsync(run, $"micromonitored_canary_{name}", value, cancellation).ConfigureAwait(false) is not null)
                    return;
            }
        }

        private Freshness? Delay(string signal) => run.Delays.TryGetValue(signal, out var delays) && !delays.IsEmpty ? Percentiles.Of([.. delays]) : null;

        private async Task<int> CountedAsync(string service, CancellationToken cancellation)
        {
            if ((await RequestCounters.BaselineAsync(run, service).ConfigureAwait(false)).Counts is not { } before)
                return 0;
            try
            {
                return (int)(await RequestCounters.InStoreAsync(run, service, cancellation).ConfigureAwait(false)).Since(before).Total;
            }
            catch (SignalException)
            {
                return 0;
            }
        }
    }
}
