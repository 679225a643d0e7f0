using Microsoft.AspNetCore.Http.HttpResults;

namespace MonitoredApp.Orders;

internal static class OrdersEndpoints
{
    private const int ListLength = 50;

    public static void MapOrders(this IEndpointRouteBuilder app)
    {
        app.MapGet("/orders", ListAsync).WithName("ListOrders");
        app.MapGet("/orders/{id:guid}", Find).WithName("FindOrder");
        app.MapPost("/orders", PlaceAsync).WithName("PlaceOrder");
    }

    private static async Task<Results<Ok<OrderList>, ProblemHttpResult>> ListAsync(
        OrderStore orders, InventoryClient inventory, ILogger<OrderStore> logger, CancellationToken cancellation)
    {
        try
        {
            return TypedResults.Ok(new OrderList(orders.Newest(ListLength), await inventory.ListAsync(cancellation)));
        }
        catch (InventoryUnavailableException fault)
        {
            return Unavailable(logger, fault);
        }
    }

    private static Results<Ok<Order>, ProblemHttpResult> Find(Guid id, OrderStore orders)
        => orders.Find(id) is { } order
            ? TypedResults.Ok(order)
            : TypedResults.Problem(title: "No such order.", statusCode: StatusCodes.Status404NotFound);

    private static async Task<Results<Created<Order>, ProblemHttpResult>> PlaceAsync(
        OrderRequest request,
        OrderStore orders,
        InventoryClient inventory,
        OrdersMetrics metrics,
        TimeProvider time,
        ILogger<OrderStore> logger,
        CancellationToken cancellation)
    {
        using var span = OrdersTelemetry.Spans.StartActivity("place order");
        span?.SetTag("order.sku", request.Sku);
        span?.SetTag("order.quantity", request.Quantity);
        try
        {
            var stock = await inventory.ListAsync(cancellation);
            var available = stock.FirstOrDefault(item => item.Sku == request.Sku)?.Quantity ?? 0;
            if (available < request.Quantity)
            {
                metrics.Refused();
                logger.OrderRefused(request.Sku, request.Quantity, available);
                return TypedResults.Problem(
                    title: "Not enough in stock.",
                    detail: $"{available} available.",
                    statusCode: StatusCodes.Status409Conflict);
            }

            var order = new Order(Guid.CreateVersion7(time.GetUtcNow()), request.Sku, request.Quantity, time.GetUtcNow());
            orders.Add(order);
            metrics.Accepted(order);
            logger.OrderPlaced(order.Id, order.Sku, order.Quantity);
            return TypedResults.Created($"/orders/{order.Id}", order);
        }
        catch (InventoryUnavailableException fault)
        {
            return Unavailable(logger, fault);
        }
    }

    private static ProblemHttpResult Unavailable(ILogger logger, InventoryUnavailableException fault)
    {
        logger.InventoryUnavailable(fault);
        return TypedResults.Problem(title: "The inventory does not answer.", statusCode: StatusCodes.Status503ServiceUnavailable);
    }
}
