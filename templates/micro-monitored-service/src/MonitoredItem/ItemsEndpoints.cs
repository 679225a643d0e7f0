using Microsoft.AspNetCore.Http.HttpResults;

namespace MonitoredItem;

internal static class ItemsEndpoints
{
    public static void MapItems(this IEndpointRouteBuilder app)
    {
        app.MapGet("/items", List).WithName("ListItems");
        app.MapGet("/items/{id:guid}", Find).WithName("FindItem");
        app.MapPost("/items", Create).WithName("CreateItem");
    }

    private static Ok<ItemList> List(ItemStore items) => TypedResults.Ok(new ItemList(items.List()));

    private static Results<Ok<Item>, ProblemHttpResult> Find(Guid id, ItemStore items)
        => items.Find(id) is { } item
            ? TypedResults.Ok(item)
            : TypedResults.Problem(title: "No such item.", statusCode: StatusCodes.Status404NotFound);

    private static Created<Item> Create(
        ItemRequest request, ItemStore items, ItemsMetrics metrics, TimeProvider time, ILogger<ItemStore> logger)
    {
        using var span = ItemsTelemetry.Spans.StartActivity("create item");
        var now = time.GetUtcNow();
        var item = new Item(Guid.CreateVersion7(now), request.Name, now);
        span?.SetTag("item.id", item.Id);
        items.Add(item);
        metrics.Created();
        logger.ItemCreated(item.Id);
        return TypedResults.Created($"/items/{item.Id}", item);
    }
}
