using Google.Protobuf;
using MicroMonitored.Verification.Clients;

namespace MicroMonitored.Verification.Probes;

/// <summary>Pushes a metric over OTLP the way a foreign client does.</summary>
internal static class MetricPush
{
    /// <summary>Sends one gauge with the attribute <c>run_id</c>; answers why no receiver took it, nothing when one did.</summary>
    public static async Task<string?> SendAsync(VerificationRun run, string metric, double value, CancellationToken cancellation)
    {
        var now = (run.Time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100;
        var body = OtlpTraces.Gauge(SyntheticTrace.Service, metric, run.Identity.Id, value, now).ToByteArray();
        var refusals = new List<string>();
        var endpoints = run.Plan.Endpoints;
        foreach (var receiver in new[] { new Uri(endpoints.Prometheus, "/api/v1/otlp/v1/metrics"), new Uri(endpoints.OtlpHttp, "/v1/metrics") })
        {
            try
            {
                var answer = await run.Http.PostAsync("the OTLP metric receiver", receiver, body, "application/x-protobuf", cancellation).ConfigureAwait(false);
                if (answer.IsSuccess)
                    return null;
                refusals.Add($"{receiver} answered {answer.Status}");
            }
            catch (SignalException exception)
            {
                refusals.Add(exception.Message);
            }
        }
        return string.Join("; ", refusals);
    }
}
