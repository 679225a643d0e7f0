using System.Text.Json.Nodes;
using MicroMonitored.Embedded.Query;
using MicroMonitored.Embedded.Query.LogQL;
using MicroMonitored.Embedded.Query.PromQL;
using MicroMonitored.Embedded.Query.TraceQL;
using MicroMonitored.Embedded.Store;
using MicroMonitored.Embedded.Web.Pages;

namespace MicroMonitored.Embedded.Web.Dashboards;

/// <summary>What a query answers: series, or lines, or traces.</summary>
internal sealed record SignalAnswer(IReadOnlyList<PromSeries> Series)
{
    public IReadOnlyList<ShownLine>? Lines { get; init; }

    public IReadOnlyList<FoundTrace>? Traces { get; init; }
}

/// <summary>A query in one of the three languages: what pages, panels and Grafana's query API ask.</summary>
/// <param name="Language"><c>promql</c>, <c>logql</c> or <c>traceql</c>.</param>
/// <param name="Instant">Only the value at the end of the range.</param>
internal sealed record SignalQuery(string Language, string Text, bool Instant = false)
{
    public const string PromQL = "promql";
    public const string LogQL = "logql";
    public const string TraceQL = "traceql";

    /// <summary>The query of a panel's target with the variables put in; null where it has none.</summary>
    /// <param name="target">A member of a panel's <c>targets</c>.</param>
    /// <param name="source">The panel's datasource, for a target that names none.</param>
    /// <param name="into">Puts variables in.</param>
    /// <exception cref="QueryParameterException">A datasource that is none of the three.</exception>
    public static SignalQuery? Of(JsonNode target, JsonNode? source, Func<string, string> into)
    {
        var datasource = target.Member("datasource") ?? source;
        var type = datasource.Text("type") ?? datasource.Text("uid");
        var text = target.Text("expr") ?? target.Text("query");
        if (type is not ("prometheus" or "loki" or "tempo"))
            throw new QueryParameterException("datasource", $"\"{type ?? "none"}\" is not here; the engine has prometheus, loki and tempo");
        if (text is null)
            return null;
        var instant = target.Flag("instant") || target.Text("queryType") == "instant";
        return new(type switch { "prometheus" => PromQL, "loki" => LogQL, _ => TraceQL }, into(text), instant);
    }

    /// <exception cref="QuerySyntaxException">The query cannot be read.</exception>
    public SignalAnswer Ask(PageSources sources, PageRange range, long stepMs, int limit, CancellationToken cancellation)
    {
        if (Language == TraceQL)
        {
            var query = TraceParser.Parse(Text);
            var finder = new TraceFinder(sources.Spans, cancellation);
            if (query.Metric is null)
                return new([]) { Traces = finder.Find(query, new(range.FromNs, range.ToNs, null, null, limit)) };
            var steps = Instant
                ? new TraceSteps(range.FromNs, range.ToNs, Math.Max(1, range.ToNs - range.FromNs), Instant: true)
                : TraceSteps.Aligned(range.FromNs, range.ToNs, stepMs * 1_000_000);
            return new([.. new TraceMeter(finder, steps, 0).Series(query.Metric).Select(one => new PromSeries(one.Texts,
                [.. one.Values.Select((value, i) => new Sample(steps.TimeMs(i), value)).Where(static point => !double.IsNaN(point.Value))]))]);
        }

        var start = Instant ? range.ToMs : range.FromMs / stepMs * stepMs;
        if (Language == PromQL)
        {
            var expression = PromParser.Parse(Text);
            if (!Instant)
                return new(PromEvaluator.Range(sources.Metrics, expression, start, range.ToMs, stepMs, cancellation));
            var result = PromEvaluator.Instant(sources.Metrics, expression, range.ToMs, cancellation);
            return new(result.Type switch
            {
                PromType.Matrix => result.Matrix,
                PromType.Scalar => [new(Labels.Empty, [new(range.ToMs, result.Scalar)])],
                _ => [.. result.Vector.Select(point => new PromSeries(point.Labels, [new(range.ToMs, point.Value)]))],
            });
        }

        var node = LogParser.Parse(Text);
        if (node is LogSelection)
            return new([]) { Lines = LogQuery.Newest(sources, range, Text, limit, cancellation).Lines };
        return new(new LogEvaluator(sources.Logs, cancellation).Metric(node, start * 1_000_000, range.ToNs, stepMs * 1_000_000));
    }

    /// <summary>The newest exemplars of the series that a PromQL query reads, one for each trace.</summary>
    public IReadOnlyList<ChartExemplar> Exemplars(PageSources sources, PageRange range, int limit, CancellationToken cancellation)
    {
        if (Language != PromQL)
            return [];
        var series = PromParser.Parse(Text).Selectors()
            .SelectMany(selector => sources.Metrics.Series(selector.Matchers, QueryLimits.Series, cancellation)).Select(static one => one.Id).Distinct();
        return [.. sources.Metrics.Exemplars([.. series], range.FromMs, range.ToMs, cancellation)
            .Select(static one => (Exemplar: one, Trace: one.Labels.FirstOrDefault(static label => label.Key is "trace_id" or "traceID").Value))
            .Where(static one => one.Trace is not null && Show.IsTraceId(one.Trace))
            .DistinctBy(static one => one.Trace).OrderBy(static one => one.Exemplar.TimestampMs).TakeLast(limit)
            .Select(static one => new ChartExemplar(one.Exemplar.TimestampMs, one.Exemplar.Value, one.Trace!))];
    }
}
