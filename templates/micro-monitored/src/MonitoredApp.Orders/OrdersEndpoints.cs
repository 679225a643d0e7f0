using Microsoft.AspNetCore.Http.HttpResults;

namespace MonitoredApp.Orders;

internal static class OrdersEndpoints
{
    public static void MapOrders(this IEndpointRouteBuilder app)
    {
        app.MapGet("/orders", ListAsync).WithName("ListOrders");
        app.MapGet("/orders/{id:guid}", Find).WithName("FindOrder");
        app.MapPost("/orders", PlaceAsync).WithName("PlaceOrder");
    }

    private static async Task<Ok<OrderList>> ListAsync(Ordering ordering, CancellationToken cancellation)
        => TypedResults.Ok(await ordering.ListAsync(cancellation));

    private static Results<Ok<Order>, ProblemHttpResult> Find(Guid id, Ordering ordering)
        => ordering.Find(id) is { } order
            ? TypedResults.Ok(order)
            : TypedResults.Problem(title: "No such order.", statusCode: StatusCodes.Status404NotFound);

    private static async Task<Results<Created<Order>, ProblemHttpResult>> PlaceAsync(
        OrderRequest request, Ordering ordering, CancellationToken cancellation)
    {
        var (order, available) = await ordering.PlaceAsync(request, cancellation);
        return order is null
            ? TypedResults.Problem(
                title: "Not enough in stock.", detail: $"{available} available.", statusCode: StatusCodes.Status409Conflict)
            : TypedResults.Created($"/orders/{order.Id}", order);
    }
}
