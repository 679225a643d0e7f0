using MicroMonitored.Protocols.Exposition;

namespace MicroMonitored.Embedded.Store;

/// <summary>How a label is compared; the four operators PromQL and LogQL share.</summary>
internal enum MatchOperator
{
    /// <summary><c>=</c></summary>
    Equal,

    /// <summary><c>!=</c></summary>
    NotEqual,

    /// <summary><c>=~</c>, anchored at both ends.</summary>
    Matches,

    /// <summary><c>!~</c>, anchored at both ends.</summary>
    NotMatches,
}

/// <summary>One label matcher; a missing label compares as the empty string.</summary>
internal sealed record LabelMatcher(string Name, MatchOperator Operator, string Value);

/// <summary>A metric series or log stream: its labels in ordinal order of name (<c>__name__</c> included for metrics).</summary>
internal sealed record LabelSet(long Id, IReadOnlyList<KeyValuePair<string, string>> Labels)
{
    /// <summary>Of a stream: every name that the structured metadata of one of its lines has; null where that is not known.</summary>
    /// <remarks>Replaced before the lines of a new name are committed: who reads it after lines sees all of their names.</remarks>
    public IReadOnlyCollection<string>? MetadataNames { get; set; }
}

/// <summary>One sample: milliseconds since the Unix epoch and the value; <see cref="StaleMarker"/> ends a series.</summary>
internal readonly record struct Sample(long TimestampMs, double Value)
{
    /// <summary>The NaN that Prometheus writes where a series ended (0x7ff0000000000002).</summary>
    public static readonly double StaleMarker = BitConverter.UInt64BitsToDouble(0x7ff0000000000002);

    /// <summary>Whether the value is the stale marker, bit for bit.</summary>
    public bool IsStale => BitConverter.DoubleToUInt64Bits(Value) == 0x7ff0000000000002;
}

/// <summary>One exemplar of a series.</summary>
internal sealed record StoredExemplar(long SeriesId, long TimestampMs, double Value, IReadOnlyList<KeyValuePair<string, string>> Labels);

/// <summary>One stored log line.</summary>
/// <param name="TimestampNs">Nanoseconds since the Unix epoch.</param>
/// <param name="Sequence">Ascending in the order of arrival; orders lines of the same timestamp.</param>
/// <param name="Metadata">Structured metadata: <c>trace_id</c>, <c>span_id</c>, flags; never part of the stream's labels.</param>
internal sealed record LogEntry(long StreamId, long TimestampNs, long Sequence, string Line, IReadOnlyList<KeyValuePair<string, string>> Metadata);

/// <summary>Lines of one stream that are counted as one, because all stand in the same windows.</summary>
/// <param name="TimestampNs">The time of one of them.</param>
/// <param name="Bytes">The bytes of the lines as UTF-8.</param>
internal readonly record struct LogRun(long StreamId, long TimestampNs, long Lines, long Bytes);

/// <summary>What all lines have that are wanted.</summary>
/// <param name="Texts">Each stands in the line.</param>
/// <param name="TraceId">The value of <c>trace_id</c> in their structured metadata; null for any.</param>
internal sealed record LogNeeds(IReadOnlyList<string> Texts, string? TraceId = null)
{
    public static readonly LogNeeds None = new([]);
}

/// <summary>One stored span: the OTLP message as received, with what queries need beside it.</summary>
/// <param name="TraceId">16 bytes.</param>
/// <param name="SpanId">8 bytes.</param>
/// <param name="Kind">The OTLP <c>SpanKind</c> number.</param>
/// <param name="Span">A serialized <c>opentelemetry.proto.trace.v1.Span</c>.</param>
/// <param name="Resource">A serialized <c>opentelemetry.proto.resource.v1.Resource</c>.</param>
/// <param name="Scope">A serialized <c>opentelemetry.proto.common.v1.InstrumentationScope</c>.</param>
internal sealed record StoredSpan(
    byte[] TraceId, byte[] SpanId, byte[]? ParentSpanId, string ServiceName, string Name, int Kind, long StartNs, long EndNs,
    byte[] Span, byte[] Resource, byte[] Scope);

/// <summary>What a trace search asks; every given field must hold for one span of the trace.</summary>
internal sealed record TraceSearch
{
    public string? ServiceName { get; init; }
    public string? SpanName { get; init; }
    public long? StartNs { get; init; }
    public long? EndNs { get; init; }
    public long? MinDurationNs { get; init; }
    public long? MaxDurationNs { get; init; }

    /// <summary>Spans of which it is known that their status is no error may be left out.</summary>
    public bool ErrorsOnly { get; init; }

    public int Limit { get; init; } = 20;
}

/// <summary>Reads metrics; every call opens its own read-only view and may run beside writers.</summary>
internal interface IMetricReader
{
    /// <summary>The series all matchers hold for, at most <paramref name="limit"/>; more is a <see cref="QueryLimitException"/>.</summary>
    IReadOnlyList<LabelSet> Series(IReadOnlyList<LabelMatcher> matchers, int limit, CancellationToken cancellation);

    /// <summary>The samples of one series with <c>from &lt; timestamp &lt;= to</c>, ascending.</summary>
    IReadOnlyList<Sample> Samples(long seriesId, long fromMs, long toMs, CancellationToken cancellation);

    /// <summary>The newest sample of each given series with <c>from &lt; timestamp &lt;= to</c>.</summary>
    IReadOnlyDictionary<long, Sample> Newest(IReadOnlyCollection<long> seriesIds, long fromMs, long toMs, CancellationToken cancellation);

    /// <summary>The exemplars of the given series with <c>from &lt;= timestamp &lt;= to</c>, ascending per series.</summary>
    IReadOnlyList<StoredExemplar> Exemplars(IReadOnlyCollection<long> seriesIds, long fromMs, long toMs, CancellationToken cancellation);

    /// <summary>TYPE, UNIT and HELP by metric family name, as last scraped.</summary>
    IReadOnlyDictionary<string, MetricMetadata> Metadata();
}

/// <summary>Reads log lines.</summary>
internal interface ILogReader
{
    /// <summary>The streams all matchers hold for.</summary>
    IReadOnlyList<LabelSet> Streams(IReadOnlyList<LabelMatcher> matchers, CancellationToken cancellation);

    /// <summary>The lines of the given streams with <c>from &lt;= timestamp &lt; to</c>, lazily, by timestamp, then sequence.</summary>
    /// <param name="needs">Lines that do not have this may be left out.</param>
    IEnumerable<LogEntry> Entries(
        IReadOnlyCollection<long> streamIds, long fromNs, long toNs, bool newestFirst, LogNeeds needs, CancellationToken cancellation);

    /// <summary>Counts the lines that hold every one of <paramref name="texts"/>, in any order.</summary>
    /// <param name="isOne">Whether lines from the first time to the last, both included, may be counted as one.</param>
    IEnumerable<LogRun> Runs(
        IReadOnlyCollection<long> streamIds, long fromNs, long toNs, IReadOnlyList<string> texts, Func<long, long, bool> isOne, CancellationToken cancellation);
}

/// <summary>Reads spans.</summary>
internal interface ISpanReader
{
    /// <summary>All spans of one trace (16-byte id) by start time; empty when unknown.</summary>
    IReadOnlyList<StoredSpan> Trace(byte[] traceId, CancellationToken cancellation);

    /// <summary>The same for several traces, in the order of their ids.</summary>
    IReadOnlyList<IReadOnlyList<StoredSpan>> Traces(IReadOnlyList<byte[]> traceIds, CancellationToken cancellation) =>
        [.. traceIds.Select(id => Trace(id, cancellation))];

    /// <summary>The ids of the newest traces with a span that meets the search.</summary>
    IReadOnlyList<byte[]> Search(TraceSearch search, CancellationToken cancellation);

    /// <summary>The service names seen.</summary>
    IReadOnlyList<string> ServiceNames(CancellationToken cancellation);

    /// <summary>The span names seen, of one service or of all.</summary>
    IReadOnlyList<string> SpanNames(string? serviceName, CancellationToken cancellation);
}

/// <summary>What the store holds, for the first page and <c>/metrics</c> of the engine itself.</summary>
internal sealed record StoreCounts(long Series, long Samples, long LogLines, long Spans, long Traces, long Exemplars, long DatabaseBytes);

/// <summary>Counts what is stored.</summary>
internal interface IStoreStatistics
{
    StoreCounts Count();
}

/// <summary>The state of one scrape target as <c>/api/v1/targets</c> reports it.</summary>
internal sealed record ScrapeTarget(
    string Job,
    string Instance,
    string ScrapeUrl,
    IReadOnlyDictionary<string, string> DiscoveredLabels,
    IReadOnlyDictionary<string, string> Labels,
    string Health,
    string LastError,
    DateTimeOffset? LastScrape,
    TimeSpan LastScrapeDuration);

/// <summary>The scrape targets known now.</summary>
internal interface ITargetReader
{
    IReadOnlyList<ScrapeTarget> Targets();
}

/// <summary>A query asked for more than the engine gives; answered with 422 and the limit.</summary>
internal sealed class QueryLimitException(string message) : Exception(message);
