using System.Globalization;
using System.Text.Json;

namespace MicroMonitored.Verification.Clients;

/// <summary>One line as the store holds it.</summary>
/// <param name="TimestampNs">Nanoseconds since the Unix epoch.</param>
/// <param name="Labels">The stream's labels.</param>
/// <param name="Metadata">Structured metadata; where the store merges it into the stream, whatever is not one of the agreed labels.</param>
internal sealed record StoredLine(long TimestampNs, string Line, IReadOnlyDictionary<string, string> Labels, IReadOnlyDictionary<string, string> Metadata)
{
    public string? TraceId => Metadata.GetValueOrDefault("trace_id");

    public string? SpanId => Metadata.GetValueOrDefault("span_id");
}

/// <summary>The parts of Loki's HTTP API that Verify asks.</summary>
internal sealed class LokiClient(SignalHttp http, Uri address)
{
    public const int PageSize = 1000;
    private const int LargestPage = 5000;
    private const string Component = "loki";

    public static readonly IReadOnlySet<string> AgreedLabels = new HashSet<string>(["job", "service_name", "filename", "level"], StringComparer.Ordinal);

    public Uri Address { get; } = address;

    /// <summary>Every line the query yields with <c>from &lt;= timestamp &lt; to</c>, oldest first, however many pages that takes.</summary>
    public async Task<IReadOnlyList<StoredLine>> QueryRangeAsync(
        string query, DateTimeOffset from, DateTimeOffset to, CancellationToken cancellation, int pageSize = PageSize)
    {
        var all = new List<StoredLine>();
        var start = Nanoseconds(from);
        var end = Nanoseconds(to);
        var limit = pageSize;
        while (true)
        {
            var uri = new Uri(Address, $"loki/api/v1/query_range?query={Uri.EscapeDataString(query)}&start={start}&end={end}&limit={limit}&direction=forward");
            var page = await http.GetJsonAsync(Component, uri, ReadStreams, cancellation, ("X-Loki-Response-Encoding-Flags", "categorize-labels"))
                .ConfigureAwait(false);
            // The page begins at the last timestamp again: drop as many of its lines there as were already taken.
            var seen = all.Count(line => line.TimestampNs == start);
            all.AddRange(Without(page, start, seen));
            if (page.Count < limit)
                return all;
            var last = page[^1].TimestampNs;
            if (last == start && page[0].TimestampNs == start)
            {
                if (limit >= LargestPage)
                    return all;
                limit = Math.Min(limit * 2, LargestPage);
                continue;
            }
            start = last;
        }
    }

    /// <summary>The label names of each stream of the matcher: true labels only, never structured metadata.</summary>
    public async Task<IReadOnlyList<IReadOnlyDictionary<string, string>>> SeriesAsync(
        string matcher, DateTimeOffset from, DateTimeOffset to, CancellationToken cancellation)
    {
        var uri = new Uri(Address, $"loki/api/v1/series?match[]={Uri.EscapeDataString(matcher)}&start={Nanoseconds(from)}&end={Nanoseconds(to)}");
        return await http.GetJsonAsync<IReadOnlyList<IReadOnlyDictionary<string, string>>>(
            Component, uri, answer => [.. answer.Items("data").Select(item => item.TextMap())], cancellation).ConfigureAwait(false);
    }

    /// <summary>The label names of the whole store in the window.</summary>
    public async Task<IReadOnlyList<string>> LabelsAsync(DateTimeOffset from, DateTimeOffset to, CancellationToken cancellation)
    {
        var uri = new Uri(Address, $"loki/api/v1/labels?start={Nanoseconds(from)}&end={Nanoseconds(to)}");
        return await http.GetJsonAsync<IReadOnlyList<string>>(
            Component, uri, answer => [.. answer.Items("data").Select(item => item.GetString() ?? "")], cancellation).ConfigureAwait(false);
    }

    /// <summary>Pushes one stream; the answer is the caller's to judge.</summary>
    public Task<HttpAnswer> PushAsync(byte[] body, CancellationToken cancellation) =>
        http.PostAsync(Component, new Uri(Address, "loki/api/v1/push"), body, "application/json", cancellation);

    internal static IReadOnlyList<StoredLine> ReadStreams(JsonElement answer)
    {
        if (answer.Text("status") != "success" || !answer.TryGetProperty("data", out var data))
            throw new SignalException($"{Component}: an answer without data");
        var categorized = data.Items("encodingFlags").Any(flag => flag.GetString() == "categorize-labels");
        var lines = new List<StoredLine>();
        foreach (var stream in data.Items("result"))
        {
            var all = stream.TextMap("stream");
            var labels = categorized ? all : Where(all, AgreedLabels.Contains);
            var merged = categorized ? new Dictionary<string, string>() : Where(all, name => !AgreedLabels.Contains(name));
            foreach (var value in stream.Items("values"))
            {
                var own = value.GetArrayLength() > 2 ? value[2].TextMap("structuredMetadata") : null;
                var at = long.Parse(value[0].GetString()!, CultureInfo.InvariantCulture);
                lines.Add(new StoredLine(at, value[1].GetString() ?? "", labels, own is { Count: > 0 } ? own : merged));
            }
        }
        // Streams come one after the other; a stable sort keeps the store's order within a timestamp.
        return [.. lines.OrderBy(line => line.TimestampNs)];
    }

    private static Dictionary<string, string> Where(IReadOnlyDictionary<string, string> map, Func<string, bool> keep) =>
        map.Where(pair => keep(pair.Key)).ToDictionary(StringComparer.Ordinal);

    private static IEnumerable<StoredLine> Without(IReadOnlyList<StoredLine> page, long timestamp, int count)
    {
        foreach (var line in page)
        {
            if (count > 0 && line.TimestampNs == timestamp)
                count--;
            else
                yield return line;
        }
    }

    private static long Nanoseconds(DateTimeOffset at) => (at - DateTimeOffset.UnixEpoch).Ticks * 100;
}
