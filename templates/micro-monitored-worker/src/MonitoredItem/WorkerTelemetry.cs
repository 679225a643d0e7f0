using System.Diagnostics;

namespace MonitoredItem;

/// <summary>The worker's own spans and log messages; its instruments are in <see cref="WorkerMetrics"/>.</summary>
internal static partial class WorkerTelemetry
{
    public const string Name = "MonitoredItem";

    public static readonly ActivitySource Spans = new(Name);

    [LoggerMessage(LogLevel.Information, "Round done: {items} items")]
    public static partial void RoundDone(this ILogger logger, int items);

    [LoggerMessage(LogLevel.Error, "Round failed")]
    public static partial void RoundFailed(this ILogger logger, Exception fault);
}
