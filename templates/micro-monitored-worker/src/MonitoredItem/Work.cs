namespace MonitoredItem;

/// <summary>One round of the worker's work.</summary>
internal interface IWork
{
    /// <summary>Does one round and tells how many items it handled.</summary>
    Task<int> DoAsync(CancellationToken cancellation);
}

/// <summary>Replace it with the real work.</summary>
internal sealed class Work : IWork
{
    public Task<int> DoAsync(CancellationToken cancellation) => Task.FromResult(1);
}
