using System.Collections.Concurrent;

namespace MonitoredItem;

/// <summary>The items, in memory. Replace it with a real store: nothing else knows where they are kept.</summary>
internal sealed class ItemStore
{
    private readonly ConcurrentDictionary<Guid, Item> items = new();

    public void Add(Item item) => items[item.Id] = item;

    public Item? Find(Guid id) => items.GetValueOrDefault(id);

    public IReadOnlyList<Item> List() => [.. items.Values.OrderBy(item => item.CreatedAt)];
}
