using System.Text;
using System.Text.RegularExpressions;
using MicroMonitored.Embedded.Rules;
using MicroMonitored.Embedded.Store;
using MicroMonitored.Protocols.Exposition;

namespace Embedded.Tests.Query;

/// <summary>The readers over lists, so that answers can be checked without a database.</summary>
internal sealed class InMemoryStore : IMetricReader, ILogReader, ISpanReader, ITargetReader, IStoreStatistics, ILogWriter, IRuleReader
{
    private readonly List<(LabelSet Labels, List<Sample> Samples)> _series = [];
    private readonly List<LabelSet> _streams = [];
    private readonly List<LogEntry> _entries = [];
    private readonly List<StoredSpan> _spans = [];
    private readonly List<StoredExemplar> _exemplars = [];
    private readonly Lock _guard = new();

    public Dictionary<string, MetricMetadata> Families { get; } = [];

    public List<ScrapeTarget> ScrapeTargets { get; } = [];

    public IReadOnlyList<RuleGroupState> Groups { get; set; } = [];

    public long AddSeries(string labels, params (long TimestampMs, double Value)[] samples)
    {
        var set = new LabelSet(_series.Count + 1, Sorted(Labels(labels)));
        _series.Add((set, [.. samples.Select(static s => new Sample(s.TimestampMs, s.Value))]));
        return set.Id;
    }

    public void AddExemplar(long series, long timestampMs, double value, string labels) =>
        _exemplars.Add(new(series, timestampMs, value, Labels(labels)));

    public void AddLine(string labels, long timestampNs, string line, string metadata = "") => Add(Labels(labels), timestampNs, line, Labels(metadata));

    public void AddSpan(StoredSpan span) => _spans.Add(span);

    // "a=1 b=2": no value of these tests holds a space or a comma.
    private static List<KeyValuePair<string, string>> Labels(string text) =>
        [.. text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(static pair => pair.Split('=', 2))
            .Select(static p => KeyValuePair.Create(p[0], p[1]))];

    private static List<KeyValuePair<string, string>> Sorted(IEnumerable<KeyValuePair<string, string>> labels) =>
        [.. labels.OrderBy(static l => l.Key, StringComparer.Ordinal)];

    public void Add(IReadOnlyList<KeyValuePair<string, string>> labels, long timestampNs, string line, IReadOnlyList<KeyValuePair<string, string>> metadata)
    {
        lock (_guard)
        {
            var sorted = Sorted(labels);
            var stream = _streams.FirstOrDefault(s => s.Labels.SequenceEqual(sorted));
            if (stream is null)
                _streams.Add(stream = new(_streams.Count + 1, sorted));
            _entries.Add(new(stream.Id, timestampNs, _entries.Count, line, metadata));
        }
    }

    private static bool Matches(LabelSet set, IReadOnlyList<LabelMatcher> matchers) => matchers.All(m =>
    {
        var value = set.Labels.FirstOrDefault(l => l.Key == m.Name).Value ?? "";
        return m.Operator switch
        {
            MatchOperator.Equal => value == m.Value,
            MatchOperator.NotEqual => value != m.Value,
            MatchOperator.Matches => Regex.IsMatch(value, $@"\A(?:{m.Value})\z", RegexOptions.NonBacktracking),
            _ => !Regex.IsMatch(value, $@"\A(?:{m.Value})\z", RegexOptions.NonBacktracking),
        };
    });

    public IReadOnlyList<LabelSet> Series(IReadOnlyList<LabelMatcher> matchers, int limit, CancellationToken cancellation)
    {
        var found = _series.Select(static s => s.Labels).Where(s => Matches(s, matchers)).ToList();
        return found.Count <= limit ? found : throw new QueryLimitException($"more than {limit} series");
    }

    public IReadOnlyList<Sample> Samples(long seriesId, long fromMs, long toMs, CancellationToken cancellation) =>
        _series[(int)seriesId - 1].Samples.Where(s => s.TimestampMs > fromMs && s.TimestampMs <= toMs).ToArray();

    public IReadOnlyDictionary<long, Sample> Newest(IReadOnlyCollection<long> seriesIds, long fromMs, long toMs, CancellationToken cancellation) =>
        seriesIds.Select(id => (id, Samples: Samples(id, fromMs, toMs, cancellation))).Where(static p => p.Samples.Count > 0)
            .ToDictionary(static p => p.id, static p => p.Samples[^1]);

    public IReadOnlyList<StoredExemplar> Exemplars(IReadOnlyCollection<long> seriesIds, long fromMs, long toMs, CancellationToken cancellation) =>
        [.. _exemplars.Where(e => seriesIds.Contains(e.SeriesId) && e.TimestampMs >= fromMs && e.TimestampMs <= toMs).OrderBy(static e => e.TimestampMs)];

    public IReadOnlyDictionary<string, MetricMetadata> Metadata() => Families;

    public IReadOnlyList<LabelSet> Streams(IReadOnlyList<LabelMatcher> matchers, CancellationToken cancellation)
    {
        lock (_guard)
            return [.. _streams.Where(s => Matches(s, matchers))];
    }

    public IEnumerable<LogRun> Runs(
        IReadOnlyCollection<long> streamIds, long fromNs, long toNs, IReadOnlyList<string> texts, Func<long, long, bool> isOne,
        CancellationToken cancellation) =>
        Entries(streamIds, fromNs, toNs, newestFirst: false, LogNeeds.None, cancellation)
            .Where(entry => texts.All(text => entry.Line.Contains(text, StringComparison.Ordinal)))
            .Select(static entry => new LogRun(entry.StreamId, entry.TimestampNs, 1, Encoding.UTF8.GetByteCount(entry.Line)));

    public IEnumerable<LogEntry> Entries(
        IReadOnlyCollection<long> streamIds, long fromNs, long toNs, bool newestFirst, LogNeeds needs, CancellationToken cancellation)
    {
        List<LogEntry> all;
        lock (_guard)
            all = [.. _entries];
        var found = all.Where(e => streamIds.Contains(e.StreamId) && e.TimestampNs >= fromNs && e.TimestampNs < toNs);
        return newestFirst
            ? found.OrderByDescending(static e => e.TimestampNs).ThenByDescending(static e => e.Sequence)
            : found.OrderBy(static e => e.TimestampNs).ThenBy(static e => e.Sequence);
    }

    public IReadOnlyList<StoredSpan> Trace(byte[] traceId, CancellationToken cancellation) =>
        [.. _spans.Where(s => s.TraceId.AsSpan().SequenceEqual(traceId)).OrderBy(static s => s.StartNs)];

    public IReadOnlyList<byte[]> Search(TraceSearch search, CancellationToken cancellation) =>
        [.. _spans
            .Where(s => (search.ServiceName is null || s.ServiceName == search.ServiceName)
                && (search.SpanName is null || s.Name == search.SpanName)
                && (search.StartNs is null || s.StartNs >= search.StartNs)
                && (search.EndNs is null || s.StartNs <= search.EndNs)
                && (search.MinDurationNs is null || s.EndNs - s.StartNs >= search.MinDurationNs)
                && (search.MaxDurationNs is null || s.EndNs - s.StartNs <= search.MaxDurationNs))
            .OrderByDescending(static s => s.StartNs)
            .Select(static s => s.TraceId)
            .DistinctBy(Convert.ToHexString)
            .Take(search.Limit)];

    public IReadOnlyList<string> ServiceNames(CancellationToken cancellation) => [.. _spans.Select(static s => s.ServiceName).Distinct()];

    public IReadOnlyList<string> SpanNames(string? serviceName, CancellationToken cancellation) =>
        [.. _spans.Where(s => serviceName is null || s.ServiceName == serviceName).Select(static s => s.Name).Distinct()];

    public IReadOnlyList<ScrapeTarget> Targets() => ScrapeTargets;

    public StoreCounts Count() => new(_series.Count, _series.Sum(static s => s.Samples.Count), _entries.Count, _spans.Count,
        _spans.Select(static s => Convert.ToHexString(s.TraceId)).Distinct().Count(), _exemplars.Count, 1 << 20);

    public Task AppendAsync(IReadOnlyList<LogRecord> records, CancellationToken cancellation)
    {
        foreach (var record in records)
            Add(record.Labels, record.TimestampNs, record.Line, record.Metadata);
        return Task.CompletedTask;
    }
}
