using MicroMonitored.Embedded.Query;
using MicroMonitored.Embedded.Store;
using MicroMonitored.Protocols.Exposition;
using RazorSlices;

namespace MicroMonitored.Embedded.Web.Pages;

/// <summary>Every metric with its type, unit and help; one of them as a chart by a label, without writing a query.</summary>
internal sealed class MetricsPage(PageRequest request) : Page(request)
{
    private const int MostExemplars = 300;
    private const int MostSeries = 60;

    public override string Title => "Metrics";

    public override RazorSlice Body => new Web_Pages_Metrics { Model = this };

    public string? Search => Request.Text("q");

    public string? Metric => Request.Text("metric");

    public string? By => Request.Text("by") is { } label && label.All(static c => char.IsAsciiLetterOrDigit(c) || c == '_') && !char.IsAsciiDigit(label[0]) ? label : null;

    /// <summary>The quantile shown of a histogram, in hundredths.</summary>
    public int Quantile => Request.Parameters.Whole("quantile", 95, 1, 99);

    public IReadOnlyList<KeyValuePair<string, MetricMetadata>> Found() => [.. Request.Sources.Metrics.Metadata()
        .Where(one => Search is not { } word || one.Key.Contains(word, StringComparison.OrdinalIgnoreCase)
            || one.Value.Help.Contains(word, StringComparison.OrdinalIgnoreCase))
        .OrderBy(static one => one.Key, StringComparer.Ordinal)];

    public MetricMetadata? Chosen => Metric is { } name ? Request.Sources.Metrics.Metadata().GetValueOrDefault(name) : null;

    /// <summary>The labels that the chosen metric has.</summary>
    public IReadOnlyList<string> Labels() => [.. Series().SelectMany(static one => one.Labels).Select(static pair => pair.Key)
        .Where(static name => name is not ("__name__" or "le" or "quantile")).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>The query that the chart shows: a rate of a counter, a quantile of a histogram, a gauge as it is.</summary>
    public string Query()
    {
        var window = $"{Math.Max(Range.Step(200) + Scrape, 4 * Scrape)}ms";
        var by = By is { } label ? $" by ({label})" : "";
        return Chosen?.Type switch
        {
            "counter" => $"sum{by} (rate({Name("_total")}[{window}]))",
            "histogram" => $"histogram_quantile(0.{Quantile:00}, sum by (le{(By is { } own ? ", " + own : "")}) (rate({Metric}_bucket[{window}])))",
            "summary" => $"sum{by} (rate({Metric}_sum[{window}])) / sum{by} (rate({Metric}_count[{window}]))",
            _ => By is null ? Metric! : $"sum{by} ({Metric})",
        };
    }

    public Chart Chart()
    {
        var step = Range.Step(200, Math.Max(1000, Scrape));
        var series = Request.Prom(Query(), Range, step).Take(MostSeries)
            .Select(one => new ChartSeries(
                By is { } label ? one.Labels[label] : Dashboards.PanelReader.NameOf(one.Labels.WithoutName()) is { Length: > 0 } name ? name : Metric!,
                [.. one.Points.Where(static p => !double.IsNaN(p.Value)).Select(static p => new ChartPoint(p.TimestampMs, p.Value))]))
            .ToList();
        var unit = Show.Unit(Metric!, Chosen?.Unit ?? "");
        if (Chosen?.Type == "counter")
            unit = unit == "bytes" ? "Bps" : unit == "s" ? "percentunit" : "cps";
        return new("time", Metric!, unit, Range.FromMs, Range.ToMs, series) { Id = "metric", StepMs = step, Exemplars = Exemplars() };
    }

    private long Scrape => (long)Request.Sources.Options.ScrapeInterval.Value.TotalMilliseconds;

    // A counter of the text format is named with its suffix, one of OpenMetrics without.
    private string Name(string suffix) => Metric!.EndsWith(suffix, StringComparison.Ordinal) || !Has(Metric + suffix) ? Metric : Metric + suffix;

    private bool Has(string name) => Request.Sources.Metrics.Series([new("__name__", MatchOperator.Equal, name)], QueryLimits.Series, Request.Cancellation).Count > 0;

    private IReadOnlyList<LabelSet> Series()
    {
        string[] names = [Metric!, Metric + "_total", Metric + "_bucket", Metric + "_count"];
        return [.. names.SelectMany(name =>
            Request.Sources.Metrics.Series([new("__name__", MatchOperator.Equal, name)], QueryLimits.Series, Request.Cancellation))];
    }

    private List<ChartExemplar> Exemplars() => Chosen?.Type is not "histogram" ? []
        : [.. Request.Sources.Metrics.Exemplars([.. Series().Select(static one => one.Id)], Range.FromMs, Range.ToMs, Request.Cancellation)
            .Select(static one => (one, Trace: one.Labels.FirstOrDefault(static pair => pair.Key == "trace_id").Value))
            .Where(static found => found.Trace is not null && Show.IsTraceId(found.Trace)).DistinctBy(static found => found.Trace)
            .TakeLast(MostExemplars).Select(static found => new ChartExemplar(found.one.TimestampMs, found.one.Value, found.Trace))];
}
