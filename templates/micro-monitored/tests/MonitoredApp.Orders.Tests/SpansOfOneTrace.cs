using System.Collections.Concurrent;
using System.Diagnostics;

namespace MonitoredApp.Orders.Tests;

/// <summary>Collects the spans of a trace of its own: what the exporter would send.</summary>
internal sealed class SpansOfOneTrace : IDisposable
{
    private readonly ConcurrentQueue<Activity> _spans = new();
    private readonly ActivityListener _listener;

    public SpansOfOneTrace()
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = _ => true,
            ActivityStopped = span =>
            {
                if (span.Recorded && span.TraceId.ToHexString() == TraceId)
                    _spans.Enqueue(span);
            },
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public string TraceId { get; } = ActivityTraceId.CreateRandom().ToHexString();

    public string TraceParent => $"00-{TraceId}-{ActivitySpanId.CreateRandom().ToHexString()}-01";

    public IReadOnlyCollection<Activity> Recorded => _spans;

    public void Dispose() => _listener.Dispose();
}
