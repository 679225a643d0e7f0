using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace MonitoredApp.Orders;

/// <summary>The service's own spans and instruments, collected because they bear the assembly's name.</summary>
internal sealed class OrdersTelemetry
{
    private static readonly string Name = typeof(OrdersTelemetry).Assembly.GetName().Name!;

    public static readonly ActivitySource Spans = new(Name);

    private readonly Counter<long> _placed;
    private readonly Histogram<long> _pieces;

    public OrdersTelemetry(IMeterFactory meters)
    {
        var meter = meters.Create(Name);
        _placed = meter.CreateCounter<long>("orders.placed", "{order}", "Orders by outcome.");
        _pieces = meter.CreateHistogram<long>("orders.pieces", "{piece}", "Pieces per accepted order.");
    }

    public void Accepted(int pieces)
    {
        _placed.Add(1, new KeyValuePair<string, object?>("outcome", "accepted"));
        _pieces.Record(pieces);
    }

    public void Refused() => _placed.Add(1, new KeyValuePair<string, object?>("outcome", "out_of_stock"));
}
