using System.Text.Json.Serialization;
using MicroMonitored.Embedded.Query;
using MicroMonitored.Embedded.Store;

namespace MicroMonitored.Embedded.Web;

internal sealed record PromError(string ErrorType, string Error, [property: JsonPropertyOrder(-1)] string Status = "error");

internal sealed record PromData<T>(string ResultType, T Result);

[JsonConverter(typeof(TextSampleConverter))]
internal readonly record struct TextSample(long TimestampMs, string Text);

internal sealed record InstantSeries(Labels Metric, Sample Value);

internal sealed record RangeSeries(Labels Metric, List<Sample> Values);

internal sealed record ExemplarSeries(Labels SeriesLabels, IEnumerable<Exemplar> Exemplars);

/// <param name="Timestamp">Seconds since the Unix epoch.</param>
internal sealed record Exemplar(Labels Labels, string Value, decimal Timestamp);

internal sealed record PromTargets(IEnumerable<PromTarget> ActiveTargets, string[] DroppedTargets, Dictionary<string, int> DroppedTargetCounts);

/// <param name="LastScrapeDuration">Seconds.</param>
internal sealed record PromTarget(
    Labels DiscoveredLabels,
    Labels Labels,
    string ScrapePool,
    string ScrapeUrl,
    string GlobalUrl,
    string LastError,
    DateTime LastScrape,
    double LastScrapeDuration,
    string Health,
    string ScrapeInterval,
    string ScrapeTimeout);
