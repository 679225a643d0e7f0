namespace MonitoredApp.Orders;

/// <summary>Places and lists orders, and says so in all three signals.</summary>
internal sealed class Ordering(
    OrderStore orders, IStock stock, OrdersMetrics metrics, TimeProvider time, ILogger<Ordering> logger)
{
    private const int ListLength = 50;

    public async Task<OrderList> ListAsync(CancellationToken cancellation)
        => new(orders.Newest(ListLength), await stock.ListAsync(cancellation));

    public Order? Find(Guid id) => orders.Find(id);

    public async Task<Placement> PlaceAsync(OrderRequest request, CancellationToken cancellation)
    {
        using var span = OrdersTelemetry.Spans.StartActivity("place order");
        span?.SetTag("order.sku", request.Sku);
        span?.SetTag("order.quantity", request.Quantity);
        var items = await stock.ListAsync(cancellation);
        var available = items.FirstOrDefault(item => item.Sku == request.Sku)?.Quantity ?? 0;
        span?.SetTag("order.accepted", available >= request.Quantity);
        if (available < request.Quantity)
        {
            metrics.Refused();
            logger.OrderRefused(request.Sku, request.Quantity, available);
            return new Placement(null, available);
        }

        var now = time.GetUtcNow();
        var order = new Order(Guid.CreateVersion7(now), request.Sku, request.Quantity, now);
        orders.Add(order);
        metrics.Accepted(order);
        logger.OrderPlaced(order.Id, order.Sku, order.Quantity);
        return new Placement(order, available);
    }
}

/// <summary>The order, or null when there were only <paramref name="Available"/> pieces.</summary>
internal sealed record Placement(Order? Order, int Available);
