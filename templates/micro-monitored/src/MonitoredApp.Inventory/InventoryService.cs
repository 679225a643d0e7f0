namespace MonitoredApp.Inventory;

/// <summary>What the service is made of.</summary>
internal static class InventoryService
{
    public static WebApplicationBuilder AddInventory(this WebApplicationBuilder builder)
    {
        builder.Services.AddProblemDetails();
        builder.Services.AddOpenApi();
        builder.Services.ConfigureHttpJsonOptions(json =>
            json.SerializerOptions.TypeInfoResolverChain.Insert(0, StockJson.Default));
        builder.Services.AddSingleton<StockStore>();
        builder.Services.AddSingleton<StockMetrics>();
        return builder;
    }
}
