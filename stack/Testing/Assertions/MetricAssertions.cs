using System.Globalization;
using MicroMonitored.Testing.Recording;
using MicroMonitored.Verification.Clients;

namespace MicroMonitored.Testing.Assertions;

/// <summary>What a metric must have done.</summary>
public sealed class MetricAssertions
{
    private const double Tolerance = 1e-9;

    private readonly RecordedTelemetry _left;
    private readonly RecordedMetric _metric;

    internal MetricAssertions(RecordedTelemetry left, RecordedMetric metric) => (_left, _metric) = (left, metric);

    /// <summary>Goes on with the same metric.</summary>
    public MetricAssertions And => this;

    /// <summary>The series with these labels grew by exactly this together; of a histogram, by so many records.</summary>
    public MetricAssertions GrowBy(double amount, params (string Label, string Value)[] labels)
    {
        Check($"to grow by {Number(amount)}", labels, grown => Math.Abs(grown - amount) < Tolerance, grown => grown > amount + Tolerance);
        return this;
    }

    /// <summary>The series with these labels grew by this or more together.</summary>
    public MetricAssertions GrowByAtLeast(double amount, params (string Label, string Value)[] labels)
    {
        Check($"to grow by at least {Number(amount)}", labels, grown => grown >= amount - Tolerance, _ => false);
        return this;
    }

    /// <summary>No series with these labels grew, and none does within the window.</summary>
    public MetricAssertions NotGrow(params (string Label, string Value)[] labels)
    {
        _left.Watch(snapshot => _metric.Of(snapshot).Where(series => Has(series, labels)).FirstOrDefault(series => Math.Abs(series.Growth) > Tolerance)
            is { } grown ? Fail(snapshot, $"{Spoken(labels)} not to grow", grown.ToString()) : null);
        return this;
    }

    /// <summary>A series with these labels has this value now.</summary>
    public MetricAssertions Be(double value, params (string Label, string Value)[] labels)
    {
        Expect(labels, $"to be {Number(value)}", series => series.Any(one => Math.Abs(one.Value - value) < Tolerance),
            series => string.Join("; ", series.Select(one => Number(one.Value))));
        return this;
    }

    /// <summary>Its series have exactly these labels, in any order.</summary>
    public MetricAssertions HaveLabels(params string[] labels)
    {
        Expect([], $"to have the labels {string.Join(", ", labels)}", series => series.All(one => one.Labels.Keys.Order().SequenceEqual(labels.Order())),
            series => $"the labels {string.Join("; ", series.Select(one => string.Join(", ", one.Labels.Keys.Order())).Distinct())}");
        return this;
    }

    /// <summary>Its unit as the service spells it: <c>s</c>, <c>By</c>, <c>{order}</c>.</summary>
    public MetricAssertions HaveUnit(string unit) => Described("unit", unit, described => described.Unit);

    /// <summary><c>counter</c>, <c>gauge</c> or <c>histogram</c>.</summary>
    public MetricAssertions HaveType(string type) => Described("type", type, described => described.Type);

    /// <summary>An exemplar of it leads to this trace.</summary>
    public MetricAssertions HaveExemplar()
    {
        _left.Expect(snapshot => snapshot.Exemplars.Any(name => MetricDescription.Family(name, snapshot.Metrics) == _metric.StoredName(snapshot))
            ? null
            : Fail(snapshot, $"an exemplar of {_metric.Name} with the id of this trace", Exemplars(snapshot)) with
            {
                Hop = $"{_metric.Name} → exemplar: is the exemplar filter trace_based, and was it recorded within the request's span?",
            });
        return this;
    }

    internal static string Exemplars(Snapshot snapshot)
        => snapshot.Exemplars.Count == 0 ? "no exemplar of this trace at all" : $"exemplars of this trace at {string.Join(", ", snapshot.Exemplars.Order())}";

    private static bool Has(RecordedSeries series, (string Label, string Value)[] labels)
        => labels.All(label => series.Labels.GetValueOrDefault(Stored(label.Label)) == label.Value);

    private static string Stored(string label) => string.Concat(label.Select(character => char.IsAsciiLetterOrDigit(character) ? character : '_'));

    private static string Number(double value) => value.ToString("0.######", CultureInfo.InvariantCulture);

    private string Spoken((string Label, string Value)[] labels)
        => labels.Length == 0 ? _metric.Name : $"{_metric.Name}{{{string.Join(", ", labels.Select(label => $"{label.Label}=\"{label.Value}\""))}}}";

    private MetricAssertions Described(string what, string wanted, Func<Verification.Clients.MetricDescription, string> of)
    {
        _left.Expect(snapshot =>
        {
            if (Missing(snapshot, [], $"to have the {what} {wanted}") is { } missing)
                return missing;
            var stored = _metric.StoredName(snapshot)!;
            return snapshot.Metrics.TryGetValue(stored, out var described) && of(described) == wanted ? null
                : Fail(snapshot, $"{_metric.Name} to have the {what} {wanted}", described is null ? "no description" : $"{what} \"{of(described)}\"");
        });
        return this;
    }

    private void Check(string spoken, (string Label, string Value)[] labels, Func<double, bool> holds, Func<double, bool> isFinal)
        => _left.Expect(snapshot =>
        {
            if (Missing(snapshot, labels, spoken) is { } missing)
                return missing;
            var grown = _metric.Of(snapshot).Where(series => Has(series, labels)).Sum(series => series.Growth);
            return holds(grown) ? null : Fail(snapshot, $"{Spoken(labels)} {spoken}", $"it grew by {Number(grown)}") with
            {
                IsFinal = isFinal(grown), Look = isFinal(grown) ? OthersAsync : null,
                Hop = isFinal(grown) ? null : "service → counter: the request did not count, or counts under other labels",
            };
        });

    private void Expect(
        (string Label, string Value)[] labels, string spoken, Func<IReadOnlyList<RecordedSeries>, bool> holds,
        Func<IReadOnlyList<RecordedSeries>, string> found)
        => _left.Expect(snapshot =>
        {
            if (Missing(snapshot, labels, spoken) is { } missing)
                return missing;
            var series = _metric.Of(snapshot).Where(one => Has(one, labels)).ToList();
            return holds(series) ? null : Fail(snapshot, $"{Spoken(labels)} {spoken}", found(series));
        });

    // By name first, then by labels: the first of both that is not there.
    private Failure? Missing(Snapshot snapshot, (string Label, string Value)[] labels, string spoken)
    {
        var series = _metric.Of(snapshot);
        if (series.Count == 0)
        {
            var families = RecordedMetric.Families(snapshot);
            var found = families.Count == 0 ? "no metric of any service" : $"no metric of that name among {families.Count}";
            return Fail(snapshot, $"{Spoken(labels)} {spoken}", found) with
            {
                Nearest = Model.Nearest.Closest(RecordedMetric.Bare(_metric.Name), families.Select(RecordedMetric.Bare), _metric.Name.Length / 2) is { } like
                    ? families.First(family => RecordedMetric.Bare(family) == like) : null,
                Hop = Diagnosis.OfFailed(snapshot) ?? (families.Count == 0
                    ? "service → store: has it an OTLP exporter of metrics, and does it read OTEL_METRIC_EXPORT_INTERVAL?"
                    : "service → metric: the instrument was renamed or never used, or its meter is not collected"),
            };
        }

        if (series.Any(one => Has(one, labels)))
            return null;
        var keys = series.SelectMany(one => one.Labels.Keys).ToHashSet(StringComparer.Ordinal);
        var unknown = labels.Select(label => label.Label).FirstOrDefault(label => !keys.Contains(Stored(label)));
        return Fail(snapshot, $"{Spoken(labels)} {spoken}", unknown is null ? "no series with these values" : $"no label {unknown}") with
        {
            Nearest = unknown is null ? series.MaxBy(one => labels.Count(label => Has(one, [label])))!.ToString()
                : Model.Nearest.Closest(unknown, keys) is { } near ? $"label {near}" : null,
            Hop = unknown is null ? null : $"service → label: {unknown} was renamed, or is not given any more",
        };
    }

    private Failure Fail(Snapshot snapshot, string expected, string found)
        => new(expected, found) { Left = [.. _metric.Of(snapshot).Select(series => series.ToString())] };

    private async Task<string?> OthersAsync()
    {
        var others = (await _left.Recorder.ElsewhereAsync(_left.Recording).ConfigureAwait(false))
            .Where(span => span.Kind == System.Diagnostics.ActivityKind.Server).ToList();
        return others.Count == 0 ? "service → counter: one request counts more than once"
            : $"{others.Count} requests of others were served in the same time ({string.Join(", ", others.Take(3))}): a counter cannot tell them apart";
    }
}
