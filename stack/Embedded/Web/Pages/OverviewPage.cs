using MicroMonitored.Embedded.Query.TraceQL;
using MicroMonitored.Embedded.Store;
using RazorSlices;

namespace MicroMonitored.Embedded.Web.Pages;

/// <summary>How a service is known to live.</summary>
internal enum ServiceState
{
    /// <summary>Its last scrape succeeded.</summary>
    Up,

    /// <summary>It is not scraped and sent something within the last minute and a half.</summary>
    Sends,

    /// <summary>Its scrape fails, or it sends no more.</summary>
    Stopped,

    /// <summary>Nothing of it has been seen yet.</summary>
    Unknown,
}

/// <summary>One row of the services.</summary>
internal sealed record ServiceRow(
    string Name, ServiceState State, string Why, string Source, ServiceFigures? Figures, ShownLine? LastLine, string? Url);

/// <summary>The first page: services, what is stored, the newest failures and log lines.</summary>
internal sealed class OverviewPage(PageRequest request) : Page(request, "now-15m")
{
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(90);

    private PageSources Sources => Request.Sources;

    public override string Title => "Overview";

    public override RazorSlice Body => new Web_Pages_Overview { Model = this };

    public StoreCounts Counts => Sources.Statistics.Count();

    public IReadOnlyList<FoundTrace> Traces() =>
        new TraceFinder(Sources.Spans, Request.Cancellation).Find(TraceParser.Parse("{}"), new(Range.FromNs, Range.ToNs, null, null, 8));

    public IReadOnlyList<ShownLine> Lines() => LogQuery.Newest(Request, Range, LogQuery.Text(null, null, null), 16).Lines;

    public IReadOnlyList<ServiceRow> Services()
    {
        var targets = Sources.Targets.Targets().ToLookup(static t => t.Job);
        var figures = ServiceFigures.All(Sources.Metrics, Range, Request.Cancellation);
        var tracing = Sources.Spans.ServiceNames(Request.Cancellation).ToHashSet(StringComparer.Ordinal);
        var logging = Sources.Logs.Streams([], Request.Cancellation).SelectMany(static s => s.Labels)
            .Where(static l => l.Key == "service_name").Select(static l => l.Value).ToHashSet(StringComparer.Ordinal);
        var options = Sources.Options.Services;
        var names = options.Select(static s => s.Name).Concat(targets.Select(static t => t.Key))
            .Concat(figures.Keys.Order(StringComparer.Ordinal)).Concat(tracing.Order(StringComparer.Ordinal)).Concat(logging.Order(StringComparer.Ordinal));
        return [.. names.Where(static name => name.Length > 0).Distinct(StringComparer.Ordinal).Select(name =>
        {
            var line = LogQuery.Newest(Request, Range with { FromMs = Range.ToMs - 86_400_000 }, LogQuery.Text(name, null, null), 1).Lines is [var newest, ..]
                ? newest
                : null;
            var (state, why) = State(name, targets[name].ToList(), line, tracing.Contains(name));
            string[] sources =
            [
                .. targets.Contains(name) ? ["scraped"] : Array.Empty<string>(),
                .. !targets.Contains(name) && figures.ContainsKey(name) ? ["pushes metrics"] : Array.Empty<string>(),
                .. tracing.Contains(name) ? ["traces"] : Array.Empty<string>(),
                .. logging.Contains(name) ? ["logs"] : Array.Empty<string>(),
            ];
            return new ServiceRow(name, state, why, string.Join(", ", sources), figures.GetValueOrDefault(name), line,
                Address(options.FirstOrDefault(s => s.Name == name)?.Url, figures.GetValueOrDefault(name)?.Route));
        })];
    }

    // A route that is known to answer, else the root.
    private static string? Address(string? url, string? route) =>
        Uri.TryCreate(url, UriKind.Absolute, out var parsed) && parsed.Scheme is "http" or "https" ? new Uri(parsed, route ?? "/").ToString() : null;

    private (ServiceState State, string Why) State(string name, List<ScrapeTarget> targets, ShownLine? line, bool traces)
    {
        if (targets.FirstOrDefault(static t => t.Health == "down") is { } down)
            return (ServiceState.Stopped, down.LastError);
        if (targets.Any(static t => t.Health == "up"))
            return (ServiceState.Up, targets.Max(static t => t.LastScrape) is { } at ? "scraped " + Show.Ago(Request.Now - at) : "");
        if (targets.Count > 0)
            return (ServiceState.Unknown, "not scraped yet");

        var newest = Math.Max(line?.TimestampNs ?? 0, Math.Max(traces ? NewestSpan(name) : 0, NewestSample(name)));
        if (newest == 0)
            return (ServiceState.Unknown, "nothing of it yet");
        var silent = Request.Now - Show.Moment(newest / 1_000_000);
        return (silent <= Silence ? ServiceState.Sends : ServiceState.Stopped, "last heard " + Show.Ago(silent));
    }

    private long NewestSpan(string service) =>
        Sources.Spans.Search(new TraceSearch { ServiceName = service, Limit = 1 }, Request.Cancellation) is [var id, ..]
            ? Sources.Spans.Trace(id, Request.Cancellation).Max(static span => span.EndNs)
            : 0;

    private long NewestSample(string job)
    {
        var series = Sources.Metrics.Series([new("job", MatchOperator.Equal, job)], Query.QueryLimits.Series, Request.Cancellation);
        var now = Request.Now.ToUnixTimeMilliseconds();
        return Sources.Metrics.Newest([.. series.Select(static s => s.Id)], now - 86_400_000, now + 60_000, Request.Cancellation)
            .Values.Where(static s => !s.IsStale).Select(static s => s.TimestampMs * 1_000_000).DefaultIfEmpty(0).Max();
    }
}
