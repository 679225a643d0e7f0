using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace MonitoredItem;

/// <summary>The service's own spans and instruments, collected because they bear the assembly's name.</summary>
internal sealed class ItemsTelemetry(IMeterFactory meters)
{
    private static readonly string Name = typeof(ItemsTelemetry).Assembly.GetName().Name!;

    public static readonly ActivitySource Spans = new(Name);

    private readonly Counter<long> _created = meters.Create(Name).CreateCounter<long>("items.created", "{item}", "Items created.");

    public void Created() => _created.Add(1);
}
