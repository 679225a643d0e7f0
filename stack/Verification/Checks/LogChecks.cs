using System.Text;
using MicroMonitored.Verification.Clients;
using MicroMonitored.Verification.Probes;

namespace MicroMonitored.Verification.Checks;

/// <summary>Whether log lines arrive, each once.</summary>
internal static class LogChecks
{
    /// <summary>The synthetic file, and every service that this run's requests reach.</summary>
    public static Scope SyntheticAndDriven(VerificationRun run) =>
        Scope.Of(
            (run.LogProbe is null ? Enumerable.Empty<string?>() : [null]).Concat(MetricChecks.EachDriven(run).Subjects),
            "no log folder to write to and no services under src/");

    public static Task<Outcome> ExactlyOnceAsync(VerificationRun run, string? service, CancellationToken cancellation) =>
        service is null ? SyntheticOnceAsync(run, cancellation) : ServiceOnceAsync(run, service, cancellation);

    public static async Task<Outcome> LabelsAsync(VerificationRun run, string? service, CancellationToken cancellation)
    {
        var job = service ?? LogLines.Job;
        if (service is null)
        {
            if ((await LogLines.WrittenAsync(run).ConfigureAwait(false)).Stored.Count == 0)
                return Outcome.Blocked("no line of this run is stored", "logs.exactly-once");
        }
        else if (await MetricChecks.UnreachedAsync(run, service).ConfigureAwait(false) is { } unreached)
        {
            return unreached;
        }
        var lines = await run.Poll.UntilAsync(
            token => run.Loki.QueryRangeAsync($"{{job=\"{job}\"}} |= \"{run.Identity.Id}\"", run.From, run.To, token),
            found => found.Count > 0,
            run.ArrivalLimit,
            cancellation).ConfigureAwait(false);
        if (lines.Error is { } error)
            return Outcome.Unanswered(error, "loki");
        if (!lines.Met && !(await WindowAsync(run, job, cancellation).ConfigureAwait(false)).Any())
            return Outcome.Blocked($"no line of {job} is stored", "logs.exactly-once");
        return await StreamFaultAsync(run, job, lines.Value!, cancellation).ConfigureAwait(false)
            ?? Outcome.Pass("labels are job, service_name, filename and level; trace_id is structured metadata");
    }

    public static async Task<Outcome> MultiprotocolAsync(VerificationRun run, string? subject, CancellationToken cancellation)
    {
        var outcomes = await Task.WhenAll(
            OtlpPush.Receivers(run, "logs").Select(receiver => ByOtlpAsync(run, receiver, cancellation)).Prepend(ByPushAsync(run, cancellation)))
            .ConfigureAwait(false);
        return outcomes.FirstOrDefault(outcome => outcome.Status == CheckStatus.Fail)
            ?? Outcome.Pass($"{string.Join(", ", outcomes.Select(outcome => outcome.Detail))}: a line each, stored once with its timestamp");
    }

    private static async Task<Outcome> ByPushAsync(VerificationRun run, CancellationToken cancellation)
    {
        const string Job = $"{LogLines.Job}-push";
        var ns = (run.Time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100;
        var text = $"verify {run.Identity.Id} pushed";
        var trace = run.Identity.TraceId(run.Synthetic, 0);
        var body = Encoding.UTF8.GetBytes(
            $$"""{"streams":[{"stream":{"job":"{{Job}}","service_name":"{{Job}}"},"values":[["{{ns}}","{{text}}",{"trace_id":"{{trace}}"}]]}]}""");
        try
        {
            var answer = await run.Loki.PushAsync(body, cancellation).ConfigureAwait(false);
            if (!answer.IsSuccess)
            {
                return Outcome.Fail(
                    $"push answered {answer.Status}: {HttpAnswer.Excerpt(answer.Body)}",
                    "verify → loki push",
                    "let Loki take pushed lines: look at limits_config and at its log (--target=Logs --component=loki)");
            }
        }
        catch (SignalException exception)
        {
            return Outcome.Unanswered(exception.Message, "loki", "verify → loki push");
        }
        return await PushedAsync(run, "push", Job, text, ns, cancellation).ConfigureAwait(false);
    }

    private static async Task<Outcome> ByOtlpAsync(VerificationRun run, OtlpReceiver receiver, CancellationToken cancellation)
    {
        const string Job = $"{LogLines.Job}-otlp";
        var ns = (run.Time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100;
        var text = $"verify {run.Identity.Id} pushed by {receiver.Name}";
        var request = OtlpTraces.Line(Job, text, ns, run.Identity.TraceId(run.Synthetic, 0));
        return await OtlpPush.SendAsync(run, receiver, request, cancellation).ConfigureAwait(false) is { } refused
            ? Outcome.Fail(refused, $"verify → {receiver.Name} log receiver",
                $"let the {receiver.Name} receiver listen on {receiver.Address} and take logs, too")
            : await PushedAsync(run, receiver.Name, Job, text, ns, cancellation).ConfigureAwait(false);
    }

    private static async Task<Outcome> PushedAsync(VerificationRun run, string how, string job, string text, long ns, CancellationToken cancellation)
    {
        var polled = await run.Poll.UntilAsync(
            token => run.Loki.QueryRangeAsync($"{{service_name=\"{job}\"}} |= \"{text}\"", run.From, run.To, token),
            lines => lines.Count == 1 && lines[0].Line == text && lines[0].TimestampNs == ns,
            run.ArrivalLimit,
            cancellation).ConfigureAwait(false);
        return polled.Met
            ? Outcome.Pass(how)
            : Outcome.Fail(
                polled.Error ?? $"the line pushed by {how} is there {polled.Value!.Count} times or was changed",
                $"{how} → log store",
                "read the log of loki (--target=Logs --component=loki)");
    }

    /// <summary>All lines of the job since the run began, with or without a trace id; empty also when the store does not answer.</summary>
    public static async Task<IReadOnlyList<StoredLine>> WindowAsync(VerificationRun run, string job, CancellationToken cancellation)
    {
        try
        {
            return await run.Loki.QueryRangeAsync($"{{job=\"{job}\"}}", run.StartedAt, run.To, cancellation).ConfigureAwait(false);
        }
        catch (SignalException)
        {
            return [];
        }
    }

    private static async Task<Outcome> SyntheticOnceAsync(VerificationRun run, CancellationToken cancellation)
    {
        var lines = await LogLines.WrittenAsync(run).ConfigureAwait(false);
        if (lines.Problem is { } problem)
            return Outcome.Fail(problem, $"verify → {LogLines.File}", "make the log folder writable for this user");
        var expected = Enumerable.Range(0, lines.Written.Count).Select(LogLines.Name).ToList();
        var faults = LineFaults.Of(
            [expected], [.. lines.Stored.Select(line => LogLines.Number(line) is { } number ? LogLines.Name(number) : "a line without a number")]);
        var moved = lines.Stored.FirstOrDefault(line => LogLines.TimestampNs(line) != line.TimestampNs);
        if (faults.None && moved is null)
            return Outcome.Pass($"{expected.Count} numbered lines stored once each, in order, with their own timestamps");
        if (lines.Error is { } error)
            return Outcome.Unanswered(error, "loki");
        if (lines.Stored.Count == 0)
        {
            var others = await AnyStreamAsync(run, cancellation).ConfigureAwait(false);
            return Outcome.Fail($"none of {expected.Count} lines of {LogLines.File} is stored", $"{LogLines.File} → log agent", others
                ? $"let the log agent read {LogLines.File}: it reads other files of that folder"
                : "let the log agent run and read the folder of the log files (mount, mode and owner)");
        }
        if (faults.None)
            return Outcome.Fail($"line stored at {moved!.TimestampNs}, its own timestamp is {LogLines.TimestampNs(moved)}", "log agent → timestamp",
                "parse the JSON field timestamp with full precision (RFC3339Nano) in the log agent's pipeline");
        return Outcome.Fail(faults.ToString(), "log agent → log store", faults.Missing.Count > 0
            ? "look for refused lines (rate limit, too old) in the log of the store and for dropped entries of the agent (--target=Logs --component=loki)"
            : "let one agent alone read the file, with its positions kept over restarts");
    }

    private static async Task<Outcome> ServiceOnceAsync(VerificationRun run, string service, CancellationToken cancellation)
    {
        var expected = await Traffic.ExpectedTracesAsync(run, service).ConfigureAwait(false);
        var own = await Traffic.OfAsync(run, service).ConfigureAwait(false);
        if (expected.Count == 0 || own is { Failure: not null })
            return Outcome.Fail($"no request could be logged: {own?.Failure ?? "nothing reached the service"}", $"verify → {service}",
                $"start {service} and let its probe route answer 200");
        var count = expected.Sum(group => group.Count);
        var began = (await Traffic.OfAsync(run).ConfigureAwait(false)).Values.Min(of => of.BeganAt);
        var polled = await run.Poll.UntilAsync(
            token => FindAsync(run, service, expected, began, token),
            found => found.Faults.Missing.Count == 0,
            run.ArrivalLimit,
            cancellation).ConfigureAwait(false);
        if (polled.Met)
        {
            await Task.Delay(VerificationRun.Settle, run.Time, cancellation).ConfigureAwait(false);
            polled = await run.Poll.UntilAsync(
                token => FindAsync(run, service, expected, began, token), _ => true, run.ArrivalLimit, cancellation).ConfigureAwait(false);
        }
        if (polled.Value is not { } last || polled.Error is not null)
            return Outcome.Unanswered(polled.Error ?? "no answer", "loki");
        if (last.Faults.None)
            return Outcome.Pass($"{count} requests left {count} request lines, in order"
                + $"{(last.ByTrace ? "" : "; some by their time alone, for they do not carry this run's trace ids")}");
        if (last.Faults.Missing.Count == count)
        {
            var any = (await WindowAsync(run, service, cancellation).ConfigureAwait(false)).Count > 0;
            var synthetic = run.LogProbe is not null && (await LogLines.WrittenAsync(run).ConfigureAwait(false)).Stored.Count > 0;
            return (any, synthetic) switch
            {
                (true, _) => Outcome.Fail($"none of {count} request lines is stored; other lines of {service} are", $"{service} → request log",
                    $"write one line per request in {service}: level Information on, and app.MapMonitoring() called"),
                (_, true) => Outcome.Fail($"no line of {service} is stored; the log agent reads other files", $"{service} → log file",
                    $"let {service} write {service}.log into the shared log folder (Monitoring__LogFolder, its mode and owner), "
                        + "and its requests with it (Logging__LogLevel__MicroMonitored.Requests)"),
                _ => Outcome.Fail($"no line of {service} is stored", "log file → log agent",
                    "let the log agent run and read the folder of the log files (mount, mode and owner)"),
            };
        }
        return Outcome.Fail(last.Faults.ToString(), $"{service} → {(last.Faults.Missing.Count > 0 ? "log agent" : "request log")}", last.Faults switch
        {
            { Missing.Count: > 0 } => $"look for dropped lines: the drop counter of {service}, the agent's dropped entries, the store's discarded samples",
            { Doubled.Count: > 0 } => $"write one line per request in {service}, and let one agent alone read the file",
            { Unexpected.Count: > 0 } => $"keep {string.Join(" and ", Traffic.ExcludedPaths)} out of the request log of {service}",
            _ => $"stamp the lines of {service} when they are written, with full precision",
        });
    }

    private sealed record Found(LineFaults Faults, bool ByTrace);

    private static async Task<Found> FindAsync(
        VerificationRun run, string service, IReadOnlyList<IReadOnlyList<string>> expected, DateTimeOffset began, CancellationToken cancellation)
    {
        var lines = await run.Loki.QueryRangeAsync($"{{job=\"{service}\"}} |= \"{run.Identity.Id}\"", run.From, run.To, cancellation).ConfigureAwait(false);
        var faults = LineFaults.Of(expected, [.. RequestLines(lines).Select(line => LogLines.TraceId(line) ?? line.TraceId ?? "")
            .Where(id => id.StartsWith(run.Identity.Id, StringComparison.Ordinal))]);
        var absent = expected.Where(group => group.All(faults.Missing.Contains)).Sum(group => group.Count);
        if (absent == 0 || absent != faults.Missing.Count)
            return new Found(faults, true);
        // Lines without a trace id, or of a trace that broke between services, are still lines: the links are another check's matter.
        var window = await run.Loki.QueryRangeAsync($"{{job=\"{service}\"}}", began, run.To, cancellation).ConfigureAwait(false);
        var others = window.Count(line => LogLines.IsRequestLine(line) && LogLines.TraceId(line)?.StartsWith(run.Identity.Id, StringComparison.Ordinal) != true
            && !(run.Service(service).FaultPath is { } fault && line.Line.Contains(fault, StringComparison.Ordinal)));
        return others < absent
            ? new Found(faults, true)
            : new Found(
                faults with { Missing = [], Unexpected = [.. faults.Unexpected, .. Enumerable.Range(absent, others - absent).Select(LogLines.Name)] }, false);
    }

    /// <summary>The lines that tell a status; where the service writes no such field, all of them.</summary>
    private static IReadOnlyList<StoredLine> RequestLines(IReadOnlyList<StoredLine> lines)
    {
        var telling = lines.Where(LogLines.IsRequestLine).ToList();
        return telling.Count > 0 ? telling : lines;
    }

    private static async Task<Outcome?> StreamFaultAsync(VerificationRun run, string job, IReadOnlyList<StoredLine> lines, CancellationToken cancellation)
    {
        const string Hop = "log agent → labels";
        IReadOnlyList<IReadOnlyDictionary<string, string>> streams;
        try
        {
            streams = await run.Loki.SeriesAsync($"{{job=\"{job}\"}}", run.From, run.To, cancellation).ConfigureAwait(false);
        }
        catch (SignalException exception) when (exception.Status is 400 or 404)
        {
            var names = await run.Loki.LabelsAsync(run.From, run.To, cancellation).ConfigureAwait(false);
            if (names.FirstOrDefault(name => name is "trace_id" or "span_id") is { } wrong)
                return Outcome.Fail(
                    $"{wrong} is a label", Hop, $"make {wrong} structured metadata in the log agent's pipeline: as a label it makes a stream per request");
            streams = [.. lines.Select(line => line.Labels)];
        }
        foreach (var stream in streams)
        {
            if (stream.Keys.FirstOrDefault(name => !LokiClient.AgreedLabels.Contains(name)) is { } extra)
                return Outcome.Fail($"{extra} is a label of {job}", Hop,
                    $"remove the label {extra} in the log agent's pipeline: each value makes a stream (structured metadata is the place for it)");
            if (stream.GetValueOrDefault("job") != job || stream.GetValueOrDefault("service_name") != job)
                return Outcome.Fail(
                    $"job is '{stream.GetValueOrDefault("job")}' and service_name '{stream.GetValueOrDefault("service_name")}', both should be '{job}'", Hop,
                    "set job and service_name to the file's name in the log agent's pipeline");
            if (stream.GetValueOrDefault("filename")?.Replace('\\', '/').EndsWith($"/{job}.log", StringComparison.Ordinal) != true)
                return Outcome.Fail($"filename is '{stream.GetValueOrDefault("filename")}'", Hop, $"let the log agent label lines with the path of {job}.log");
        }
        if (streams.Count > 0 && !streams.Any(stream => stream.ContainsKey("level")))
            return Outcome.Fail("level is not a label", Hop, "make the JSON field level a label in the log agent's pipeline");
        var bare = lines.FirstOrDefault(line => LogLines.TraceId(line) is { } id && line.TraceId != id);
        return bare is null
            ? null
            : Outcome.Fail($"a line with trace_id {LogLines.TraceId(bare)} has the structured metadata '{bare.TraceId}'", "log agent → structured metadata",
                "add the structured_metadata stage for trace_id and span_id, and limits_config.allow_structured_metadata in Loki");
    }

    private static async Task<bool> AnyStreamAsync(VerificationRun run, CancellationToken cancellation)
    {
        try
        {
            return (await run.Loki.LabelsAsync(run.StartedAt - TimeSpan.FromHours(1), run.To, cancellation).ConfigureAwait(false)).Contains("filename");
        }
        catch (SignalException)
        {
            return false;
        }
    }
}
