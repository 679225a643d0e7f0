using System.ComponentModel.DataAnnotations;

namespace MonitoredItem;

/// <summary>One item.</summary>
internal sealed record Item(Guid Id, string Name, DateTimeOffset CreatedAt);

/// <summary>Every item.</summary>
internal sealed record ItemList(IReadOnlyList<Item> Items);

/// <summary>What a client asks to be created.</summary>
public sealed record ItemRequest([property: Required, StringLength(64, MinimumLength = 1)] string Name);
