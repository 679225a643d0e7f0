using Microsoft.Extensions.Options;
using Polly;

namespace MonitoredApp.Orders;

/// <summary>Asks the inventory service. Every call is one request, repeated only when the inventory fails.</summary>
internal sealed class InventoryClient(HttpClient http) : IStock
{
    public async Task<IReadOnlyList<StockItem>> ListAsync(CancellationToken cancellation)
    {
        try
        {
            var stock = await http.GetFromJsonAsync("/stock", OrdersJson.Default.StockList, cancellation);
            return stock?.Items ?? [];
        }
        catch (Exception fault) when (fault is HttpRequestException or ExecutionRejectedException)
        {
            throw new StockUnavailableException(fault);
        }
    }
}

internal static class InventoryRegistration
{
    /// <summary>The stock is asked over HTTP at the address the environment gives, with timeouts, retries and a circuit breaker.</summary>
    public static void AddInventoryClient(this WebApplicationBuilder builder)
    {
        var key = $"Services:{ServiceName.Derive("MonitoredApp.Inventory")}:http:0";
        var address = builder.Configuration[key] ?? builder.Configuration["Inventory:Address"];
        if (!Uri.TryCreate(address, UriKind.Absolute, out var uri))
            throw new OptionsValidationException(
                "Inventory", typeof(Uri), [$"'{address}' is no address of the inventory: set '{key}' or 'Inventory:Address'."]);

        builder.Services
            .AddHttpClient<IStock, InventoryClient>(client => client.BaseAddress = uri)
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
