namespace MonitoredApp.Inventory;

/// <summary>How many pieces of one article are in stock.</summary>
internal sealed record StockItem(string Sku, int Quantity);

/// <summary>The stock of every article.</summary>
internal sealed record StockList(IReadOnlyList<StockItem> Items);
