using System.Globalization;
using MicroMonitored.Embedded.Query.LogQL;
using MicroMonitored.Embedded.Query.PromQL;
using MicroMonitored.Embedded.Query.TraceQL;
using MicroMonitored.Embedded.Store;

namespace MicroMonitored.Embedded.Web;

/// <summary>The first page: services, what is stored, the newest traces and log lines.</summary>
internal sealed class OverviewPage(PageSources sources, EmbeddedOptions options, TimeProvider time, CancellationToken cancellation)
{
    private const string Requests = "http_server_request_duration_seconds_count";
    private readonly DateTimeOffset _now = time.GetUtcNow();

    public Html Render() => Html.Of($"{Counts()}{Services()}<div class=\"two\">{Traces()}{Logs()}</div>");

    private Html Counts()
    {
        var counts = sources.Statistics.Count();
        Html One(long value, string name) => Html.Of($"<div><b>{PageParts.Number(value)}</b><span>{name}</span></div>");
        return Html.Of($"""
            <section class="counts" aria-label="Stored">{One(counts.Series, "series")}{One(counts.Samples, "samples")}
            {One(counts.Exemplars, "exemplars")}{One(counts.LogLines, "log lines")}{One(counts.Traces, "traces")}{One(counts.Spans, "spans")}
            <div><b>{PageParts.Bytes(counts.DatabaseBytes)}</b><span>on disk</span></div></section>
            """);
    }

    private Dictionary<string, double> ByJob(string query)
    {
        var vector = PromEvaluator.Instant(sources.Metrics, PromParser.Parse(query), _now.ToUnixTimeMilliseconds(), cancellation).Vector;
        return vector.Where(static p => double.IsFinite(p.Value)).ToDictionary(static p => p.Labels["job"], static p => p.Value);
    }

    private Dictionary<string, List<Sample>> RatesByJob()
    {
        var end = _now.ToUnixTimeMilliseconds() / 15_000 * 15_000;
        return PromEvaluator.Range(sources.Metrics, PromParser.Parse($"sum by (job) (rate({Requests}[1m]))"), end - 900_000, end, 15_000, cancellation)
            .ToDictionary(static s => s.Labels["job"], static s => s.Points);
    }

    private Html Services()
    {
        var targets = sources.Targets.Targets().ToLookup(static t => t.Job);
        var names = options.Services.Select(static s => s.Name).Concat(targets.Select(static t => t.Key)).Distinct(StringComparer.Ordinal).ToList();
        if (names.Count == 0)
            {
            return Html.Of($"""
                <section class="card"><header><h2>Services</h2></header><p class="empty">No services yet: mark a project under src/ with
                &lt;MonitoredService&gt;true&lt;/MonitoredService&gt; and run <code>./build.sh --target=Up</code>.</p></section>
                """);
        }


        var rates = ByJob($"sum by (job) (rate({Requests}[1m]))");
        var failures = ByJob($"sum by (job) (rate({Requests}{{http_response_status_code=~\"5..\"}}[5m])) / sum by (job) (rate({Requests}[5m]))");
        var slow = ByJob("histogram_quantile(0.95, sum by (le, job) (rate(http_server_request_duration_seconds_bucket[5m])))");
        var lines = RatesByJob();
        return Html.Of($"""
            <section class="card"><header><h2>Services</h2><span>requests and latency of the last minutes</span></header><div class="scroll"><table>
            <thead><tr><th>Service</th><th>State</th><th>Last scrape</th>
            <th class="num">Requests/s</th><th class="num">Errors</th><th class="num">p95</th><th class="num">15 min</th><th>Signals</th></tr></thead>
            <tbody>{names.Select(name => Service(name, targets[name].ToList(), rates, failures, slow, lines))}</tbody></table></div></section>
            """);
    }

    private Html Service(
        string name, List<ScrapeTarget> targets, Dictionary<string, double> rates, Dictionary<string, double> failures, Dictionary<string, double> slow,
        Dictionary<string, List<Sample>> lines)
    {
        var down = targets.FirstOrDefault(static t => t.Health == "down");
        var state = targets.Count == 0 ? "unknown" : down is not null ? "down" : targets.All(static t => t.Health == "up") ? "up" : "unknown";
        var text = targets.Count == 0 ? "no target" : state == "unknown" ? "not scraped yet" : state;
        var last = targets.Max(static t => t.LastScrape);
        var url = options.Services.FirstOrDefault(s => s.Name == name)?.Url;
        var open = Uri.TryCreate(url, UriKind.Absolute, out var parsed) && parsed.Scheme is "http" or "https" ? Html.Of($"<a href=\"{url}\">open</a>")
            : Html.Nothing;
        string Figure(Dictionary<string, double> values, Func<double, string> format) => values.TryGetValue(name, out var value) ? format(value) : "–";
        var why = down is { LastError.Length: > 0 } ? Html.Of($"<br><span class=\"why\">{down.LastError}</span>") : Html.Nothing;
        var failing = failures.TryGetValue(name, out var ratio) && ratio > 0;
        return Html.Of($"""
            <tr><td class="name">{PageParts.Dot(name)}{name}{why}</td>
            <td><span class="state {state}">{text}</span></td>
            <td class="soft">{(last is { } at ? PageParts.Ago(_now - at) : "never")}</td>
            <td class="num">{Figure(rates, static v => v.ToString("0.##", CultureInfo.InvariantCulture))}</td>
            <td class="num {(failing ? "error" : "")}">{Figure(failures, static v => v.ToString("0.0 %", CultureInfo.InvariantCulture))}</td>
            <td class="num">{Figure(slow, static v => PageParts.Duration(v * 1e9))}</td>
            <td class="num">{Spark(lines.GetValueOrDefault(name))}</td>
            <td class="links"><a href="/logs?service={Uri.EscapeDataString(name)}">logs</a><a
            href="/traces?service={Uri.EscapeDataString(name)}">traces</a>{open}</td></tr>
            """);
    }

    private static Html Spark(List<Sample>? points)
    {
        if (points is not { Count: > 1 })
            return Html.Of($"<span class=\"faint\">–</span>");

        var most = Math.Max(points.Max(static p => p.Value), 1e-9);
        var start = points[^1].TimestampMs - 900_000;
        var line = string.Join(
            ' ', points.Select(p => string.Create(CultureInfo.InvariantCulture, $"{(p.TimestampMs - start) / 7500.0:0.#},{25 - (p.Value / most * 23):0.#}")));
        return Html.Of($"""
            <svg class="spark" viewBox="0 0 120 26" preserveAspectRatio="none" role="img"
            aria-label="request rate of the last 15 minutes"><polyline points="{line}"/></svg>
            """);
    }

    private Html Traces()
    {
        var found = new TraceFinder(sources.Spans, cancellation).Find(new TraceEverything(), new(null, null, null, null, 10));
        return Html.Of(
            $"<section class=\"card\"><header><h2>Recent traces</h2><a href=\"/traces\">all traces</a></header>{PageParts.Traces(found, _now)}</section>");
    }

    private Html Logs()
    {
        var lines = LogsPage.Newest(sources.Logs, new LogSelection([], []), _now, 22, cancellation);
        return Html.Of(
            $"<section class=\"card\"><header><h2>Recent logs</h2><a href=\"/logs\">all logs</a></header>{PageParts.Logs(lines, linkTraces: true)}</section>");
    }
}
