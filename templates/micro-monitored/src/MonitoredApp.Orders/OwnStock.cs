namespace MonitoredApp.Orders;

/// <summary>A stock in memory. Replace it with a real store or with a client of the service that knows.</summary>
internal sealed class OwnStock : IStock
{
    private readonly StockItem[] items = [new("apple", 120), new("pear", 45), new("plum", 0)];

    public Task<IReadOnlyList<StockItem>> ListAsync(CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        return Task.FromResult<IReadOnlyList<StockItem>>(items);
    }
}
