using System.Collections.Concurrent;
using System.Diagnostics;
using MicroMonitored.Verification.Clients;
using MicroMonitored.Verification.Probes;

namespace MicroMonitored.Testing.Recording;

/// <summary>One action: its trace, when it was, what the stores held before and hold now.</summary>
/// <param name="counts">Whether metrics are asked for.</param>
internal sealed class Recording(IReadOnlyDictionary<string, double> before, TimeSpan timeout, bool counts)
{
    private static int _newest;
    private readonly int _number = counts ? Interlocked.Increment(ref _newest) : 0;

    /// <summary>Whether metrics are asked for and no recording of this process has begun since: what they have grown by until now is of this one.</summary>
    public bool IsCounted => counts && Volatile.Read(ref _newest) == _number;

    /// <summary>Values of all series before the action.</summary>
    public IReadOnlyDictionary<string, double> Before { get; } = before;

    public DateTimeOffset Began { get; } = DateTimeOffset.UtcNow;

    public DateTimeOffset Ended { get; private set; }

    public DateTimeOffset Deadline { get; private set; }

    public string TraceId { get; private set; } = "";

    /// <summary>The spans of the test itself: the root, and one for each request that it sends.</summary>
    public ConcurrentDictionary<string, TraceSpan> Own { get; } = new(StringComparer.Ordinal);

    public Snapshot Snapshot { get; set; } = Snapshot.Empty;

    public bool IsOwn(string? spanId) => spanId is not null && Own.ContainsKey(spanId);

    public void Start(Activity root)
    {
        TraceId = root.TraceId.ToHexString();
        Add(root);
    }

    /// <summary>Adds a span of the test, or completes it.</summary>
    public void Add(Activity activity)
    {
        var start = (activity.StartTimeUtc - DateTime.UnixEpoch).Ticks * 100;
        Own[activity.SpanId.ToHexString()] = new TraceSpan(
            TraceId, activity.SpanId.ToHexString(), activity.ParentSpanId == default ? null : activity.ParentSpanId.ToHexString(), activity.DisplayName,
            activity.Kind == ActivityKind.Client ? Proto.Client : Proto.Internal, start, start + (activity.Duration.Ticks * 100), "test",
            new Dictionary<string, object>())
        {
            IsError = activity.Status == ActivityStatusCode.Error,
        };
    }

    public void End(Activity root)
    {
        Add(root);
        Ended = DateTimeOffset.UtcNow;
        Deadline = Ended + timeout;
    }
}

/// <summary>What the stores hold of a recording.</summary>
/// <param name="Spans">Of the trace, by start.</param>
/// <param name="Series">Of all metrics.</param>
/// <param name="Lines">With the trace's id, by time.</param>
/// <param name="Exemplars">Names of the metrics that have an exemplar of the trace.</param>
/// <param name="Problem">Why a store did not answer; null when all did.</param>
internal sealed record Snapshot(
    IReadOnlyList<RecordedSpan> Spans,
    IReadOnlyList<VectorSample> Series,
    IReadOnlyDictionary<string, MetricDescription> Metrics,
    IReadOnlyList<RecordedLine> Lines,
    IReadOnlySet<string> Exemplars,
    string? Problem)
{
    public static readonly Snapshot Empty =
        new([], [], new Dictionary<string, MetricDescription>(), [], new HashSet<string>(), null);
}
