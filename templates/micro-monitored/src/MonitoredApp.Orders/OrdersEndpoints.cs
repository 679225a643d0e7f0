using Microsoft.AspNetCore.Http.HttpResults;

namespace MonitoredApp.Orders;

internal static class OrdersEndpoints
{
    private const int ListLength = 50;

    /// <summary>Up to here an order is picked from the shelf; each piece beyond takes its time.</summary>
    private const int PiecesOnTheShelf = 20;

    public static void AddOrders(this WebApplicationBuilder builder)
    {
        builder.Services.ConfigureHttpJsonOptions(json => json.SerializerOptions.TypeInfoResolverChain.Insert(0, OrdersJson.Default));
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<OrdersTelemetry>();
        builder.AddOrderStore();
        builder.AddStock();
    }

    public static void MapOrders(this IEndpointRouteBuilder app)
    {
        app.MapGet("/orders", ListAsync).WithName("ListOrders");
        app.MapGet("/orders/{id:guid}", Find).WithName("FindOrder");
        app.MapPost("/orders", PlaceAsync).WithName("PlaceOrder");
    }

    private static async Task<Results<Ok<OrderList>, ProblemHttpResult>> ListAsync(OrderStore orders, Stock stock, CancellationToken cancellation)
        => await stock.ListAsync(cancellation) is { } items
            ? TypedResults.Ok(new OrderList(orders.Newest(ListLength), items))
            : StockUnavailable();

    private static Results<Ok<Order>, ProblemHttpResult> Find(Guid id, OrderStore orders)
        => orders.Find(id) is { } order
            ? TypedResults.Ok(order)
            : TypedResults.Problem(title: "No such order.", statusCode: StatusCodes.Status404NotFound);

    private static async Task<Results<Created<Order>, ProblemHttpResult>> PlaceAsync(
        OrderRequest request,
        OrderStore orders,
        Stock stock,
        OrdersTelemetry telemetry,
        TimeProvider time,
        ILogger<OrderStore> logger,
        CancellationToken cancellation)
    {
        using var span = OrdersTelemetry.Spans.StartActivity("place order");
        span?.SetTag("order.sku", request.Sku);
        span?.SetTag("order.quantity", request.Quantity);
        if (await stock.ListAsync(cancellation) is not { } items)
            return StockUnavailable();
        var available = items.FirstOrDefault(item => item.Sku == request.Sku)?.Quantity ?? 0;
        if (available < request.Quantity)
        {
            telemetry.Refused();
            logger.LogWarning("Order refused: {quantity} of {sku} wanted, {available} in stock", request.Quantity, request.Sku, available);
            return TypedResults.Problem(title: "Not enough in stock.", detail: $"{available} available.", statusCode: StatusCodes.Status409Conflict);
        }

        if (request.Quantity > PiecesOnTheShelf)
            await Task.Delay(TimeSpan.FromMilliseconds(10 * (request.Quantity - PiecesOnTheShelf)), time, cancellation);
        var now = time.GetUtcNow();
        var order = new Order(Guid.CreateVersion7(now), request.Sku, request.Quantity, now);
        orders.Add(order);
        telemetry.Accepted(order.Quantity);
        logger.LogInformation("Order {order_id} placed: {quantity} of {sku}", order.Id, order.Quantity, order.Sku);
        return TypedResults.Created($"/orders/{order.Id}", order);
    }

    private static ProblemHttpResult StockUnavailable()
        => TypedResults.Problem(title: "The stock cannot be asked.", statusCode: StatusCodes.Status503ServiceUnavailable);
}
