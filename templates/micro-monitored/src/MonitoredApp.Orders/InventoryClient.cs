using System.Net;
using Polly;

namespace MonitoredApp.Orders;

/// <summary>Asks the inventory service. Every method is one request, repeated only when the inventory fails.</summary>
internal sealed class InventoryClient(HttpClient http)
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
            throw new InventoryUnavailableException(fault);
        }
    }
}

/// <summary>The inventory did not answer in time or answered with a failure.</summary>
internal sealed class InventoryUnavailableException(Exception cause) : Exception("The inventory does not answer.", cause);
