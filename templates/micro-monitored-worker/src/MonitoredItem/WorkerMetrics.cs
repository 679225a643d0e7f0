using System.Diagnostics.Metrics;

namespace MonitoredItem;

internal sealed class WorkerMetrics
{
    private readonly Counter<long> rounds;
    private readonly Counter<long> items;
    private readonly Histogram<double> duration;

    public WorkerMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(WorkerTelemetry.Name);
        rounds = meter.CreateCounter<long>("worker.rounds", "{round}", "Rounds by outcome.");
        items = meter.CreateCounter<long>("worker.items", "{item}", "Items handled.");
        duration = meter.CreateHistogram<double>("worker.round.duration", "s", "How long a round took.");
    }

    public void Done(int handled, TimeSpan took)
    {
        rounds.Add(1, new KeyValuePair<string, object?>("outcome", "done"));
        items.Add(handled);
        duration.Record(took.TotalSeconds);
    }

    public void Failed() => rounds.Add(1, new KeyValuePair<string, object?>("outcome", "failed"));
}
