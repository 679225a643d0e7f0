using System.Diagnostics.Metrics;

namespace MonitoredApp.Inventory;

internal sealed class StockMetrics
{
    private readonly Counter<long> lookups;

    public StockMetrics(IMeterFactory meters)
        => lookups = meters.Create("MonitoredApp.Inventory")
            .CreateCounter<long>("inventory.lookups", "{lookup}", "Stock lookups by outcome.");

    public void LookedUp(bool found) => lookups.Add(1, new KeyValuePair<string, object?>("found", found));
}
