using System.Globalization;
using MicroMonitored.Embedded.Query.LogQL;
using MicroMonitored.Embedded.Query.PromQL;
using MicroMonitored.Embedded.Rules;
using MicroMonitored.Embedded.Store;
using RazorSlices;
using Labels = MicroMonitored.Embedded.Query.Labels;

namespace MicroMonitored.Embedded.Web.Pages;

/// <summary>What the pages show from.</summary>
internal sealed record PageSources(
    IMetricReader Metrics, ILogReader Logs, ISpanReader Spans, ITargetReader Targets, IRuleReader Rules, IStoreStatistics Statistics, EmbeddedOptions Options,
    TimeProvider Time);

/// <summary>A request for a page: its path, parameters and time range.</summary>
internal sealed record PageRequest(string Path, RequestParameters Parameters, string? Theme, PageSources Sources, CancellationToken Cancellation)
{
    /// <summary>The seconds between two refreshes that can be chosen; 0 is never.</summary>
    public static readonly IReadOnlyList<int> Refreshes = [0, 2, 5, 10, 30, 60];

    private static readonly string[] Kept = ["from", "to", "refresh"];

    public DateTimeOffset Now { get; } = Sources.Time.GetUtcNow();

    public int Refresh => Math.Clamp(Parameters.Whole("refresh", 5, 0, 3600), 0, 3600);

    public string? Text(string name) => Parameters.Text(name);

    /// <summary>A link to another page that keeps time range and refresh.</summary>
    public string Link(string path, params IEnumerable<(string Name, string? Value)> query) =>
        Address(path, [.. query, .. Kept.Where(name => query.All(given => given.Name != name)).Select(name => (name, Text(name)))]);

    /// <summary>A link to this page with some parameters changed; null takes one away.</summary>
    public string With(params IEnumerable<(string Name, string? Value)> changes) =>
        Address(Path, [.. All().Where(own => changes.All(change => change.Name != own.Name)), .. changes]);

    /// <summary>Every parameter of the address.</summary>
    public IEnumerable<(string Name, string? Value)> All() => Parameters.All();

    private static string Address(string path, IEnumerable<(string Name, string? Value)> query)
    {
        var pairs = query.Where(static one => !string.IsNullOrEmpty(one.Value))
            .Select(static one => $"{Uri.EscapeDataString(one.Name)}={Uri.EscapeDataString(one.Value!)}");
        return string.Join('&', pairs) is { Length: > 0 } text ? $"{path}?{text}" : path;
    }

    /// <summary>The range answer of a PromQL query, as <c>/api/v1/query_range</c> gives it.</summary>
    public IReadOnlyList<PromSeries> Prom(string query, PageRange range, long stepMs) =>
        PromEvaluator.Range(Sources.Metrics, PromParser.Parse(query), range.FromMs / stepMs * stepMs, range.ToMs, stepMs, Cancellation);

    /// <summary>The vector of a PromQL query at the end of the range.</summary>
    public IReadOnlyList<PromPoint> PromAt(string query, long atMs) =>
        PromEvaluator.Instant(Sources.Metrics, PromParser.Parse(query), atMs, Cancellation).Vector;
}

/// <summary>One page: what it is called, the time it shows, and its markup.</summary>
internal abstract class Page(PageRequest request, string usualFrom = "now-1h")
{
    public PageRequest Request => request;

    public PageRange Range { get; } = PageRange.Read(request.Parameters, usualFrom, request.Now);

    public abstract string Title { get; }

    /// <summary>The entry of the navigation that it belongs to.</summary>
    public virtual string Section => Title;

    public abstract RazorSlice Body { get; }
}
