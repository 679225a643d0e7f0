using MicroMonitored.Protocols.Exposition;

namespace MicroMonitored.Embedded.Store;

/// <summary>One log line to be stored.</summary>
/// <param name="Labels">The labels of its stream; order does not matter.</param>
/// <param name="TimestampNs">Nanoseconds since the Unix epoch.</param>
/// <param name="Line">The line as it was written, without its line end.</param>
/// <param name="Metadata">Structured metadata.</param>
internal sealed record LogRecord(
    IReadOnlyList<KeyValuePair<string, string>> Labels,
    long TimestampNs,
    string Line,
    IReadOnlyList<KeyValuePair<string, string>> Metadata);

/// <summary>Stores log lines.</summary>
internal interface ILogWriter
{
    /// <summary>Completes once the lines are committed.</summary>
    /// <exception cref="StoreUnavailableException">Nothing was stored; asking again later may succeed.</exception>
    Task AppendAsync(IReadOnlyList<LogRecord> records, CancellationToken cancellation);
}

/// <summary>One exemplar as it arrives with a sample.</summary>
internal sealed record NewExemplar(double Value, long TimestampMs, IReadOnlyList<KeyValuePair<string, string>> Labels);

/// <summary>One sample of one series to be stored.</summary>
/// <param name="Labels">The labels of the series, <c>__name__</c> included; order does not matter.</param>
internal sealed record NewSample(IReadOnlyList<KeyValuePair<string, string>> Labels, Sample Sample, NewExemplar? Exemplar = null);

/// <summary>Samples that are stored together.</summary>
internal sealed record MetricBatch(IReadOnlyList<NewSample> Samples, IReadOnlyDictionary<string, MetricMetadata> Metadata);

/// <summary>What became of a batch of samples.</summary>
/// <param name="Stored">Samples stored.</param>
/// <param name="OutOfOrder">Samples not newer than the newest of their series, which are dropped as Prometheus drops them.</param>
/// <param name="OverLimit">Samples dropped because the store holds as many series as it may.</param>
internal readonly record struct MetricOutcome(int Stored, int OutOfOrder, int OverLimit);

/// <summary>Stores metric samples.</summary>
internal interface IMetricWriter
{
    /// <summary>Completes once the samples are committed.</summary>
    /// <exception cref="StoreUnavailableException">Nothing was stored; asking again later may succeed.</exception>
    Task<MetricOutcome> AppendAsync(MetricBatch batch, CancellationToken cancellation);
}

/// <summary>Stores spans.</summary>
internal interface ITraceWriter
{
    /// <summary>Completes once the spans are committed; a span that is already stored (same trace, span and kind) is left as it is.</summary>
    /// <exception cref="StoreUnavailableException">Nothing was stored; asking again later may succeed.</exception>
    Task AppendAsync(IReadOnlyList<StoredSpan> spans, CancellationToken cancellation);
}

/// <summary>The store cannot take data now: a full disk, a full queue, or it is closing. Answered with 503 or UNAVAILABLE.</summary>
internal sealed class StoreUnavailableException(string message, Exception? inner = null) : Exception(message, inner);
