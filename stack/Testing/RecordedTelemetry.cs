using MicroMonitored.Testing.Assertions;
using MicroMonitored.Testing.Recording;
using MicroMonitored.Verification.Clients;

namespace MicroMonitored.Testing;

/// <summary>What an action left: its trace, the growth of metrics, and log lines with the trace's id.</summary>
public class RecordedTelemetry
{
    private readonly Recorder _recorder;

    internal RecordedTelemetry(Recorder recorder, Recording.Recording recording) => (_recorder, Recording) = (recorder, recording);

    /// <summary>The trace that the action was run in.</summary>
    public RecordedTrace Trace => new(this);

    /// <summary>Lines with the trace's id.</summary>
    public RecordedLogs Logs => new(this);

    /// <summary>What the services emitted for it, as a <c>telemetry.lock</c> holds it.</summary>
    public RecordedContract Contract => new(this);

    internal Recording.Recording Recording { get; }

    internal Snapshot Snapshot => Recording.Snapshot;

    internal Recorder Recorder => _recorder;

    /// <summary>A metric by its name as the service spells it (<c>orders.placed</c>) or the store (<c>orders_placed_total</c>).</summary>
    public RecordedMetric Metric(string name) => new(this, name);

    /// <summary>What the signals have to do with each other.</summary>
    public LinkAssertions Should() => new(this);

    /// <summary>Holds at once, or as soon as what is late has arrived; throws when the time is up.</summary>
    internal void Expect(Func<Snapshot, Failure?> check)
    {
        var failure = check(Snapshot);
        while (failure is { IsFinal: false } && DateTimeOffset.UtcNow < Recording.Deadline)
            failure = Again(check);
        if (failure is not null)
            throw Exception(failure);
    }

    /// <summary>Holds until the window is over; throws as soon as it does not.</summary>
    internal void Watch(Func<Snapshot, Failure?> check)
    {
        var end = Recording.Ended + _recorder.Options.Window;
        var failure = check(Snapshot);
        while (failure is null && DateTimeOffset.UtcNow < end)
            failure = Again(check);
        if (failure is not null)
            throw Exception(failure);
    }

    /// <summary>What is said of it once that has been the same for the window, or the time is up.</summary>
    internal T Settled<T>(Func<Snapshot, T> say)
        where T : IEquatable<T>
    {
        var (said, since, end) = (say(Snapshot), DateTimeOffset.UtcNow, DateTimeOffset.UtcNow + _recorder.Options.Timeout);
        while (DateTimeOffset.UtcNow - since < _recorder.Options.Window && DateTimeOffset.UtcNow < end)
        {
            var next = Again(say);
            if (!next.Equals(said))
                (said, since) = (next, DateTimeOffset.UtcNow);
        }

        return said;
    }

    private T Again<T>(Func<Snapshot, T> say)
    {
        Wait(async () =>
        {
            await _recorder.RefreshAsync(Recording).ConfigureAwait(false);
            await Task.Delay(20).ConfigureAwait(false);
            return true;
        });
        return say(Snapshot);
    }

    private TelemetryException Exception(Failure failure)
    {
        string? seen = null;
        try
        {
            seen = failure.Look is { } look ? Wait(look) : null;
        }
        catch (SignalException)
        {
            // The failure stands without it.
        }

        var waited = $"looked for {(DateTimeOffset.UtcNow - Recording.Ended).TotalSeconds:0.0} s";
        return new TelemetryException(failure.Text(seen, Snapshot.Problem, waited));
    }

    private static T Wait<T>(Func<Task<T>> ask) => Task.Run(ask).GetAwaiter().GetResult();
}

/// <summary>What an action left, and its answer.</summary>
public sealed class RecordedTelemetry<T> : RecordedTelemetry
{
    internal RecordedTelemetry(Recorder recorder, Recording.Recording recording, T answer)
        : base(recorder, recording) => Answer = answer;

    /// <summary>What the action returned.</summary>
    public T Answer { get; }
}
