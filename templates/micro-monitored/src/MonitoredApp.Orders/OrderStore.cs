using Microsoft.Extensions.Options;

namespace MonitoredApp.Orders;

/// <summary>The newest orders, in memory. Replace it with a real store: nothing else knows where they are kept.</summary>
internal sealed class OrderStore(IOptions<OrdersOptions> options)
{
    private readonly Lock gate = new();
    private readonly Queue<Order> orders = new();

    public void Add(Order order)
    {
        lock (gate)
        {
            while (orders.Count >= options.Value.Capacity)
                orders.Dequeue();
            orders.Enqueue(order);
        }
    }

    public Order? Find(Guid id)
    {
        lock (gate)
            return orders.FirstOrDefault(order => order.Id == id);
    }

    public IReadOnlyList<Order> Newest(int count)
    {
        lock (gate)
            return [.. orders.TakeLast(count)];
    }
}
