using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using MicroMonitored.Embedded.Query;
using MicroMonitored.Embedded.Query.PromQL;
using MicroMonitored.Embedded.Store;
using MicroMonitored.Embedded.Web.Pages;

namespace MicroMonitored.Embedded.Web.Dashboards;

/// <summary>Runs the queries of a panel and makes of their answers what it shows.</summary>
internal sealed partial class PanelReader(PageRange range, PageRequest request)
{
    private const int MostLines = 100;
    private const int MostTraces = 50;
    private const int MostExemplars = 200;

    /// <summary>One query of a panel with its answer.</summary>
    private sealed record Asked(string RefId, string? Legend, bool Exemplars, SignalQuery Query, SignalAnswer Answer);

    public PanelView Read(PanelView view, JsonObject panel, DashboardVariables variables)
    {
        if (view.IsRow)
            return view;
        if (view.Kind == "text")
            return view with { Text = variables.Shown(panel["options"].Text("content") ?? "") };
        try
        {
            return view.Kind == "nodeGraph"
                ? view with { Chart = ServiceMap.Chart(request, range) with { Id = view.Id + "-chart", Legend = [] } }
                : Answered(view, panel, variables);
        }
        catch (QuerySyntaxException exception)
        {
            return view with { Fault = $"The query cannot be read at character {exception.Offset + 1}: {exception.Message}" };
        }
        catch (Exception exception) when (ProductApi.IsAnswerable(exception) && exception is not OperationCanceledException)
        {
            return view with { Fault = exception.Message };
        }
    }

    private PanelView Answered(PanelView view, JsonObject panel, DashboardVariables variables)
    {
        var asked = new List<Asked>();
        foreach (var target in panel.Items("targets").Where(static target => !target.Flag("hide")))
        {
            if (SignalQuery.Of(target, panel["datasource"], variables.Into) is not { } query)
                continue;
            var most = query.Language == SignalQuery.TraceQL ? MostTraces : MostLines;
            var answer = query.Ask(request.Sources, range, variables.StepMs, most, request.Cancellation);
            asked.Add(new(target.Text("refId") ?? "A", target.Text("legendFormat"), target.Flag("exemplar"), query, answer));
        }

        view = view with { Queries = [.. asked.Select(static one => one.Query)] };
        if (asked.FirstOrDefault(static one => one.Answer.Lines is not null)?.Answer is { } lines)
            return view with { Lines = lines.Lines, Note = Known(view.Kind, "logs", "table") };
        if (asked.FirstOrDefault(static one => one.Answer.Traces is not null)?.Answer is { } traces)
            return view with { Traces = traces.Traces, Note = Known(view.Kind, "traces", "table") };
        var style = new PanelStyle(panel);
        List<ChartSeries> series =
            [.. asked.SelectMany(one => one.Answer.Series.Select(found => Series(found, one.Legend, asked.Count > 1 ? one.RefId : null, style)))];
        switch (view.Kind)
        {
            case "timeseries" or "graph" or "trend":
                return view with { Chart = Chart(style.Bars ? "bars" : "time", ChartSeries.Told(series)) with { Stacked = style.Stacked } };
            case "barchart" when series.Any(static one => one.Points.Count > 1):
                return view with { Chart = Chart("bars", ChartSeries.Told(series)) with { Stacked = style.Stacked } };
            case "heatmap":
                var unit = panel["options"].Member("yAxis").Text("unit");
                return view with { Chart = Chart("heat", Buckets(asked.SelectMany(static one => one.Answer.Series), unit)) with { Legend = [] } };
            case "gauge" when series.Count == 1:
                return view with { Chart = Chart("gauge", series) with { Thresholds = style.Thresholds, Legend = [] } };
            case "gauge" or "bargauge" or "barchart":
                return view with { Bars = Bars(series, style) };
            case "stat":
                var spark = panel["options"].Text("graphMode") == "area";
                return view with { Stats = [.. series.Select(one => Stat(one, style, spark, alone: series.Count == 1, panel["options"].Text("textMode")))] };
            case "state-timeline" or "status-history":
                return view with { Timelines = [.. series.Select(one => (one.Name, States(one, style, variables.StepMs)))] };
            default:
                return view with { Table = Table(panel, style, asked), Note = Known(view.Kind, "table") };
        }

        Chart Chart(string kind, IReadOnlyList<ChartSeries> shown) =>
            new(kind, view.Title, kind == "heat" ? "reqps" : style.Unit, range.FromMs, range.ToMs, shown)
            {
                Id = view.Id + "-chart", StepMs = variables.StepMs, Min = style.Min, Max = style.Max, Thresholds = style.Drawn, Logarithmic = style.Logarithmic,
                Legend = style.Legend, Exemplars = kind == "time" ? Exemplars(asked) : [],
            };
    }

    private static string? Known(string kind, params IEnumerable<string> kinds) =>
        kinds.Contains(kind) ? null : $"Panels of the kind \"{kind}\" are not drawn here: this is what its queries answer.";

    private List<ChartExemplar> Exemplars(List<Asked> asked) => [.. asked.Where(static one => one.Exemplars)
        .SelectMany(one => one.Query.Exemplars(request.Sources, range, MostExemplars, request.Cancellation))];

    private static ChartSeries Series(PromSeries found, string? legend, string? refId, PanelStyle style)
    {
        var name = style.Name(legend is { Length: > 0 } and not "__auto"
            ? Placeholder.Replace(legend, match => found.Labels[match.Groups[1].Value])
            : NameOf(found.Labels) is { Length: > 0 } own ? own : refId ?? "value");
        var series = ChartSeries.Of(name, found);
        return style.Colour(name) is { } colour ? series with { Colour = colour } : series;
    }

    /// <summary>A series as Prometheus writes it.</summary>
    public static string NameOf(Labels labels)
    {
        var pairs = new List<string>();
        foreach (var (name, value) in labels.WithoutName().Pairs)
            pairs.Add($"{name}=\"{value}\"");
        return labels[Labels.MetricName] + (pairs.Count > 0 ? $"{{{string.Join(", ", pairs)}}}" : "");
    }

    private static PanelStat Stat(ChartSeries series, PanelStyle style, bool spark, bool alone, string? mode)
    {
        var (text, colour) = series.Points.Count > 0 ? style.Show(series.Name, series.Last) : ("no data", null);
        var named = mode is "value_and_name" or "name" || (mode is not "value" && !(alone && series.Name is "value" or "A"));
        return new(named ? series.Name : "", text, colour, spark && series.Points.Count > 1 ? series : null);
    }

    private static List<PanelBar> Bars(List<ChartSeries> series, PanelStyle style)
    {
        var least = style.Min ?? 0;
        var most = style.Max ?? Math.Max(style.Unit == "percentunit" ? 1 : least + 1e-9,
            series.Select(static one => one.Last).Where(double.IsFinite).DefaultIfEmpty(0).Max());
        return [.. series.Select(one =>
        {
            var (text, colour) = style.Show(one.Name, one.Last);
            return new PanelBar(one.Name, text, style.Colour(one.Name) ?? colour, Math.Clamp((one.Last - least) * 1000 / (most - least), 0, 1000));
        })];
    }

    // Cumulative buckets become the counts between two bounds, the lowest first.
    private static List<ChartSeries> Buckets(IEnumerable<PromSeries> found, string? unit)
    {
        var before = new Dictionary<long, double>();
        var buckets = new List<ChartSeries>();
        foreach (var (bound, points) in found.Select(static one => (Bound: Bound(one.Labels["le"]), one.Points)).Where(static one => !double.IsNaN(one.Bound))
            .OrderBy(static one => one.Bound))
        {
            var own = new List<ChartPoint>();
            foreach (var point in points)
            {
                own.Add(new(point.TimestampMs, Math.Max(0, point.Value - before.GetValueOrDefault(point.TimestampMs))));
                before[point.TimestampMs] = point.Value;
            }

            buckets.Add(new(double.IsPositiveInfinity(bound) ? "more" : Show.Value(bound, unit), own));
        }

        return buckets;

        static double Bound(string text) => text == "+Inf" ? double.PositiveInfinity
            : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var bound) ? bound : double.NaN;
    }

    private List<PanelState> States(ChartSeries series, PanelStyle style, long step)
    {
        var states = new List<PanelState>();
        foreach (var point in series.Points)
        {
            var (text, colour) = style.Show(series.Name, point.Value);
            var start = Math.Clamp((point.TimeMs - range.FromMs) * 1000.0 / range.LengthMs, 0, 1000);
            var end = Math.Clamp((point.TimeMs + step - range.FromMs) * 1000.0 / range.LengthMs, 0, 1000);
            if (states.Count > 0 && states[^1] is var last && last.Text == text && start - last.Start - last.Width < 1)
                states[^1] = last with { Width = end - last.Start };
            else
                states.Add(new(start, end - start, text, colour));
        }

        return states;
    }

    // Every set of labels is a row, every query a column of values.
    private static PanelTable Table(JsonObject panel, PanelStyle style, List<Asked> asked)
    {
        var organize = panel.Items("transformations").FirstOrDefault(static one => one.Text("id") == "organize").Member("options");
        var rows = new Dictionary<Labels, Dictionary<string, double>>();
        foreach (var (refId, _, _, _, answer) in asked)
        {
            foreach (var one in answer.Series.Where(static one => one.Points.Count > 0))
            {
                if (!rows.TryGetValue(one.Labels, out var values))
                    rows.Add(one.Labels, values = new(StringComparer.Ordinal));
                values[asked.Count == 1 ? "Value" : $"Value #{refId}"] = one.Points[^1].Value;
            }
        }

        var names = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var labels in rows.Keys)
        {
            foreach (var (name, _) in labels.Pairs)
                names.Add(name);
        }

        List<string> columns = [.. names.Concat(rows.Values.SelectMany(static row => row.Keys).Distinct().Order(StringComparer.Ordinal))
            .Where(name => !organize.Member("excludeByName").Flag(name))
            .Select((name, at) => (name, at: organize.Member("indexByName").Number(name) ?? 1000 + at))
            .OrderBy(static one => one.at).Select(static one => one.name)];
        string Title(string column) => organize.Member("renameByName").Text(column) ?? column;
        var cells = rows.Select(row => columns.Select(column => row.Value.TryGetValue(column, out var value)
            ? style.Show(Title(column), value) is var (text, colour) ? new PanelCell(text, value, colour) : null!
            : new PanelCell(column.StartsWith("Value", StringComparison.Ordinal) ? "–" : row.Key[column])).ToList());
        if (panel["options"].Items("sortBy").FirstOrDefault() is { } sort
            && columns.FindIndex(column => Title(column) == sort.Text("displayName")) is >= 0 and var by)
        {
            cells = sort.Flag("desc")
                ? cells.OrderByDescending(row => row[by].Value ?? double.MinValue).ThenByDescending(row => row[by].Text, StringComparer.Ordinal)
                : cells.OrderBy(row => row[by].Value ?? double.MinValue).ThenBy(row => row[by].Text, StringComparer.Ordinal);
        }

        return new([.. columns.Select(Title)], [.. cells]);
    }

    [GeneratedRegex(@"\{\{\s*([\w.]+)\s*\}\}", RegexOptions.CultureInvariant)]
    private static partial Regex Placeholder { get; }
}
