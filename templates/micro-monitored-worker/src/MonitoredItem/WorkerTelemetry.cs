using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace MonitoredItem;

/// <summary>The worker's own spans and instruments, collected because they bear the assembly's name.</summary>
internal sealed class WorkerTelemetry
{
    private static readonly string Name = typeof(WorkerTelemetry).Assembly.GetName().Name!;

    public static readonly ActivitySource Spans = new(Name);

    private readonly Counter<long> _rounds;
    private readonly Counter<long> _items;
    private readonly Histogram<double> _duration;

    public WorkerTelemetry(IMeterFactory meters)
    {
        var meter = meters.Create(Name);
        _rounds = meter.CreateCounter<long>("worker.rounds", "{round}", "Rounds by outcome.");
        _items = meter.CreateCounter<long>("worker.items", "{item}", "Items handled.");
        _duration = meter.CreateHistogram<double>(
            "worker.round.duration", "s", "How long a round took.", advice: new() { HistogramBucketBoundaries = [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60] });
    }

    public void Done(int handled, TimeSpan took)
    {
        _rounds.Add(1, new KeyValuePair<string, object?>("outcome", "done"));
        _items.Add(handled);
        _duration.Record(took.TotalSeconds);
    }

    public void Failed() => _rounds.Add(1, new KeyValuePair<string, object?>("outcome", "failed"));
}
