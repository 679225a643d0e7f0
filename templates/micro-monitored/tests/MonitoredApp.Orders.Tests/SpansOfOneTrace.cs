using System.Collections.Concurrent;
using System.Diagnostics;

namespace MonitoredApp.Orders.Tests;

/// <summary>Collects the spans of a trace of its own: what the exporter would send.</summary>
internal sealed class SpansOfOneTrace : IDisposable
{
    private readonly ConcurrentQueue<Activity> _spans = new();
    private readonly ActivityListener _listener;
    private readonly TaskCompletionSource _served = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public SpansOfOneTrace()
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = _ => true,
            ActivityStopped = span =>
            {
                if (!span.Recorded || span.TraceId.ToHexString() != TraceId)
                    return;
                _spans.Enqueue(span);
                if (span.Kind == ActivityKind.Server)
                    _served.TrySetResult();
            },
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public string TraceId { get; } = ActivityTraceId.CreateRandom().ToHexString();

    public string TraceParent => $"00-{TraceId}-{ActivitySpanId.CreateRandom().ToHexString()}-01";

    public IReadOnlyCollection<Activity> Recorded => _spans;

    /// <summary>Returns once the server's span has ended, which may be a moment after its answer has arrived.</summary>
    public Task ServedAsync() => _served.Task.WaitAsync(TimeSpan.FromSeconds(10));

    public void Dispose() => _listener.Dispose();
}
