using MicroMonitored.Verification.Clients;

namespace MicroMonitored.Verification;

/// <summary>The end of a poll.</summary>
/// <param name="Met">Whether the expectation held before the time was up.</param>
/// <param name="Value">The last answer; default when there never was one.</param>
/// <param name="Error">Why the last question had no answer; null when it had one.</param>
/// <param name="Elapsed">From the first question to the end.</param>
internal sealed record Polled<T>(bool Met, T? Value, string? Error, TimeSpan Elapsed);

/// <summary>Asks again and again, fast at first, until an expectation holds or the time is up.</summary>
internal sealed class Poller(TimeProvider time, long endTimestamp)
{
    private static readonly TimeSpan Fastest = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Slowest = TimeSpan.FromMilliseconds(150);
    private static readonly TimeSpan LastChance = TimeSpan.FromMilliseconds(500);

    /// <summary>What is left of the run.</summary>
    public TimeSpan Remaining => Left(endTimestamp);

    /// <summary>How long a single question may wait: never beyond the run, except for a last one that tells what is broken.</summary>
    public TimeSpan Patience(TimeSpan most) => Remaining < LastChance ? LastChance : Remaining < most ? Remaining : most;

    /// <summary>A part of the stack that does not answer is one more reason to ask again, never an exception; no question outlasts the poll.</summary>
    public async Task<Polled<T>> UntilAsync<T>(Func<CancellationToken, Task<T>> ask, Func<T, bool> met, TimeSpan limit, CancellationToken cancellation)
    {
        var began = time.GetTimestamp();
        var end = Math.Min(endTimestamp, began + (long)(limit.TotalSeconds * time.TimestampFrequency));
        var pause = Fastest;
        T? value = default;
        string? error = null;
        var answered = false;
        while (true)
        {
            using var bounded = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            bounded.CancelAfter(Left(end) is var most && most > LastChance ? most : LastChance);
            try
            {
                value = await ask(bounded.Token).ConfigureAwait(false);
                (error, answered) = (null, true);
                if (met(value))
                    return new Polled<T>(true, value, null, time.GetElapsedTime(began));
            }
            catch (SignalException exception)
            {
                error = exception.Message;
            }
            catch (OperationCanceledException exception) when (!cancellation.IsCancellationRequested)
            {
                // Cut short by the end of the poll: what was answered before stands.
                error = answered ? error : exception.Message;
            }
            var left = Left(end);
            if (left <= TimeSpan.Zero)
                return new Polled<T>(false, value, error, time.GetElapsedTime(began));
            await Task.Delay(left < pause ? left : pause, time, cancellation).ConfigureAwait(false);
            pause = pause * 1.25 < Slowest ? pause * 1.25 : Slowest;
        }
    }

    private TimeSpan Left(long end) => TimeSpan.FromSeconds((end - time.GetTimestamp()) / (double)time.TimestampFrequency);
}
