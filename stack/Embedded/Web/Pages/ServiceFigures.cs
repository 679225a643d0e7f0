using System.Globalization;
using MicroMonitored.Embedded.Query.PromQL;
using MicroMonitored.Embedded.Store;

namespace MicroMonitored.Embedded.Web.Pages;

/// <summary>Requests of one service within a range: counted, not extrapolated.</summary>
/// <param name="Requests">How many there were.</param>
/// <param name="Failed">How many of them failed.</param>
/// <param name="LastMinute">How many there were in the range's last minute.</param>
/// <param name="P50">Half of them took no longer, in seconds; not a number where there were none.</param>
/// <param name="P95">95 of 100 took no longer, in seconds.</param>
/// <param name="Bins">Requests by equal parts of the range.</param>
/// <param name="Route">A route that answered a GET in it.</param>
internal sealed record ServiceFigures(double Requests, double Failed, double LastMinute, double P50, double P95, double[] Bins, string? Route)
{
    public const int Parts = 40;
    private const long LookbackMs = 300_000;

    private const string Http = "http_server_request_duration_seconds";
    private const string Spans = "traces_spanmetrics";

    public double ErrorRatio => Requests > 0 ? Failed / Requests : 0;

    /// <summary>The figures of every service: of its request metric, else of its server spans.</summary>
    public static Dictionary<string, ServiceFigures> All(IMetricReader metrics, PageRange range, CancellationToken cancellation)
    {
        var firstScrapes = Read(metrics, "up", "", range, cancellation).Where(static s => s.Samples.Count > 0)
            .GroupBy(static s => Target(s.Labels)).ToDictionary(static g => g.Key, static g => g.Min(static s => s.Samples[0].TimestampMs));
        var all = Of(Http + "_count", Http + "_bucket", "job", static l => Value(l, "http_response_status_code") is ['5', ..]);
        foreach (var (service, figures) in Of(Spans + "_calls_total", Spans + "_latency_bucket", "service",
            static l => Value(l, "status_code") == "STATUS_CODE_ERROR", new LabelMatcher("span_kind", MatchOperator.Equal, "SPAN_KIND_SERVER")))
            all.TryAdd(service, figures);
        return all;

        Dictionary<string, ServiceFigures> Of(
            string count, string bucket, string by, Func<IReadOnlyList<KeyValuePair<string, string>>, bool> failed, params LabelMatcher[] matchers)
        {
            var counts = Read(metrics, count, by, range, cancellation, matchers).ToLookup(s => Value(s.Labels, by));
            var buckets = Read(metrics, bucket, by, range, cancellation, matchers).ToLookup(s => Value(s.Labels, by));
            return counts.Where(static service => service.Key.Length > 0).ToDictionary(static service => service.Key, service =>
            {
                var (requests, failures, minute, bins, route) = (0.0, 0.0, 0.0, new double[Parts], (Name: (string?)null, Least: int.MaxValue));
                foreach (var (labels, samples) in service)
                {
                    var own = 0.0;
                    foreach (var (time, more) in Increases(labels, samples))
                    {
                        own += more;
                        bins[Math.Clamp((int)((time - range.FromMs) * Parts / range.LengthMs), 0, Parts - 1)] += more;
                        if (time > range.ToMs - 60_000)
                            minute += more;
                    }

                    requests += own;
                    failures += failed(labels) ? own : 0;
                    if (Answering(labels) is { } path && path.Length < route.Least)
                        route = (path, path.Length);
                }

                var durations = buckets[service.Key]
                    .GroupBy(static s => Value(s.Labels, "le"))
                    .Select(le => new PromBucket(Bound(le.Key), le.Sum(s => Increases(s.Labels, s.Samples).Sum(static one => one.More))))
                    .Where(static b => !double.IsNaN(b.Upper)).OrderBy(static b => b.Upper).ToList();
                double Quantile(double q) => durations.Count > 1 && durations[^1].Count > 0 ? PromHistogram.Quantile(q, durations) : double.NaN;
                return new ServiceFigures(requests, failures, minute, Quantile(0.5), Quantile(0.95), bins, route.Name);
            });
        }

        // A series born within the range counts from zero, unless its target itself was first seen then: what it counted before is not known.
        IEnumerable<(long Time, double More)> Increases(IReadOnlyList<KeyValuePair<string, string>> labels, IReadOnlyList<Sample> samples)
        {
            Sample? before = null;
            foreach (var sample in samples)
            {
                if (sample.IsStale)
                    continue;
                if (sample.TimestampMs > range.FromMs)
                {
                    var more = before is { } known
                        ? sample.Value >= known.Value ? sample.Value - known.Value : sample.Value
                        : firstScrapes.TryGetValue(Target(labels), out var first) && first >= sample.TimestampMs ? 0 : sample.Value;
                    if (more > 0)
                        yield return (sample.TimestampMs, more);
                }

                before = sample;
            }
        }
    }

    private static List<(IReadOnlyList<KeyValuePair<string, string>> Labels, IReadOnlyList<Sample> Samples)> Read(
        IMetricReader metrics, string name, string by, PageRange range, CancellationToken cancellation, params LabelMatcher[] matchers) =>
        [.. metrics.Series([new("__name__", MatchOperator.Equal, name), .. matchers], Query.QueryLimits.Series, cancellation)
            .Where(one => by.Length == 0 || Value(one.Labels, by).Length > 0)
            .Select(one => (one.Labels, metrics.Samples(one.Id, range.FromMs - LookbackMs, range.ToMs, cancellation)))];

    private static string Target(IReadOnlyList<KeyValuePair<string, string>> labels) => Value(labels, "job") + "\n" + Value(labels, "instance");

    private static string Value(IReadOnlyList<KeyValuePair<string, string>> labels, string name)
    {
        foreach (var (key, value) in labels)
        {
            if (key == name)
                return value;
        }

        return "";
    }

    private static string? Answering(IReadOnlyList<KeyValuePair<string, string>> labels) =>
        Value(labels, "http_request_method") == "GET" && Value(labels, "http_response_status_code") is ['2', ..]
            && Value(labels, "http_route") is { Length: > 0 } route && !route.Contains('{', StringComparison.Ordinal)
            ? "/" + route.TrimStart('/')
            : null;

    private static double Bound(string le) => le is "+Inf" ? double.PositiveInfinity
        : double.TryParse(le, NumberStyles.Float, CultureInfo.InvariantCulture, out var bound) ? bound : double.NaN;
}
