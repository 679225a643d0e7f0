using MicroMonitored.Model.Expectations;
using MicroMonitored.Verification.Clients;
using MicroMonitored.Verification.Probes;

namespace MicroMonitored.Verification.Contracts;

/// <summary>Records what the services of a running stack emit for the requests that their <c>expectations.json</c> drive.</summary>
public static class ContractRecording
{
    // A label of as many values as requests has one for each of them.
    private const int Rounds = 12;

    /// <summary>Sends each request a dozen times and reads what they left, so that neither earlier traffic nor chance is in it.</summary>
    /// <param name="plan">The services; those without a request to send are asked by their probe route.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="InvalidOperationException">A store did not answer, or a request was not as expected.</exception>
    public static async Task<TelemetryContract> RecordAsync(VerificationPlan plan, TimeProvider time, CancellationToken cancellation)
    {
        plan = plan with { Services = [.. plan.Services.Select(Driven).Where(service => service.Expectations!.Drive.Count > 0)] };
        try
        {
            await using var first = Run();
            await Task.WhenAll(first.Services.Select(service => RequestCounters.BaselineAsync(first, service.Name))).ConfigureAwait(false);
            var before = await SeriesAsync(first, cancellation).ConfigureAwait(false);
            var runs = Enumerable.Range(0, Rounds).Select(_ => Run()).ToList();
            foreach (var service in first.Services)
                await SendAsync(runs, service, cancellation).ConfigureAwait(false);
            var spans = await Task.WhenAll(runs.Select(run => SpansAsync(run, cancellation))).ConfigureAwait(false);
            await Task.Delay((plan.ScrapeInterval * 2) + VerificationRun.Settle, time, cancellation).ConfigureAwait(false);
            var lines = await Task.WhenAll(runs.Select(run => LinesAsync(run, cancellation))).ConfigureAwait(false);
            foreach (var run in runs)
                await run.DisposeAsync().ConfigureAwait(false);

            var after = await SeriesAsync(first, cancellation).ConfigureAwait(false);
            var metadata = await first.Prometheus.MetadataAsync(cancellation).ConfigureAwait(false);
            return TelemetryContract.Of(
            [
                .. EmittedMetrics.Of(before, after, metadata),
                .. EmittedSpans.Of([.. spans.SelectMany(all => all)]),
                .. EmittedLines.Of([.. lines.SelectMany(all => all)]),
            ]);
        }
        catch (SignalException exception)
        {
            throw new InvalidOperationException(exception.Message, exception);
        }

        VerificationRun Run() => new(plan, RunIdentity.Create(), time, new Poller(time, long.MaxValue), cancellation);
    }

    private static ServiceUnderTest Driven(ServiceUnderTest service)
    {
        var known = service.Expectations ?? new ServiceExpectations(ServiceExpectations.FileName, [], [], [], [], []);
        var drive = known.Drive.ToList();
        if (service.ProbePath is { } probe)
            drive.Add(new DrivenRequest(1, "GET", probe, null, null, service.Calls));
        if (service.FaultPath is { } fault)
            drive.Add(new DrivenRequest(1, "GET", fault, null, 500, []));
        return service with { Expectations = known with { Drive = drive } };
    }

    // One after another: what comes at once may take another path through a service.
    private static async Task SendAsync(IReadOnlyList<VerificationRun> runs, ServiceUnderTest service, CancellationToken cancellation)
    {
        foreach (var run in runs)
        {
            var drives = await Drives.SentAsync(run, service, cancellation).ConfigureAwait(false);
            if (drives.FirstOrDefault(drive => !drive.IsAsExpected) is { } wrong)
            {
                throw new InvalidOperationException(
                    $"{wrong.Request} of {service.Name} {wrong.Failure ?? $"answered {wrong.Status}"}: no telemetry can be recorded of it");
            }
        }
    }

    private static async Task<IReadOnlyList<TraceSpan>> SpansAsync(VerificationRun run, CancellationToken cancellation)
    {
        var sent = await Task.WhenAll(run.Services.Select(async service =>
            (await Drives.SentAsync(run, service, cancellation).ConfigureAwait(false)).Select(drive => (service.Name, Drive: drive)))).ConfigureAwait(false);
        var drives = sent.SelectMany(all => all).ToList();
        IReadOnlyList<IReadOnlyList<TraceSpan>> traces = [];
        await run.Poll.UntilAsync(
            async token => traces = await Task.WhenAll(drives.Select(drive => run.Tempo.TraceAsync(drive.Drive.TraceId, token))).ConfigureAwait(false),
            arrived => arrived.Zip(drives).All(pair => IsWhole(run, pair.Second.Name, pair.First, pair.Second.Drive)),
            run.ArrivalLimit, cancellation).ConfigureAwait(false);
        return [.. traces.SelectMany(trace => trace)];
    }

    private static bool IsWhole(VerificationRun run, string service, IReadOnlyList<TraceSpan> trace, Drive drive)
    {
        var (ids, own) = (trace.Select(span => span.SpanId).ToHashSet(StringComparer.Ordinal), drive.Request.Calls.Append(service));
        return trace.All(span => span.ParentId is null || ids.Contains(span.ParentId))
            && own.All(name => trace.Any(span => span.Service == name && span.Kind == SpanKind.Server) || run.Services.All(known => known.Name != name));
    }

    private static async Task<IReadOnlyList<StoredLine>> LinesAsync(VerificationRun run, CancellationToken cancellation)
    {
        var lines = await Task.WhenAll(run.Services.Select(service => run.Loki.QueryRangeAsync(
            $"{{job=\"{service.Name}\"}} |= \"{run.Identity.OfExpectations().Id}\"", run.From, run.To, cancellation))).ConfigureAwait(false);
        return [.. lines.SelectMany(own => own)];
    }

    private static async Task<IReadOnlyList<VectorSample>> SeriesAsync(VerificationRun run, CancellationToken cancellation)
    {
        var samples = new List<VectorSample>();
        foreach (var service in run.Services)
            samples.AddRange(await RequestCounters.NewestAsync(run, service.Name, "", cancellation).ConfigureAwait(false));
        return samples;
    }
}
