using MicroMonitored.Embedded.Query;
using MicroMonitored.Embedded.Query.LogQL;
using RazorSlices;

namespace MicroMonitored.Embedded.Web.Pages;

/// <summary>Log lines with their number over time, filtered by service, level, text and fields.</summary>
internal sealed class LogsPage(PageRequest request) : Page(request)
{
    public const int Shown = 200;
    public static readonly IReadOnlyList<string> Levels = ["trace", "debug", "info", "warn", "error", "critical", "fatal", "unknown"];

    public override string Title => "Logs";

    public override RazorSlice Body => new Web_Pages_Logs { Model = this };

    public string? Service => Request.Text("service");

    public string? Level => Request.Text("level");

    public string? Search => Request.Text("q");

    /// <summary>The fields that lines must have, as the address repeats them: <c>f=name=value</c>.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Fields { get; } =
    [
        .. request.Parameters["f"].Select(static given => given?.Split('=', 2) is [{ Length: > 0 } name, var value]
            ? KeyValuePair.Create(name, value)
            : throw new QueryParameterException("f", $"\"{given}\" is not name=value")),
        .. request.Text("trace") is { } trace ? [KeyValuePair.Create("trace_id", trace)] : Array.Empty<KeyValuePair<string, string>>(),
    ];

    /// <summary>The filters as LogQL.</summary>
    public string Query => LogQuery.Text(Service, Level, Search, Fields);

    public IEnumerable<string> Services() => Request.Sources.Logs.Streams([], Request.Cancellation).SelectMany(static s => s.Labels)
        .Where(static l => l.Key == "service_name").Select(static l => l.Value).Distinct().Order(StringComparer.Ordinal);

    public FoundLines Lines() => LogQuery.Newest(Request, Range, Query, Shown);

    /// <summary>Lines by level over time.</summary>
    public Chart Histogram()
    {
        var step = Range.Step(60);
        var counts = LogParser.Parse($"sum by (detected_level) (count_over_time({Query} [{step}ms]))");
        var start = (Range.FromMs / step + 1) * step;
        var series = new LogEvaluator(Request.Sources.Logs, Request.Cancellation)
            .Metric(counts, start * 1_000_000, (Range.ToMs / step + 1) * step * 1_000_000, step * 1_000_000)
            .Select(one => new ChartSeries(one.Labels["detected_level"] is { Length: > 0 } level ? level : "unknown",
                [.. one.Points.Select(p => new ChartPoint(p.TimestampMs - (step / 2), p.Value))]))
            .OrderBy(static one => one.Name, StringComparer.Ordinal).ToList();
        return new("bars", "lines", "short", Range.FromMs, Range.ToMs, series) { Stacked = true, StepMs = step };
    }

    /// <summary>This page with one more field that lines must have.</summary>
    public string Narrowed(string name, string value) =>
        Request.With([.. Request.Parameters["f"].Select(static f => ("f", f)), ("f", $"{name}={value}")]);

    /// <summary>This page without a field that lines must have.</summary>
    public string Widened(KeyValuePair<string, string> field) => Request.With(
        [.. Request.Parameters["f"].Where(f => f != $"{field.Key}={field.Value}").Select(static f => ("f", f)),
            .. field.Key == "trace_id" ? [("trace", (string?)null)] : Array.Empty<(string, string?)>()]);
}
