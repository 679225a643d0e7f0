using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Mvc;

namespace MonitoredApp.Inventory;

/// <summary>How many pieces of one article are in stock.</summary>
internal sealed record StockItem(string Sku, int Quantity);

/// <summary>The stock of every article.</summary>
internal sealed record StockList(IReadOnlyList<StockItem> Items);

/// <summary>How all of it is read and written, without reflection.</summary>
[JsonSourceGenerationOptions(System.Text.Json.JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(StockItem))]
[JsonSerializable(typeof(StockList))]
[JsonSerializable(typeof(ProblemDetails))]
internal sealed partial class StockJson : JsonSerializerContext;

/// <summary>The articles, in memory. Replace it with a real store: nothing else knows where the numbers come from.</summary>
internal sealed class Stock
{
    private readonly StockItem[] _items = [new("apple", 120), new("pear", 45), new("plum", 0)];

    public IReadOnlyList<StockItem> List() => _items;

    public StockItem? Find(string sku) => Array.Find(_items, item => string.Equals(item.Sku, sku, StringComparison.OrdinalIgnoreCase));
}
