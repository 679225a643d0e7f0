namespace MicroMonitored.Protocols.Exposition;

/// <summary>A scrape is not valid exposition text; the message names the line.</summary>
public sealed class ExpositionException(string message) : FormatException(message);

/// <summary>What a target says about a metric family; each is empty where it says nothing.</summary>
/// <param name="Type">For example <c>counter</c>; <c>unknown</c> where it is not given.</param>
/// <param name="Unit">For example <c>seconds</c>.</param>
/// <param name="Help">The text for people.</param>
public sealed record MetricMetadata(string Type, string Unit, string Help);

/// <summary>One exemplar of a sample.</summary>
/// <param name="Labels">For example <c>trace_id</c> and <c>span_id</c>.</param>
/// <param name="Value">The measurement that the exemplar is.</param>
/// <param name="TimestampMs">Milliseconds since the Unix epoch; null where the target gives none.</param>
public sealed record ScrapedExemplar(IReadOnlyList<KeyValuePair<string, string>> Labels, double Value, long? TimestampMs);

/// <summary>One sample of a scrape.</summary>
/// <param name="SeriesText">The series as it was written: the same text always is the same series.</param>
/// <param name="Labels">The labels, <c>__name__</c> first.</param>
/// <param name="Value">As scraped.</param>
/// <param name="TimestampMs">Milliseconds since the Unix epoch; null where the target gives none.</param>
/// <param name="Exemplar">Null where there is none.</param>
public sealed record ScrapedSample(
    string SeriesText, IReadOnlyList<KeyValuePair<string, string>> Labels, double Value, long? TimestampMs, ScrapedExemplar? Exemplar)
{
    /// <summary>The name of the metric.</summary>
    public string Name => Labels[0].Value;

    /// <summary>The value of a label; null where the sample has no such label.</summary>
    public string? Label(string name) => Labels.FirstOrDefault(label => label.Key == name).Value;
}

/// <summary>Everything a target said.</summary>
/// <param name="Samples">In the order they were written.</param>
/// <param name="Metadata">By the name of the family.</param>
public sealed record ParsedScrape(IReadOnlyList<ScrapedSample> Samples, IReadOnlyDictionary<string, MetricMetadata> Metadata);
