using MicroMonitored.Verification.Canaries;
using MicroMonitored.Verification.Probes;

namespace MicroMonitored.Verification;

/// <summary>Sends one numbered line, one trace and one request per service at a steady pace, and watches each of them arrive.</summary>
public static class Canary
{
    /// <summary>The file of the numbered lines.</summary>
    public const string LogFile = Job + ".log";

    /// <summary>Its name in logs and among the scrape targets.</summary>
    internal const string Job = "micromonitored-canary";

    /// <summary>Sends for the time asked, or until cancelled; then waits until everything has arrived or is lost, and answers the final state.</summary>
    /// <param name="progress">Told the state after each look at the stores.</param>
    /// <param name="cancellation">Ends the sending; what is under way is still waited for.</param>
    /// <exception cref="IOException">Its own <c>/metrics</c> cannot be shown.</exception>
    public static async Task<CanaryReport> RunAsync(
        VerificationPlan plan, CanaryOptions options, IProgress<CanaryReport>? progress, TimeProvider time, CancellationToken cancellation)
    {
        var began = time.GetTimestamp();
        await using var run = new VerificationRun(plan, RunIdentity.Create(), time, new Poller(time, long.MaxValue), CancellationToken.None);
        using var watch = new CanaryWatch(run);
        var report = new CanaryReport(run.Identity.Id, run.StartedAt, TimeSpan.Zero, true, null, watch.State());
        await using var metrics = options.Exposure is { } exposure ? new ExposedListener(exposure, Job, () => CanaryMetrics.Text(report)) : null;
        await watch.BeginAsync().ConfigureAwait(false);
        var sending = SendAsync();
        while (!sending.IsCompleted || !report.Settled)
        {
            await LookAsync(whole: false).ConfigureAwait(false);
            await Task.Delay(options.Interval, time, CancellationToken.None).ConfigureAwait(false);
        }
        await sending.ConfigureAwait(false);
        // What is doubled or unexpected may come later than what was waited for; and the scraper shall see the end.
        await Task.Delay(
            VerificationRun.Settle + (run.Services.Count > 0 || metrics is not null ? plan.ScrapeInterval : TimeSpan.Zero), time, CancellationToken.None)
                .ConfigureAwait(false);
        await LookAsync(whole: true).ConfigureAwait(false);
        return report;

        async Task LookAsync(bool whole)
        {
            var ended = sending.IsCompleted;
            await watch.LookAsync(whole).ConfigureAwait(false);
            report = new CanaryReport(run.Identity.Id, run.StartedAt, time.GetElapsedTime(began), !ended, metrics?.Address, watch.State());
            progress?.Report(report);
        }

        async Task SendAsync()
        {
            using var timer = new PeriodicTimer(options.Interval, time);
            var sent = new List<Task>();
            var from = time.GetTimestamp();
            while (time.GetElapsedTime(from) < options.Duration && !cancellation.IsCancellationRequested)
            {
                sent.Add(watch.SendAsync());
                sent.RemoveAll(task => task.IsCompletedSuccessfully);
                try
                {
                    await timer.WaitForNextTickAsync(cancellation).ConfigureAwait(false);
                }
                catch (OperationCanceledException)
                {
                    // Ctrl-C ends the sending, not the watching.
                }
            }
            await Task.WhenAll(sent).ConfigureAwait(false);
        }
    }
}
