using Microsoft.AspNetCore.Http.HttpResults;

namespace MonitoredItem;

internal static class ItemsEndpoints
{
    public static void AddItems(this WebApplicationBuilder builder)
    {
        builder.Services.ConfigureHttpJsonOptions(json => json.SerializerOptions.TypeInfoResolverChain.Insert(0, ItemsJson.Default));
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<ItemStore>();
        builder.Services.AddSingleton<ItemsTelemetry>();
    }

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

    private static Created<Item> Create(ItemRequest request, ItemStore items, ItemsTelemetry telemetry, TimeProvider time, ILogger<ItemStore> logger)
    {
        using var span = ItemsTelemetry.Spans.StartActivity("create item");
        var now = time.GetUtcNow();
        var item = new Item(Guid.CreateVersion7(now), request.Name, now);
        span?.SetTag("item.id", item.Id);
        items.Add(item);
        telemetry.Created();
        logger.LogInformation("Item {item_id} created", item.Id);
        return TypedResults.Created($"/items/{item.Id}", item);
    }
}
