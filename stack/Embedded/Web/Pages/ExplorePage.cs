using MicroMonitored.Embedded.Query;
using MicroMonitored.Embedded.Query.PromQL;
using MicroMonitored.Embedded.Web.Dashboards;
using RazorSlices;

namespace MicroMonitored.Embedded.Web.Pages;

/// <summary>One query of the person's own, answered as a chart and a table.</summary>
internal sealed class ExplorePage(PageRequest request) : Page(request)
{
    private const int MostSeries = 100;
    private const int MostLines = 200;

    public static readonly IReadOnlyList<(string Language, string Name, string Example)> Languages =
    [
        (SignalQuery.PromQL, "PromQL: metrics", "sum by (job) (rate(http_server_request_duration_seconds_count[1m]))"),
        (SignalQuery.LogQL, "LogQL: logs", "{service_name=~\".+\"} | json | level=\"error\""),
        (SignalQuery.TraceQL, "TraceQL: traces", "{ status = error }"),
    ];

    public override string Title => "Explore";

    public override RazorSlice Body => new Web_Pages_Explore { Model = this };

    public string Language => Languages.FirstOrDefault(one => one.Language == Request.Text("lang")).Language ?? SignalQuery.PromQL;

    public string? Query => Request.Text("q");

    public string Example => Languages.Single(one => one.Language == Language).Example;

    /// <summary>Names of metrics to choose from.</summary>
    public IEnumerable<string> Names() => Request.Sources.Metrics.Metadata().Keys.Order(StringComparer.Ordinal).Take(2000);

    /// <summary>What the query answers; or why it does not, and where in the query that stands.</summary>
    public (PanelView View, int? Offset) Answer()
    {
        var view = new PanelView("answer", "explore", Query ?? "", null, 24, 12);
        try
        {
            var step = Range.Step(240);
            var answer = new SignalQuery(Language, Query!).Ask(Request.Sources, Range, step, MostLines, Request.Cancellation);
            if (answer.Lines is { } lines)
                return (view with { Lines = lines }, null);
            if (answer.Traces is { } traces)
                return (view with { Traces = traces }, null);
            var shown = answer.Series.Take(MostSeries).ToList();
            var series = ChartSeries.Told(shown.Select(
                static one => ChartSeries.Of(PanelReader.NameOf(one.Labels) is { Length: > 0 } name ? name : "value", one)));
            return (view with
            {
                Note = answer.Series.Count > MostSeries ? $"The first {MostSeries} of {answer.Series.Count} series; aggregate them with sum by (…)." : null,
                Chart = series.Count == 0 ? null
                    : new("time", "Answer", "short", Range.FromMs, Range.ToMs, series) { Id = "answer-chart", StepMs = step, Legend = [] },
                Table = Table(shown) with { Colours = [.. series.Select(static one => one.Colour)] },
            }, null);
        }
        catch (QuerySyntaxException exception)
        {
            return (view with { Fault = exception.Message }, Math.Clamp(exception.Offset, 0, Query!.Length));
        }
        catch (Exception exception) when (ProductApi.IsAnswerable(exception) && exception is not OperationCanceledException)
        {
            return (view with { Fault = exception.Message }, null);
        }
    }

    // A row for every series: its labels, and the newest value.
    private static PanelTable Table(List<PromSeries> series)
    {
        var labels = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var one in series)
        {
            foreach (var (name, _) in one.Labels.Pairs)
                labels.Add(name);
        }

        return new([.. labels, "Value"], [.. series.Select(one => (IReadOnlyList<PanelCell>)
            [.. labels.Select(name => new PanelCell(one.Labels[name])), new PanelCell(Quantities.Format(one.Points[^1].Value), one.Points[^1].Value)])]);
    }
}
