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
