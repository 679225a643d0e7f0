namespace MonitoredApp.Orders;

/// <summary>What can be ordered.</summary>
internal interface IStock
{
    /// <summary>Every article and how many pieces there are.</summary>
    /// <exception cref="StockUnavailableException">It cannot be told right now.</exception>
    Task<IReadOnlyList<StockItem>> ListAsync(CancellationToken cancellation);
}

/// <summary>The stock could not be asked: try again later.</summary>
internal sealed class StockUnavailableException(Exception cause) : Exception("The stock cannot be asked.", cause);
