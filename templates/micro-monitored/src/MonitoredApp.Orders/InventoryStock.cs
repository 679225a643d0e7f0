using Polly;

namespace MonitoredApp.Orders;

/// <summary>What can be ordered: the inventory service is asked, by its name.</summary>
internal sealed class Stock(HttpClient http, ILogger<Stock> logger)
{
    /// <summary>Every article and how many pieces there are; null when the inventory cannot tell right now.</summary>
    public async Task<IReadOnlyList<StockItem>?> ListAsync(CancellationToken cancellation)
    {
        try
        {
            var stock = await http.GetFromJsonAsync("/stock", OrdersJson.Default.StockList, cancellation);
            return stock?.Items ?? [];
        }
        catch (Exception fault) when (fault is HttpRequestException or ExecutionRejectedException)
        {
            logger.LogWarning(fault, "The inventory does not answer");
            return null;
        }
    }
}

internal static class StockRegistration
{
    public static void AddStock(this WebApplicationBuilder builder)
    {
        var address = builder.Configuration["Inventory:Address"] ?? $"http://{ServiceName.Derive("MonitoredApp.Inventory")}";
        builder.Services.AddHttpClient<Stock>(client => client.BaseAddress = new Uri(address));
    }
}
