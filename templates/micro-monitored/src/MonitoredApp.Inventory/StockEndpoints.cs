using Microsoft.AspNetCore.Http.HttpResults;

namespace MonitoredApp.Inventory;

internal static class StockEndpoints
{
    public static void MapStock(this IEndpointRouteBuilder app)
    {
        app.MapGet("/stock", ListAsync).WithName("ListStock");
        app.MapGet("/stock/{sku}", FindAsync).WithName("FindStock");
    }

    private static async Task<Ok<StockList>> ListAsync(StockStore store, StockMetrics metrics, CancellationToken cancellation)
    {
        var items = await store.ListAsync(cancellation);
        metrics.LookedUp(found: true);
        return TypedResults.Ok(new StockList(items));
    }

    private static async Task<Results<Ok<StockItem>, ProblemHttpResult>> FindAsync(
        string sku, StockStore store, StockMetrics metrics, CancellationToken cancellation)
    {
        var item = await store.FindAsync(sku, cancellation);
        metrics.LookedUp(item is not null);
        return item is null
            ? TypedResults.Problem(title: "No such article.", statusCode: StatusCodes.Status404NotFound)
            : TypedResults.Ok(item);
    }
}
