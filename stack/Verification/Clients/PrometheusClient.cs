using System.Globalization;
using System.Text.Json;
using MicroMonitored.Protocols;

namespace MicroMonitored.Verification.Clients;

/// <summary>One element of an instant vector.</summary>
internal sealed record VectorSample(IReadOnlyDictionary<string, string> Labels, double Value)
{
    private static readonly string[] OfTheScrape = ["__name__", "job", "instance", "le", "quantile"];

    public string Name => Labels.GetValueOrDefault("__name__", "");

    /// <summary>The labels that a service gives itself.</summary>
    public IEnumerable<KeyValuePair<string, string>> Own =>
        Labels.Where(label => !OfTheScrape.Contains(label.Key) && !label.Key.StartsWith("otel_scope_", StringComparison.Ordinal));

    /// <summary>All its labels as one text.</summary>
    public string Key =>
        string.Join('\n', Labels.OrderBy(label => label.Key, StringComparer.Ordinal).Select(label => $"{label.Key}={label.Value}"));
}

/// <summary>One exemplar with the labels of its series.</summary>
internal sealed record SeriesExemplar(IReadOnlyDictionary<string, string> Series, string? TraceId, string? SpanId, DateTimeOffset At);

/// <summary>What a metric says of itself.</summary>
internal sealed record MetricDescription(string Type, string Unit, string Help)
{
    private static readonly string[] Parts = ["_count", "_sum", "_bucket"];

    /// <summary>The name by which a store describes a series: of a histogram or summary without the endings of its parts.</summary>
    public static string Family(string series, IReadOnlyDictionary<string, MetricDescription> described)
        => Parts.FirstOrDefault(part => series.EndsWith(part, StringComparison.Ordinal)) is { } part
            && described.GetValueOrDefault(series[..^part.Length])?.Type is "histogram" or "summary" ? series[..^part.Length] : series;
}

/// <summary>One active scrape target.</summary>
internal sealed record TargetState(string Job, string Instance, string Health, string LastError, DateTimeOffset? LastScrape, string ScrapeUrl);

/// <summary>One alerting or recording rule as loaded.</summary>
internal sealed record RuleState(string Group, string Name, string Health, string LastError)
{
    public string Expression { get; init; } = "";

    public bool IsRecording { get; init; }
}

/// <summary>The parts of the Prometheus HTTP API v1 that Verify asks.</summary>
internal sealed class PrometheusClient(SignalHttp http, Uri address)
{
    private const string Component = "prometheus";

    public Uri Address { get; } = address;

    public async Task<IReadOnlyList<VectorSample>> QueryAsync(string expression, CancellationToken cancellation)
    {
        var uri = new Uri(Address, $"api/v1/query?query={Uri.EscapeDataString(expression)}");
        return await http.GetJsonAsync(Component, uri, ReadVector, cancellation).ConfigureAwait(false);
    }

    /// <summary>When each series of a selector was last sampled in the time before now, in milliseconds since the Unix epoch.</summary>
    /// <remarks>Not by timestamp(), which takes the names away: series of two metrics would have the same labels, which Prometheus refuses.</remarks>
    public async Task<IReadOnlyList<VectorSample>> NewestAsync(string selector, TimeSpan window, CancellationToken cancellation)
    {
        var query = string.Create(CultureInfo.InvariantCulture, $"{selector}[{window.TotalMilliseconds:0}ms]");
        var uri = new Uri(Address, $"api/v1/query?query={Uri.EscapeDataString(query)}");
        return await http.GetJsonAsync(Component, uri, ReadNewest, cancellation).ConfigureAwait(false);
    }

    public async Task<IReadOnlyList<SeriesExemplar>> ExemplarsAsync(string selector, DateTimeOffset from, DateTimeOffset to, CancellationToken cancellation)
    {
        var uri = new Uri(Address, $"api/v1/query_exemplars?query={Uri.EscapeDataString(selector)}&start={Seconds(from)}&end={Seconds(to)}");
        return await http.GetJsonAsync(Component, uri, ReadExemplars, cancellation).ConfigureAwait(false);
    }

    /// <summary>Type, unit and help of every metric by its name.</summary>
    public Task<IReadOnlyDictionary<string, MetricDescription>> MetadataAsync(CancellationToken cancellation) =>
        http.GetJsonAsync(Component, new Uri(Address, "api/v1/metadata"), ReadMetadata, cancellation);

    public Task<IReadOnlyList<TargetState>> TargetsAsync(CancellationToken cancellation) =>
        http.GetJsonAsync(Component, new Uri(Address, "api/v1/targets?state=active"), ReadTargets, cancellation);

    public Task<IReadOnlyList<RuleState>> RulesAsync(CancellationToken cancellation) =>
        http.GetJsonAsync(Component, new Uri(Address, "api/v1/rules"), ReadRules, cancellation);

    internal static IReadOnlyList<VectorSample> ReadVector(JsonElement answer)
    {
        var data = Data(answer);
        if (data.TryGetProperty("resultType", out var type) && type.GetString() is "scalar")
            return [new VectorSample(new Dictionary<string, string>(), Number(data.GetProperty("result")[1]))];
        return [.. data.Items("result").Select(item =>
            new VectorSample(item.TextMap("metric"), item.TryGetProperty("value", out var value) ? Number(value[1]) : double.NaN))];
    }

    internal static IReadOnlyList<VectorSample> ReadNewest(JsonElement answer) =>
        [.. Data(answer).Items("result").Select(item =>
            new VectorSample(item.TextMap("metric"), item.GetProperty("values").EnumerateArray().Last()[0].GetDouble() * 1000))];

    internal static IReadOnlyList<SeriesExemplar> ReadExemplars(JsonElement answer) =>
        [.. from series in Data(answer).EnumerateArray()
            let labels = series.TextMap("seriesLabels")
            from exemplar in series.Items("exemplars")
            let own = exemplar.TextMap("labels")
            let seconds = double.TryParse(exemplar.Text("timestamp"), NumberStyles.Float, CultureInfo.InvariantCulture, out var at) ? at : 0
            select new SeriesExemplar(labels, own.GetValueOrDefault("trace_id") ?? own.GetValueOrDefault("traceID"), own.GetValueOrDefault("span_id"),
                DateTimeOffset.UnixEpoch.AddSeconds(seconds))];

    internal static IReadOnlyDictionary<string, MetricDescription> ReadMetadata(JsonElement answer) =>
        Data(answer).EnumerateObject().Where(metric => metric.Value.GetArrayLength() > 0).ToDictionary(
            metric => metric.Name,
            metric => new MetricDescription(
                metric.Value[0].Text("type") ?? "unknown", metric.Value[0].Text("unit") ?? "", metric.Value[0].Text("help") ?? ""));

    internal static IReadOnlyList<TargetState> ReadTargets(JsonElement answer) =>
        [.. from target in Data(answer).Items("activeTargets")
            let labels = target.TextMap("labels")
            select new TargetState(
                labels.GetValueOrDefault("job", ""),
                labels.GetValueOrDefault("instance", ""),
                target.Text("health") ?? "unknown",
                target.Text("lastError") ?? "",
                LastScrape(target.Text("lastScrape")),
                target.Text("scrapeUrl") ?? "")];

    internal static IReadOnlyList<RuleState> ReadRules(JsonElement answer) =>
        [.. from @group in Data(answer).Items("groups")
            from rule in @group.Items("rules")
            select new RuleState(@group.Text("name") ?? "", rule.Text("name") ?? "", rule.Text("health") ?? "unknown", rule.Text("lastError") ?? "")
            {
                Expression = rule.Text("query") ?? "",
                IsRecording = rule.Text("type") == "recording",
            }];

    private static DateTimeOffset? LastScrape(string? text) =>
        Rfc3339.TryParse(text, out var nanoseconds) ? DateTimeOffset.UnixEpoch.AddTicks(nanoseconds / 100) : null;

    private static JsonElement Data(JsonElement answer) =>
        answer.Text("status") == "success" && answer.TryGetProperty("data", out var data)
            ? data
            : throw new SignalException($"{Component}: {answer.Text("error") ?? "an answer without data"}");

    private static double Number(JsonElement text) =>
        text.GetString() switch
        {
            "+Inf" => double.PositiveInfinity,
            "-Inf" => double.NegativeInfinity,
            { } number when double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) => value,
            _ => double.NaN,
        };

    private static string Seconds(DateTimeOffset at) => (at.ToUnixTimeMilliseconds() / 1000.0).ToString("0.000", CultureInfo.InvariantCulture);
}
