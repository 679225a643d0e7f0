namespace MonitoredApp.Orders;

/// <summary>The newest orders, in memory. Replace it with a real store: nothing else knows where they are kept.</summary>
internal sealed class OrderStore
{
    private const int Capacity = 1000;

    private readonly Lock _gate = new();
    private readonly Queue<Order> _orders = new();

    public void Add(Order order)
    {
        lock (_gate)
        {
            while (_orders.Count >= Capacity)
                _orders.Dequeue();
            _orders.Enqueue(order);
        }
    }

    public Order? Find(Guid id)
    {
        lock (_gate)
            return _orders.FirstOrDefault(order => order.Id == id);
    }

    public IReadOnlyList<Order> Newest(int count)
    {
        lock (_gate)
            return [.. _orders.TakeLast(count)];
    }
}

internal static class OrderStoreRegistration
{
    public static void AddOrderStore(this WebApplicationBuilder builder) => builder.Services.AddSingleton<OrderStore>();
}
