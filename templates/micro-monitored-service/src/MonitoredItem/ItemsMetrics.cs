using System.Diagnostics.Metrics;

namespace MonitoredItem;

internal sealed class ItemsMetrics
{
    private readonly Counter<long> created;

    public ItemsMetrics(IMeterFactory meters)
        => created = meters.Create(ItemsTelemetry.Name).CreateCounter<long>("items.created", "{item}", "Items created.");

    public void Created() => created.Add(1);
}
