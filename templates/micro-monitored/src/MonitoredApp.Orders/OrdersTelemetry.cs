using System.Diagnostics;

namespace MonitoredApp.Orders;

/// <summary>The service's own spans and log messages; its instruments are in <see cref="OrdersMetrics"/>.</summary>
internal static partial class OrdersTelemetry
{
    public const string Name = "MonitoredApp.Orders";

    public static readonly ActivitySource Spans = new(Name);

    [LoggerMessage(LogLevel.Information, "Order {order_id} placed: {quantity} × {sku}")]
    public static partial void OrderPlaced(this ILogger logger, Guid order_id, string sku, int quantity);

    [LoggerMessage(LogLevel.Warning, "Order refused: {quantity} × {sku} wanted, {available} in stock")]
    public static partial void OrderRefused(this ILogger logger, string sku, int quantity, int available);
}
