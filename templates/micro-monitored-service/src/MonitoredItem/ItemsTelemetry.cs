using System.Diagnostics;

namespace MonitoredItem;

/// <summary>The service's own spans and log messages; its instruments are in <see cref="ItemsMetrics"/>.</summary>
internal static partial class ItemsTelemetry
{
    public const string Name = "MonitoredItem";

    public static readonly ActivitySource Spans = new(Name);

    [LoggerMessage(LogLevel.Information, "Item {item_id} created")]
    public static partial void ItemCreated(this ILogger logger, Guid item_id);
}
