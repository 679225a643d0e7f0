namespace MonitoredApp.Inventory;

/// <summary>The articles in stock. Replace it with a real store: nothing else knows where the numbers come from.</summary>
internal sealed class StockStore
{
    private readonly StockItem[] items = [new("apple", 120), new("pear", 45), new("plum", 0)];

    public ValueTask<IReadOnlyList<StockItem>> ListAsync(CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        return ValueTask.FromResult<IReadOnlyList<StockItem>>(items);
    }

    public ValueTask<StockItem?> FindAsync(string sku, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        return ValueTask.FromResult(Array.Find(items, item => string.Equals(item.Sku, sku, StringComparison.OrdinalIgnoreCase)));
    }
}
