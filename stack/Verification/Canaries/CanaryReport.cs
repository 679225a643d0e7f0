namespace MicroMonitored.Verification;

/// <summary>How a canary runs.</summary>
public sealed record CanaryOptions
{
    /// <summary>How long it sends; what is under way then is waited for, up to the plan's time limit.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>Between two numbers.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Where it shows its own <c>/metrics</c>; null shows none.</summary>
    public Exposure? Exposure { get; init; }
}

/// <summary>What became of one signal of a canary. What was sent has arrived, is under way, is late, or, after its deadline, is missing.</summary>
/// <param name="Signal"><c>logs</c>, <c>traces</c>, or <c>requests SERVICE</c>.</param>
/// <param name="UnderWay">Sent a moment ago; nothing is known of it yet.</param>
/// <param name="Late">Took longer than the plan allows for freshness, or does still.</param>
/// <param name="Missing">Not there when its deadline had passed, or refused when it was sent. What arrives after all counts as late.</param>
/// <param name="Delays">Emit-to-queryable delay of what arrived.</param>
/// <param name="Problem">Why something was refused when it was sent, the last time; null when nothing was.</param>
public sealed record CanarySignal(
    string Signal, int Sent, int UnderWay, int Late, int Missing, int Duplicate, int OutOfOrder, int Unexpected, DelayHistogram Delays, string? Problem)
{
    /// <summary>Whether nothing is lost, doubled, reordered or unexpected; what is under way or late is neither.</summary>
    public bool Sound => Missing == 0 && Duplicate == 0 && OutOfOrder == 0 && Unexpected == 0;
}

/// <summary>Delays by size.</summary>
/// <param name="Counts">How many delays are within each of <see cref="Bounds"/> and above the one before; the last counts what is above all of them.</param>
/// <param name="SumSeconds">The sum of all delays.</param>
/// <param name="Freshness">Percentiles; null when nothing arrived.</param>
public sealed record DelayHistogram(IReadOnlyList<int> Counts, double SumSeconds, Freshness? Freshness)
{
    /// <summary>The upper bounds in seconds, each inclusive.</summary>
    public static IReadOnlyList<double> Bounds { get; } = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

    internal static DelayHistogram Of(IReadOnlyList<TimeSpan> delays)
    {
        var counts = new int[Bounds.Count + 1];
        foreach (var delay in delays)
            counts[Bounds.TakeWhile(bound => delay.TotalSeconds > bound).Count()]++;
        return new DelayHistogram(
            counts, delays.Sum(delay => delay.TotalSeconds), delays.Count == 0 ? null : Percentiles.Of([.. delays.Select(delay => delay.TotalMilliseconds)]));
    }
}

/// <summary>The state of a canary.</summary>
/// <param name="Sending">Whether it still sends; afterwards it waits for what is under way.</param>
/// <param name="Metrics">Its own <c>/metrics</c>; null when it shows none.</param>
public sealed record CanaryReport(string RunId, DateTimeOffset StartedAt, TimeSpan Elapsed, bool Sending, Uri? Metrics, IReadOnlyList<CanarySignal> Signals)
{
    /// <summary>Whether nothing was lost, doubled, reordered or unexpected.</summary>
    public bool Sound => Signals.All(signal => signal.Sound);

    /// <summary>Whether everything sent has arrived or is lost.</summary>
    internal bool Settled => Signals.All(signal => signal.Sent == signal.Delays.Counts.Sum() + signal.Missing);
}
