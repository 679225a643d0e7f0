using MicroMonitored.Embedded.Query.LogQL;
using MicroMonitored.Embedded.Store;
using Labels = MicroMonitored.Embedded.Query.Labels;

namespace MicroMonitored.Embedded.Web;

/// <summary>The newest log lines, filtered by service, level, text or trace.</summary>
internal sealed class LogsPage(PageSources sources, TimeProvider time, CancellationToken cancellation)
{
    private const int Shown = 200;
    private static readonly string[] Levels = ["trace", "debug", "info", "warn", "error", "critical"];

    public Html Render(RequestParameters parameters)
    {
        var (service, level, text, trace) = (parameters.Text("service"), parameters.Text("level"), parameters.Text("q"), parameters.Text("trace"));
        var matchers = service is null ? new List<LabelMatcher>() : [new("service_name", MatchOperator.Equal, service)];
        var stages = new List<LogStage>();
        if (text is not null)
            stages.Add(new LogLineFilter(true, [text], []));
        if (level is not null)
            stages.Add(new LogLabelFilter(new LogTextCondition(DetectedLevel.Label, MatchOperator.Equal, level, null)));
        if (trace is not null)
            stages.Add(new LogLabelFilter(new LogTextCondition("trace_id", MatchOperator.Equal, trace, null)));

        var lines = Newest(sources.Logs, new(matchers, stages), time.GetUtcNow(), Shown, cancellation);
        var services = sources.Logs.Streams([], cancellation).SelectMany(static s => s.Labels).Where(static l => l.Key == "service_name")
            .Select(static l => l.Value).Distinct().Order(StringComparer.Ordinal);
        var hidden = trace is null ? Html.Nothing : Html.Of($"<input type=\"hidden\" name=\"trace\" value=\"{trace}\">");
        var about = trace is not null && PageParts.IsTraceId(trace)
            ? Html.Of($"<p class=\"note\">Lines of <a class=\"mono\" href=\"/trace/{trace}\">trace {trace}</a> · <a href=\"/logs\">all logs</a></p>")
            : Html.Nothing;
        var found = lines.Count == Shown ? "the newest 200 lines" : $"{lines.Count} lines";
        return Html.Of($"""
            <form class="filter" method="get" action="/logs" role="search"><input
            type="search" name="q" value="{text ?? ""}" placeholder="Lines that contain …" aria-label="Text">
            {PageParts.Select("service", "every service", services, service)}
            {PageParts.Select("level", "every level", Levels, level)}{hidden}<button>Show</button></form>
            {about}<section class="card"><header><h2>Logs</h2><span>{found} of the last 24 hours, newest first</span></header>
            {PageParts.Logs(lines, linkTraces: true)}</section>
            """);
    }

    /// <summary>The newest lines of the last day that pass the selection.</summary>
    public static IReadOnlyList<(LogLine Line, long TimestampNs)> Newest(
        ILogReader logs, LogSelection selection, DateTimeOffset now, int count, CancellationToken cancellation)
    {
        var to = ((now - DateTimeOffset.UnixEpoch).Ticks * 100) + 60_000_000_000;
        return Between(logs, selection, to - 86_460_000_000_000, to, newestFirst: true, count, cancellation);
    }

    /// <summary>The lines of a time range that pass the selection, each with its own labels.</summary>
    public static IReadOnlyList<(LogLine Line, long TimestampNs)> Between(
        ILogReader logs, LogSelection selection, long fromNs, long toNs, bool newestFirst, int count, CancellationToken cancellation)
    {
        var evaluator = new LogEvaluator(logs, cancellation);
        var streams = logs.Streams(selection.Matchers, cancellation).ToDictionary(static s => s.Id, static s => Labels.From(s.Labels));
        var entries = evaluator.Lines(selection, fromNs, toNs, count, newestFirst).SelectMany(static s => s.Entries);
        var ordered = newestFirst
            ? entries.OrderByDescending(static e => e.TimestampNs).ThenByDescending(static e => e.Sequence)
            : entries.OrderBy(static e => e.TimestampNs).ThenBy(static e => e.Sequence);
        return [.. ordered
            .Where(e => streams.ContainsKey(e.StreamId))
            .Select(e => (new LogLine(e.Line, streams[e.StreamId], e.Metadata), e.TimestampNs))];
    }
}
