using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Http.HttpResults;

namespace MonitoredApp.Inventory;

internal static class StockEndpoints
{
    public static void AddStock(this WebApplicationBuilder builder)
    {
        builder.Services.ConfigureHttpJsonOptions(json => json.SerializerOptions.TypeInfoResolverChain.Insert(0, StockJson.Default));
        builder.Services.AddSingleton<Stock>();
        builder.Services.AddSingleton<StockTelemetry>();
    }

    public static void MapStock(this IEndpointRouteBuilder app)
    {
        app.MapGet("/stock", List).WithName("ListStock");
        app.MapGet("/stock/{sku}", Find).WithName("FindStock");
    }

    private static Ok<StockList> List(Stock stock, StockTelemetry telemetry)
    {
        telemetry.LookedUp(found: true);
        return TypedResults.Ok(new StockList(stock.List()));
    }

    private static Results<Ok<StockItem>, ProblemHttpResult> Find(string sku, Stock stock, StockTelemetry telemetry)
    {
        var item = stock.Find(sku);
        telemetry.LookedUp(item is not null);
        return item is null
            ? TypedResults.Problem(title: "No such article.", statusCode: StatusCodes.Status404NotFound)
            : TypedResults.Ok(item);
    }
}

/// <summary>The service's own instruments, collected because they bear the assembly's name.</summary>
internal sealed class StockTelemetry(IMeterFactory meters)
{
    private readonly Counter<long> _lookups = meters.Create(typeof(StockTelemetry).Assembly.GetName().Name!)
        .CreateCounter<long>("inventory.lookups", "{lookup}", "Stock lookups by outcome.");

    public void LookedUp(bool found) => _lookups.Add(1, new KeyValuePair<string, object?>("found", found));
}
