using MicroMonitored.Model.Expectations;
using MicroMonitored.Verification.Clients;
using MicroMonitored.Verification.Probes;

namespace MicroMonitored.Verification.Contracts;

/// <summary>What the services of a running stack emit for the requests that their <c>expectations.json</c> drive.</summary>
/// <param name="Contract">What they emit.</param>
/// <param name="RunId">16 hex digits, in the trace ids of the requests that were sent.</param>
/// <param name="StartedAt">When it began.</param>
/// <param name="Took">How long it took.</param>
public sealed record ContractRecording(TelemetryContract Contract, string RunId, DateTimeOffset StartedAt, TimeSpan Took)
{
    // A label of as many values as requests has one for each of them.
    private const int Rounds = 12;

    /// <summary>Sends each request a dozen times and reads what they left, so that neither earlier traffic nor chance is in it.</summary>
    /// <param name="plan">The services; those without a request to send are asked by their probe route.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="InvalidOperationException">A store did not answer, or a request was not as expected.</exception>
    public static async Task<ContractRecording> RecordAsync(VerificationPlan plan, TimeProvider time, CancellationToken cancellation)
    {
        plan = plan with { Services = [.. plan.Services.Select(Driven).Where(service => service.Expectations!.Drive.Count > 0)] };
        var began = time.GetTimestamp();
        await using var run = new VerificationRun(plan, RunIdentity.Create(), time, new Poller(time, long.MaxValue), cancellation);
        var sent = run.Identity.OfExpectations().Id;
        try
        {
            await Task.WhenAll(run.Services.Select(service => RequestCounters.BaselineAsync(run, service.Name))).ConfigureAwait(false);
            var before = await SeriesAsync(run, cancellation).ConfigureAwait(false);
            var spans = new List<TraceSpan>();
            // One after another: what comes at once may take another path through a service.
            foreach (var service in run.Services)
                spans.AddRange(await SpansAsync(run, service, cancellation).ConfigureAwait(false));
            await Task.Delay((plan.ScrapeInterval * 2) + VerificationRun.Settle, time, cancellation).ConfigureAwait(false);
            var lines = await Task.WhenAll(run.Services.Select(service => run.Loki.QueryRangeAsync(
                $"{{job=\"{service.Name}\"}} |= \"{sent}\"", run.From, run.To, cancellation))).ConfigureAwait(false);
            var after = await SeriesAsync(run, cancellation).ConfigureAwait(false);
            var metadata = await run.Prometheus.MetadataAsync(cancellation).ConfigureAwait(false);
            var contract = TelemetryContract.Of(
                [.. EmittedMetrics.Of(before, after, metadata), .. EmittedSpans.Of(spans), .. EmittedLines.Of([.. lines.SelectMany(own => own)])]);
            return new ContractRecording(contract, sent, run.StartedAt, time.GetElapsedTime(began));
        }
        catch (SignalException exception)
        {
            throw new InvalidOperationException(exception.Message, exception);
        }
    }

    private static ServiceUnderTest Driven(ServiceUnderTest service)
    {
        var known = service.Expectations ?? new ServiceExpectations(ServiceExpectations.FileName, [], [], [], [], []);
        var drive = known.Drive.ToList();
        if (service.ProbePath is { } probe)
            drive.Add(new DrivenRequest(1, "GET", probe, null, null, service.Calls));
        if (service.FaultPath is { } fault)
            drive.Add(new DrivenRequest(1, "GET", fault, null, 500, []));
        return service with { Expectations = known with { Drive = [.. Enumerable.Repeat(drive, Rounds).SelectMany(round => round)] } };
    }

    private static async Task<IReadOnlyList<TraceSpan>> SpansAsync(VerificationRun run, ServiceUnderTest service, CancellationToken cancellation)
    {
        var drives = await Drives.SentAsync(run, service, cancellation).ConfigureAwait(false);
        if (drives.FirstOrDefault(drive => !drive.IsAsExpected) is { } wrong)
        {
            throw new InvalidOperationException(
                $"{wrong.Request} of {service.Name} {wrong.Failure ?? $"answered {wrong.Status}"}: no telemetry can be recorded of it");
        }

        IReadOnlyList<IReadOnlyList<TraceSpan>> traces = [];
        await run.Poll.UntilAsync(
            async token => traces = await Task.WhenAll(drives.Select(drive => run.Tempo.TraceAsync(drive.TraceId, token))).ConfigureAwait(false),
            arrived => arrived.Zip(drives).All(pair => IsWhole(run, service.Name, pair.First, pair.Second)),
            run.ArrivalLimit, cancellation).ConfigureAwait(false);
        return [.. traces.SelectMany(trace => trace)];
    }

    private static bool IsWhole(VerificationRun run, string service, IReadOnlyList<TraceSpan> trace, Drive drive)
    {
        var (ids, own) = (trace.Select(span => span.SpanId).ToHashSet(StringComparer.Ordinal), drive.Request.Calls.Append(service));
        return trace.All(span => span.ParentId is null || ids.Contains(span.ParentId))
            && own.All(name => trace.Any(span => span.Service == name && span.Kind == SpanKind.Server) || run.Services.All(known => known.Name != name));
    }

    private static async Task<IReadOnlyList<VectorSample>> SeriesAsync(VerificationRun run, CancellationToken cancellation)
    {
        var samples = new List<VectorSample>();
        foreach (var service in run.Services)
            samples.AddRange(await RequestCounters.NewestAsync(run, service.Name, "", cancellation).ConfigureAwait(false));
        return samples;
    }
}
