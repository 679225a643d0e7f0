using MicroMonitored.Testing.Assertions;
using MicroMonitored.Testing.Recording;
using MicroMonitored.Verification.Clients;

namespace MicroMonitored.Testing;

/// <summary>A metric of the services, and how much it grew by the action.</summary>
public sealed class RecordedMetric
{
    // What a store adds to a name: the unit, and what kind of number it is.
    private static readonly HashSet<string> Suffixes =
    [
        "total", "ratio", "days", "hours", "minutes", "seconds", "milliseconds", "microseconds", "nanoseconds", "bytes", "kibibytes", "mebibytes",
        "gibibytes", "kilobytes", "megabytes", "gigabytes", "percent", "meters", "hertz", "celsius",
    ];

    private readonly RecordedTelemetry _left;

    internal RecordedMetric(RecordedTelemetry left, string name) => (_left, Name) = (left, name);

    /// <summary>As it was asked for.</summary>
    public string Name { get; }

    /// <summary>Its series, each with its value and by how much it grew; of a histogram those of its count.</summary>
    public IReadOnlyList<RecordedSeries> Series => Of(_left.Snapshot);

    /// <summary>What it must have done.</summary>
    public MetricAssertions Should() => new(_left, this);

    /// <summary>One series a line.</summary>
    public override string ToString() => string.Join('\n', Series);

    /// <summary>The name that metadata and series of the store have for it; null where it has none.</summary>
    internal string? StoredName(Snapshot snapshot) => Named(snapshot).FirstOrDefault();

    internal IReadOnlyList<RecordedSeries> Of(Snapshot snapshot)
    {
        var names = Named(snapshot).SelectMany(family => snapshot.Metrics.GetValueOrDefault(family)?.Type is "histogram" or "summary"
            ? [$"{family}_count"] : new[] { family }).ToHashSet(StringComparer.Ordinal);
        return
        [
            .. snapshot.Series.Where(series => names.Contains(series.Name)).Select(series => new RecordedSeries(
                series.Labels.GetValueOrDefault("job", ""),
                series.Own.ToDictionary(StringComparer.Ordinal),
                series.Value,
                Growth(series))),
        ];
    }

    /// <summary>Of all metrics, as the store spells them, without the parts of histograms.</summary>
    internal static IReadOnlyList<string> Families(Snapshot snapshot)
        => [.. snapshot.Series.Select(series => MetricDescription.Family(series.Name, snapshot.Metrics)).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>The name without what a store adds to it.</summary>
    internal static string Bare(string name)
    {
        var words = name.Split('_', '.').ToList();
        while (words.Count > 1 && Suffixes.Contains(words[^1]))
            words.RemoveAt(words.Count - 1);
        return string.Join('_', words);
    }

    private IEnumerable<string> Named(Snapshot snapshot)
    {
        var wanted = string.Concat(Name.Select(character => char.IsAsciiLetterOrDigit(character) ? character : '_'));
        if (snapshot.Series.Any(series => series.Labels.GetValueOrDefault("__name__") == wanted))
            return [wanted];
        return Families(snapshot).Where(family => family == wanted || (family.StartsWith(wanted + "_", StringComparison.Ordinal)
            && family[(wanted.Length + 1)..].Split('_').All(word => Suffixes.Contains(word) || word == snapshot.Metrics.GetValueOrDefault(family)?.Unit)));
    }

    // A counter that fell was started anew.
    private double Growth(VectorSample series)
        => _left.Recording.Before.TryGetValue(series.Key, out var before) && before <= series.Value ? series.Value - before : series.Value;
}

/// <summary>One series of a metric.</summary>
/// <param name="Service">The service that it is of.</param>
/// <param name="Labels">The service's own.</param>
/// <param name="Value">As it is now.</param>
/// <param name="Growth">By how much it grew by the action.</param>
public sealed record RecordedSeries(string Service, IReadOnlyDictionary<string, string> Labels, double Value, double Growth)
{
    /// <summary>As a failure shows it.</summary>
    public override string ToString() => FormattableString.Invariant(
        $"{Service} {{{string.Join(", ", Labels.Select(label => $"{label.Key}=\"{label.Value}\""))}}} grew by {Growth:0.######} to {Value:0.######}");
}
