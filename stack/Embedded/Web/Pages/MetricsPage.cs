using System.Text.RegularExpressions;
using MicroMonitored.Embedded.Query;
using MicroMonitored.Embedded.Query.PromQL;
using MicroMonitored.Embedded.Store;
using MicroMonitored.Embedded.Web.Dashboards;
using MicroMonitored.Protocols.Exposition;
using RazorSlices;

namespace MicroMonitored.Embedded.Web.Pages;

/// <summary>Every metric with its type, unit and help; one of them as a chart by a label, without writing a query.</summary>
internal sealed partial class MetricsPage : Page
{
    private const int MostExemplars = 300;
    private const int MostSeries = 60;
    private static readonly string[] Parts = ["_bucket", "_sum", "_count", "_created", "_total"];

    private readonly ILookup<string, LabelSet> _families;
    private readonly IReadOnlyDictionary<string, MetricMetadata> _metadata;

    public MetricsPage(PageRequest request) : base(request)
    {
        _metadata = request.Sources.Metrics.Metadata();
        var series = request.Sources.Metrics.Series([], QueryLimits.Series, request.Cancellation);
        var names = series.Select(Name).ToHashSet(StringComparer.Ordinal);
        _families = series.ToLookup(one => Family(Name(one), names), StringComparer.Ordinal);
    }

    public override string Title => "Metrics";

    public override RazorSlice Body => new Web_Pages_Metrics { Model = this };

    public string? Search => Request.Text("q");

    public string? Metric => Request.Text("metric");

    public string? By => Request.Text("by") is { } label && LabelName.IsMatch(label) ? label : null;

    /// <summary>The quantile shown of a histogram, in hundredths.</summary>
    public int Quantile => Request.Parameters.Whole("quantile", 95, 1, 99);

    public IReadOnlyList<(string Name, MetricMetadata About, int Series)> Found() => [.. _families.Select(one => (one.Key, About(one.Key), one.Count()))
        .Where(one => Search is not { } word || one.Key.Contains(word, StringComparison.OrdinalIgnoreCase)
            || one.Item2.Help.Contains(word, StringComparison.OrdinalIgnoreCase))
        .OrderBy(static one => one.Key, StringComparer.Ordinal)];

    public MetricMetadata? Chosen => Metric is { } name && _families.Contains(name) ? About(name) : null;

    /// <summary>The unit of a metric, in words; empty where it has none.</summary>
    public static string UnitOf(string name, MetricMetadata about) =>
        about.Unit.Length > 0 ? about.Unit : Show.Unit(name, "") switch { "s" => "seconds", "short" => "", var unit => unit };

    /// <summary>The labels that the chosen metric has.</summary>
    public IReadOnlyList<string> Labels() => [.. _families[Metric!].SelectMany(static one => one.Labels).Select(static pair => pair.Key)
        .Where(static name => name is not (Query.Labels.MetricName or "le" or "quantile")).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>The query that the chart shows: a rate of a counter, a quantile of a histogram, a gauge as it is.</summary>
    public string PromQL()
    {
        var window = $"{Math.Max(Step + Scrape, 4 * Scrape) / 1000}s";
        var by = By is { } label ? $" by ({label})" : "";
        return Chosen?.Type switch
        {
            "counter" => $"sum{by} (rate({_families[Metric!].Select(Name).First()}[{window}]))",
            "histogram" => $"histogram_quantile(0.{Quantile:00}, sum by (le{(By is { } own ? ", " + own : "")}) (rate({Metric}_bucket[{window}])))",
            "summary" => $"sum{by} (rate({Metric}_sum[{window}])) / sum{by} (rate({Metric}_count[{window}]))",
            _ => By is null ? Metric! : $"sum{by} ({Metric})",
        };
    }

    public Chart Chart()
    {
        var unit = Show.Unit(Metric!, Chosen?.Unit ?? "");
        if (Chosen?.Type == "counter")
            unit = unit switch { "bytes" => "Bps", "s" => "percentunit", _ => "cps" };
        var series = Request.Prom(PromQL(), Range, Step).Take(MostSeries).Select(one => ChartSeries.Of(
            By is { } label && one.Labels[label] is { Length: > 0 } value ? value
                : PanelReader.NameOf(one.Labels.WithoutName()) is { Length: > 0 } name ? name : Metric!, one));
        return new("time", Metric!, unit, Range.FromMs, Range.ToMs, ChartSeries.Told(series)) { Id = "metric", StepMs = Step, Exemplars = Exemplars() };
    }

    private long Scrape => Math.Max(1000, (long)Request.Sources.Options.ScrapeInterval.Value.TotalMilliseconds);

    private long Step => Range.Step(200, Scrape);

    private IReadOnlyList<ChartExemplar> Exemplars() => Chosen?.Type is not "histogram" ? []
        : new SignalQuery(SignalQuery.PromQL, $"{Metric}_bucket").Exemplars(Request.Sources, Range, MostExemplars, Request.Cancellation);

    private static string Name(LabelSet series) => series.Labels.FirstOrDefault(static pair => pair.Key == Query.Labels.MetricName).Value ?? "";

    // A histogram and a summary are one metric, whatever their series are called; a counter goes by the name that its metadata has.
    private string Family(string name, HashSet<string> names)
    {
        if (_metadata.ContainsKey(name))
            return name;
        foreach (var part in Parts)
        {
            if (name.EndsWith(part, StringComparison.Ordinal) && name[..^part.Length] is var family
                && (_metadata.ContainsKey(family) || part != "_total" && names.Contains(family + "_bucket")))
                return family;
        }

        return name;
    }

    private MetricMetadata About(string family) => _metadata.GetValueOrDefault(family)
        ?? new(_families[family].Any(static one => Name(one).EndsWith("_bucket", StringComparison.Ordinal)) ? "histogram"
            : family.EndsWith("_total", StringComparison.Ordinal) ? "counter" : "unknown", "", "");

    [GeneratedRegex("^[A-Za-z_][A-Za-z0-9_]*$", RegexOptions.CultureInvariant)]
    private static partial Regex LabelName { get; }
}
