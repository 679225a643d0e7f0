using System.Diagnostics.Metrics;

namespace MonitoredApp.Orders;

internal sealed class OrdersMetrics
{
    private readonly Counter<long> placed;
    private readonly Histogram<long> pieces;

    public OrdersMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(OrdersTelemetry.Name);
        placed = meter.CreateCounter<long>("orders.placed", "{order}", "Orders by outcome.");
        pieces = meter.CreateHistogram<long>("orders.pieces", "{piece}", "Pieces per accepted order.");
    }

    public void Accepted(Order order)
    {
        placed.Add(1, new KeyValuePair<string, object?>("outcome", "accepted"));
        pieces.Record(order.Quantity);
    }

    public void Refused() => placed.Add(1, new KeyValuePair<string, object?>("outcome", "out_of_stock"));
}
