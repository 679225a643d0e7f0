using Microsoft.Extensions.Options;

namespace MonitoredApp.Orders;

/// <summary>What the service is made of.</summary>
internal static class OrdersService
{
    public static WebApplicationBuilder AddOrders(this WebApplicationBuilder builder)
    {
        builder.Services.AddProblemDetails();
        builder.Services.AddOpenApi();
        builder.Services.AddValidation();
        builder.Services.ConfigureHttpJsonOptions(json =>
            json.SerializerOptions.TypeInfoResolverChain.Insert(0, OrdersJson.Default));
        builder.Services.AddOptions<OrdersOptions>().BindConfiguration(OrdersOptions.Section).ValidateOnStart();
        builder.Services.AddSingleton<IValidateOptions<OrdersOptions>, OrdersOptionsValidator>();
        builder.Services.AddSingleton<OrderStore>();
        builder.Services.AddSingleton<OrdersMetrics>();
        builder.Services.AddTransient<Ordering>();
#if (OneService)
        builder.Services.AddSingleton<IStock, OwnStock>();
#else
        builder.AddInventoryClient();
#endif
        return builder;
    }
}
