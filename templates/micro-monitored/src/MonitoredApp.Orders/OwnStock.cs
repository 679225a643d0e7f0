namespace MonitoredApp.Orders;

/// <summary>What can be ordered, in memory. Replace it with a real store or with a client of the service that knows.</summary>
internal sealed class Stock
{
    private readonly StockItem[] _items = [new("apple", 120), new("pear", 45), new("plum", 0)];

    /// <summary>Every article and how many pieces there are; null when it cannot be told right now.</summary>
    public Task<IReadOnlyList<StockItem>?> ListAsync(CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        return Task.FromResult<IReadOnlyList<StockItem>?>(_items);
    }
}

internal static class StockRegistration
{
    public static void AddStock(this WebApplicationBuilder builder) => builder.Services.AddSingleton<Stock>();
}
