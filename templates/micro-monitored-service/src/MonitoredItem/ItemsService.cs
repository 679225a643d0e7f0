namespace MonitoredItem;

/// <summary>What the service is made of.</summary>
internal static class ItemsService
{
    public static WebApplicationBuilder AddItems(this WebApplicationBuilder builder)
    {
        builder.Services.AddProblemDetails();
        builder.Services.AddOpenApi();
        builder.Services.AddValidation();
        builder.Services.ConfigureHttpJsonOptions(json =>
            json.SerializerOptions.TypeInfoResolverChain.Insert(0, ItemsJson.Default));
        builder.Services.AddSingleton<ItemStore>();
        builder.Services.AddSingleton<ItemsMetrics>();
        return builder;
    }
}
