using MicroMonitored.Embedded.Query;
using MicroMonitored.Embedded.Query.PromQL;
using MicroMonitored.Embedded.Store;
using MicroMonitored.Protocols.Exposition;

namespace Embedded.Tests.Rules;

/// <summary>Samples in memory, written and read as rules do.</summary>
internal sealed class SampleStore : IMetricReader, IMetricWriter
{
    private readonly Dictionary<Labels, long> _ids = [];
    private readonly List<(LabelSet Labels, List<Sample> Samples)> _series = [];

    /// <summary>Adds a series as promtool's tests write it: values with <c>a+bxn</c>, <c>axn</c>, <c>_</c> and <c>stale</c>.</summary>
    public void Add(string series, string values, long intervalMs)
    {
        var labels = Labels.From(PromParser.Matchers(series).Select(static matcher => KeyValuePair.Create(matcher.Name, matcher.Value)));
        long time = 0;
        foreach (var value in values.Split(' ', StringSplitOptions.RemoveEmptyEntries).SelectMany(Expanded))
        {
            if (value is { } there)
                Append(labels, new Sample(time, there));
            time += intervalMs;
        }
    }

    private static IEnumerable<double?> Expanded(string text)
    {
        var times = text.LastIndexOf('x') is > 0 and var x ? int.Parse(text[(x + 1)..], System.Globalization.CultureInfo.InvariantCulture) : 0;
        var value = times > 0 || text.Contains('x', StringComparison.Ordinal) ? text[..text.LastIndexOf('x')] : text;
        if (value == "_")
            return Enumerable.Repeat<double?>(null, Math.Max(1, times));
        if (value == "stale")
            return [Sample.StaleMarker];
        var sign = value.LastIndexOfAny(['+', '-']);
        var (first, step) = sign > 0 ? (Number(value[..sign]), Number(value[sign..])) : (Number(value), 0);
        return Enumerable.Range(0, times + 1).Select(i => (double?)(first + (i * step)));

        static double Number(string text) => double.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
    }

    private void Append(Labels labels, Sample sample)
    {
        if (!_ids.TryGetValue(labels, out var id))
        {
            _ids.Add(labels, id = _series.Count);
            _series.Add((new(id, [.. labels.Pairs.ToArray()]), []));
        }

        _series[(int)id].Samples.Add(sample);
    }

    public Task<MetricOutcome> AppendAsync(MetricBatch batch, CancellationToken cancellation)
    {
        foreach (var sample in batch.Samples)
            Append(Labels.From(sample.Labels), sample.Sample);
        return Task.FromResult(new MetricOutcome(batch.Samples.Count, 0, 0));
    }

    public IReadOnlyList<LabelSet> Series(IReadOnlyList<LabelMatcher> matchers, int limit, CancellationToken cancellation) =>
        [.. _series.Select(static one => one.Labels).Where(set => matchers.All(matcher =>
        {
            var value = set.Labels.FirstOrDefault(label => label.Key == matcher.Name).Value ?? "";
            var matches = matcher.Operator is MatchOperator.Equal or MatchOperator.NotEqual
                ? value == matcher.Value
                : Patterns.Anchored(matcher.Value, 0).IsMatch(value);
            return matches == matcher.Operator is MatchOperator.Equal or MatchOperator.Matches;
        }))];

    public IReadOnlyList<Sample> Samples(long seriesId, long fromMs, long toMs, CancellationToken cancellation) =>
        _series[(int)seriesId].Samples.Where(sample => sample.TimestampMs > fromMs && sample.TimestampMs <= toMs).ToArray();

    public IReadOnlyDictionary<long, Sample> Newest(IReadOnlyCollection<long> seriesIds, long fromMs, long toMs, CancellationToken cancellation) =>
        seriesIds.Select(id => (id, Samples: Samples(id, fromMs, toMs, cancellation))).Where(static one => one.Samples.Count > 0)
            .ToDictionary(static one => one.id, static one => one.Samples[^1]);

    public IReadOnlyList<StoredExemplar> Exemplars(IReadOnlyCollection<long> seriesIds, long fromMs, long toMs, CancellationToken cancellation) => [];

    public IReadOnlyDictionary<string, MetricMetadata> Metadata() => new Dictionary<string, MetricMetadata>();
}
