using System.Text;
using MicroMonitored.Model.Expectations;
using MicroMonitored.Verification.Clients;

namespace MicroMonitored.Verification.Probes;

/// <summary>One request of an <c>expectations.json</c>, as sent.</summary>
internal sealed record Drive(DrivenRequest Request, string TraceId, int? Status, string? Failure)
{
    public bool IsAsExpected => Failure is null && (Request.Status is { } status ? Status == status : Status is >= 200 and < 300);
}

/// <summary>Sends what the services' <c>expectations.json</c> ask for, once a run.</summary>
internal static class Drives
{
    /// <summary>Sends all of them, after the sums that they must raise have been read.</summary>
    public static Task SendAsync(VerificationRun run, CancellationToken cancellation) =>
        Task.WhenAll(run.Services.Select(service => SentAsync(run, service, cancellation)));

    /// <summary>Those of a service; none where it has no expectations.</summary>
    public static async Task<IReadOnlyList<Drive>> OfAsync(VerificationRun run, string service)
    {
        await Traffic.OfAsync(run).ConfigureAwait(false);
        return await SentAsync(run, run.Service(service), CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>How many of them reach a service, by itself or by another that calls it; null where one went wrong that might.</summary>
    public static async Task<int?> ReachingAsync(VerificationRun run, string service)
    {
        var reaching = 0;
        foreach (var from in run.Services)
        {
            foreach (var drive in await OfAsync(run, from.Name).ConfigureAwait(false))
            {
                var times = (from.Name == service ? 1 : 0) + drive.Request.Calls.Count(callee => callee == service);
                if (times > 0 && !drive.IsAsExpected)
                    return null;
                reaching += times;
            }
        }
        return reaching;
    }

    /// <summary>The sum of a metric's series as of the newest scrapes; null where it has none.</summary>
    public static async Task<double?> SumAsync(VerificationRun run, string service, ExpectedMetric metric, CancellationToken cancellation)
    {
        var labels = string.Concat(metric.Labels.Select(label => label.Value.Contains('*', StringComparison.Ordinal)
            ? $",{label.Key}=~\"{Patterns.Regex(label.Value).Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\""
            : $",{label.Key}=\"{label.Value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\""));
        var series = await RequestCounters.CurrentAsync(run, service, $"{metric.Name}{{job=\"{service}\"{labels}}}", cancellation).ConfigureAwait(false);
        var vector = await run.Prometheus.QueryAsync($"sum({series})", cancellation).ConfigureAwait(false);
        return vector.Count == 0 ? null : vector[0].Value;
    }

    /// <summary>The sums before anything was sent, in the order of the file; null where a series was not there or the store did not answer.</summary>
    public static Task<IReadOnlyList<double?>> BeforeAsync(VerificationRun run, ServiceUnderTest service) =>
        run.FactAsync("expected-before", service.Name, async cancellation =>
        {
            try
            {
                return (IReadOnlyList<double?>)await Task.WhenAll((service.Expectations?.Metrics ?? [])
                    .Select(metric => SumAsync(run, service.Name, metric, cancellation))).ConfigureAwait(false);
            }
            catch (SignalException)
            {
                return [.. service.Expectations!.Metrics.Select(_ => (double?)null)];
            }
        });

    /// <summary>Those of a service, sent by the first who asks.</summary>
    public static Task<IReadOnlyList<Drive>> SentAsync(VerificationRun run, ServiceUnderTest service, CancellationToken cancellation) =>
        run.FactAsync("drives", service.Name, async _ =>
        {
            await BeforeAsync(run, service).ConfigureAwait(false);
            var (source, identity) = (run.Source(service.Name), run.Identity.OfExpectations());
            var roots = new List<TraceSpan>();
            var sent = new List<Drive>();
            using var client = Traffic.Client(run);
            foreach (var request in service.Expectations?.Drive ?? [])
            {
                var trace = identity.TraceId(source, sent.Count);
                using var message = new HttpRequestMessage(new HttpMethod(request.Method), new Uri(service.BaseAddress, request.Path));
                if (request.Body is { } body)
                    message.Content = new StringContent(body.GetRawText(), Encoding.UTF8, "application/json");
                var (status, failure) = await Traffic.AskAsync(
                    client, run, message, trace, identity.SpanId(source, sent.Count), roots, cancellation).ConfigureAwait(false);
                sent.Add(new Drive(request, trace, status, failure));
            }
            await Traffic.RootAsync(run, roots, cancellation).ConfigureAwait(false);
            return (IReadOnlyList<Drive>)sent;
        });
}
