using Microsoft.Extensions.Options;
using MonitoredApp.Monitoring;

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
        builder.AddInventoryClient();
        return builder;
    }

    private static void AddInventoryClient(this WebApplicationBuilder builder)
    {
        var key = $"Services:{ServiceName.Derive("MonitoredApp.Inventory")}:http:0";
        var address = builder.Configuration[key] ?? builder.Configuration["Inventory:Address"]
            ?? throw new OptionsValidationException(
                "Inventory", typeof(Uri), [$"The address of the inventory is not configured: set '{key}' or 'Inventory:Address'."]);
        builder.Services
            .AddHttpClient<InventoryClient>(client => client.BaseAddress = new Uri(address))
            .AddStandardResilienceHandler(resilience =>
            {
                resilience.AttemptTimeout.Timeout = TimeSpan.FromSeconds(2);
                resilience.TotalRequestTimeout.Timeout = TimeSpan.FromSeconds(6);
                resilience.Retry.MaxRetryAttempts = 2;
                resilience.Retry.Delay = TimeSpan.FromMilliseconds(100);
                resilience.CircuitBreaker.SamplingDuration = TimeSpan.FromSeconds(10);
            });
    }
}
