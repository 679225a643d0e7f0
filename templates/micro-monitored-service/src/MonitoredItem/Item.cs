using System.Collections.Concurrent;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Mvc;

namespace MonitoredItem;

/// <summary>One item.</summary>
internal sealed record Item(Guid Id, string Name, DateTimeOffset CreatedAt);

/// <summary>Every item.</summary>
internal sealed record ItemList(IReadOnlyList<Item> Items);

/// <summary>What a client asks to be created.</summary>
public sealed record ItemRequest([property: Required, StringLength(64, MinimumLength = 1)] string Name);

/// <summary>How all of it is read and written, without reflection.</summary>
[JsonSourceGenerationOptions(System.Text.Json.JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(Item))]
[JsonSerializable(typeof(ItemList))]
[JsonSerializable(typeof(ItemRequest))]
[JsonSerializable(typeof(ProblemDetails))]
[JsonSerializable(typeof(HttpValidationProblemDetails))]
internal sealed partial class ItemsJson : JsonSerializerContext;

/// <summary>The items, in memory. Replace it with a real store: nothing else knows where they are kept.</summary>
internal sealed class ItemStore
{
    private readonly ConcurrentDictionary<Guid, Item> _items = new();

    public void Add(Item item) => _items[item.Id] = item;

    public Item? Find(Guid id) => _items.GetValueOrDefault(id);

    public IReadOnlyList<Item> List() => [.. _items.Values.OrderBy(item => item.CreatedAt)];
}
