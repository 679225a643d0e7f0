using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Mvc;

namespace MonitoredApp.Orders;

/// <summary>An order as it was accepted.</summary>
internal sealed record Order(Guid Id, string Sku, int Quantity, DateTimeOffset PlacedAt);

/// <summary>The newest orders and what is in stock.</summary>
internal sealed record OrderList(IReadOnlyList<Order> Orders, IReadOnlyList<StockItem> Stock);

/// <summary>What a client asks for.</summary>
public sealed record OrderRequest(
    [property: Required, StringLength(64, MinimumLength = 1)] string Sku,
    [property: Range(1, 1000)] int Quantity);

/// <summary>How many pieces of one article are in stock.</summary>
internal sealed record StockItem(string Sku, int Quantity);

/// <summary>The stock of every article.</summary>
internal sealed record StockList(IReadOnlyList<StockItem> Items);

/// <summary>How all of it is read and written, without reflection.</summary>
[JsonSourceGenerationOptions(System.Text.Json.JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(Order))]
[JsonSerializable(typeof(OrderList))]
[JsonSerializable(typeof(OrderRequest))]
[JsonSerializable(typeof(StockList))]
[JsonSerializable(typeof(ProblemDetails))]
[JsonSerializable(typeof(HttpValidationProblemDetails))]
internal sealed partial class OrdersJson : JsonSerializerContext;
