using System.Globalization;
using MicroMonitored.Model;
using MicroMonitored.Model.Expectations;
using MicroMonitored.Verification.Clients;
using MicroMonitored.Verification.Probes;

namespace MicroMonitored.Verification.Checks;

/// <summary>Whether a service leaves behind what its <c>expectations.json</c> names, and nothing that it forbids.</summary>
internal static class ExpectationChecks
{
    public static Scope EachWithExpectations(VerificationRun run) =>
        run.Services.Count == 0
            ? Scope.Skip("no services under src/")
            : Scope.Of(run.Services.Where(service => service.Expectations is not null).Select(service => (string?)service.Name),
                "no service has an expectations.json");

    public static async Task<Outcome> ExpectedAsync(VerificationRun run, string? service, CancellationToken cancellation)
    {
        var target = run.Service(service!);
        var expected = target.Expectations!;
        var drives = await Drives.OfAsync(run, service!).ConfigureAwait(false);
        if (drives.FirstOrDefault(drive => !drive.IsAsExpected) is { } wrong)
        {
            var wanted = wrong.Request.Status is { } status ? $"{status}" : "2xx";
            return Outcome.Fail(
                $"{expected.At(wrong.Request.Line)}: {wrong.Request} {wrong.Failure ?? $"answered {wrong.Status}"}, expected {wanted}", $"verify → {service}",
                $"let {wrong.Request} of {service} answer {wanted} (--target=Logs --component={service}), or correct {expected.At(wrong.Request.Line)}");
        }
        var missing = new List<Missing>();
        var polled = await run.Poll.UntilAsync(
            async token => missing = await MissingAsync(run, target, drives, token).ConfigureAwait(false),
            left => left.Count == 0,
            run.MetricLimit,
            cancellation).ConfigureAwait(false);
        if (!polled.Met && polled.Error is { } error)
            return Outcome.Unanswered(error, error.Split(' ')[0]);
        if (missing is [var first, ..])
        {
            var nearest = Nearest.Of(first.Name, await first.KnownAsync().ConfigureAwait(false)) is { } near ? $"; did you mean {near}?" : "";
            return Outcome.Fail(
                string.Join("; ", missing.Select(one => $"{expected.At(one.Line)}: {one.Detail}")) + nearest, $"{service} → {first.Signal}",
                $"emit {first.Name} in {service} again, or correct {expected.At(first.Line)}");
        }
        // What is forbidden has as long to show itself as what is wanted had.
        await Task.Delay(VerificationRun.Settle + run.Plan.ScrapeInterval, run.Time, cancellation).ConfigureAwait(false);
        if (await PresentAsync(run, target, drives, cancellation).ConfigureAwait(false) is { Count: > 0 } present)
        {
            return Outcome.Fail(
                string.Join("; ", present.Select(one => $"{expected.At(one.Rule.Line)}: {one.Seen}")), $"{service} → what is forbidden",
                $"take {present[0].Rule.Pattern} out of what {service} emits, or out of {expected.At(present[0].Rule.Line)}");
        }
        return Outcome.Pass(string.Create(CultureInfo.InvariantCulture,
            $"{drives.Count} requests left {expected.Metrics.Count} metrics, {expected.Logs.Count} lines and {expected.Spans.Count} spans as expected")
            + $"{(expected.Absent.Count > 0 ? $", and nothing of {expected.Absent.Count} that is forbidden" : "")}");
    }

    private sealed record Missing(int Line, string Signal, string Name, string Detail, Func<Task<IReadOnlyList<string>>> KnownAsync);

    private static async Task<List<Missing>> MissingAsync(
        VerificationRun run, ServiceUnderTest service, IReadOnlyList<Drive> drives, CancellationToken cancellation)
    {
        var expected = service.Expectations!;
        var missing = new List<Missing>();
        var before = await Drives.BeforeAsync(run, service).ConfigureAwait(false);
        foreach (var (at, metric) in expected.Metrics.Index())
        {
            var sum = await Drives.SumAsync(run, service.Name, metric, cancellation).ConfigureAwait(false);
            if (Fault(metric, before[at], sum) is { } fault)
                missing.Add(new(metric.Line, "metric", metric.Name, fault, () => NamesAsync(run, service.Name, cancellation)));
        }
        var traces = await Task.WhenAll(drives.Select(drive => run.Tempo.TraceAsync(drive.TraceId, cancellation))).ConfigureAwait(false);
        var spans = traces.SelectMany(trace => trace).Where(span => span.Service == service.Name).ToList();
        foreach (var span in expected.Spans.Where(span => !spans.Exists(found => Fits(span, found))))
        {
            var named = spans.Where(found => Patterns.Matches(span.Name, found.Name)).ToList();
            var detail = named is [var near, ..] ? $"span {span.Name} is there, but {Difference(span, near)}" : $"no span {span.Name}";
            missing.Add(new(span.Line, "span", span.Name, detail,
                () => Task.FromResult<IReadOnlyList<string>>([.. spans.Select(found => found.Name).Distinct()])));
        }
        foreach (var (drive, trace) in drives.Zip(traces))
        {
            foreach (var callee in drive.Request.Calls.Where(callee => !trace.Any(span => span.Service == callee && span.Kind == SpanKind.Server)))
                missing.Add(new(drive.Request.Line, "call", callee, $"no span of {callee} in the trace of {drive.Request}", Nothing));
        }
        if (expected.Logs.Count == 0)
            return missing;
        var lines = await LinesAsync(run, service, cancellation).ConfigureAwait(false);
        foreach (var line in expected.Logs.Where(line => !lines.Any(found => Fits(line, found))))
        {
            var wanted = line.Message ?? string.Join(", ", line.Fields.Select(field => $"{field.Key}={field.Value}"));
            var same = lines.Any(found => line.Message is { } message && Patterns.Matches(message, LogLines.Fields(found).GetValueOrDefault("message", "")));
            missing.Add(new(line.Line, "log", wanted, same ? $"the line \"{wanted}\" has other fields or another level" : $"no line \"{wanted}\"",
                () => Task.FromResult<IReadOnlyList<string>>([.. lines.Select(found => LogLines.Fields(found).GetValueOrDefault("message", ""))])));
        }
        return missing;
    }

    private static async Task<List<(Unexpected Rule, string Seen)>> PresentAsync(
        VerificationRun run, ServiceUnderTest service, IReadOnlyList<Drive> drives, CancellationToken cancellation)
    {
        var traces = await Task.WhenAll(drives.Select(drive => run.Tempo.TraceAsync(drive.TraceId, cancellation))).ConfigureAwait(false);
        var spans = traces.SelectMany(trace => trace).Where(span => span.Service == service.Name).ToList();
        var lines = await LinesAsync(run, service, cancellation).ConfigureAwait(false);
        var names = await NamesAsync(run, service.Name, cancellation).ConfigureAwait(false);
        return [.. from rule in service.Expectations!.Absent
                   let seen = rule.Kind switch
                   {
                       UnexpectedKind.Metric => names.FirstOrDefault(name => Patterns.Matches(rule.Pattern, name)),
                       UnexpectedKind.Span => spans.Select(span => span.Name).FirstOrDefault(name => Patterns.Matches(rule.Pattern, name)),
                       UnexpectedKind.Attribute => spans.SelectMany(span => span.Attributes.Keys).FirstOrDefault(key => Patterns.Matches(rule.Pattern, key)),
                       _ => lines.Select(line => line.Line).FirstOrDefault(line => Patterns.Matches($"*{rule.Pattern}*", line)),
                   }
                   where seen is not null
                   select (rule, $"{rule.Kind.ToString().ToLowerInvariant()} {HttpAnswer.Excerpt(seen)} is there")];
    }

    private static string? Fault(ExpectedMetric metric, double? before, double? sum)
    {
        static string Number(double value) => value.ToString("0.######", CultureInfo.InvariantCulture);
        if (sum is not { } now)
            return $"no metric {metric.Name} with these labels";
        var grown = now - (before ?? 0);
        return metric switch
        {
            { Grows: { } exact } when Math.Abs(grown - exact) > 1e-9 * Math.Max(1, Math.Abs(exact))
                => $"{metric.Name} grew by {Number(grown)}, expected {Number(exact)}",
            { GrowsAtLeast: { } least } when grown < least => $"{metric.Name} grew by {Number(grown)}, expected at least {Number(least)}",
            { AtLeast: { } level } when now < level => $"{metric.Name} is {Number(now)}, expected at least {Number(level)}",
            _ => null,
        };
    }

    private static bool Fits(ExpectedSpan wanted, TraceSpan span) => Patterns.Matches(wanted.Name, span.Name) && Difference(wanted, span) is null;

    private static string? Difference(ExpectedSpan wanted, TraceSpan span) =>
        wanted.Kind is { } kind && !kind.Equals(span.Kind.ToString(), StringComparison.OrdinalIgnoreCase)
            ? $"its kind is {span.Kind.ToString().ToLowerInvariant()}, not {kind}"
            : wanted.Attributes.Where(attribute => !span.Attributes.TryGetValue(attribute.Key, out var value)
                    || !Patterns.Matches(attribute.Value, Text(value)))
                .Select(attribute => span.Attributes.TryGetValue(attribute.Key, out var value)
                    ? $"{attribute.Key} is {Text(value)}, not {attribute.Value}"
                    : $"it has no {attribute.Key}")
                .FirstOrDefault();

    private static bool Fits(ExpectedLine wanted, StoredLine line)
    {
        var fields = LogLines.Fields(line);
        return (wanted.Message is not { } message || Patterns.Matches(message, fields.GetValueOrDefault("message", "")))
            && (wanted.Level is not { } level || level == fields.GetValueOrDefault("level"))
            && wanted.Fields.All(field => fields.TryGetValue(field.Key, out var value) && Patterns.Matches(field.Value, value));
    }

    private static string Text(object value) => value is bool flag ? (flag ? "true" : "false") : Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";

    private static Task<IReadOnlyList<string>> Nothing() => Task.FromResult<IReadOnlyList<string>>([]);

    private static async Task<IReadOnlyList<StoredLine>> LinesAsync(VerificationRun run, ServiceUnderTest service, CancellationToken cancellation) =>
        await run.Loki.QueryRangeAsync(
            $"{{job=\"{service.Name}\"}} |= \"{run.Identity.OfExpectations().Id}\"", run.From, run.To, cancellation).ConfigureAwait(false);

    private static async Task<IReadOnlyList<string>> NamesAsync(VerificationRun run, string service, CancellationToken cancellation) =>
        [.. (await run.Prometheus.QueryAsync($"count by (__name__) ({{job=\"{service}\"}})", cancellation).ConfigureAwait(false))
            .Select(sample => sample.Name)];
}
