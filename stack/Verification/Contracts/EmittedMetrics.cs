using MicroMonitored.Verification.Clients;

namespace MicroMonitored.Verification.Contracts;

/// <summary>Metrics as items of a contract.</summary>
internal static class EmittedMetrics
{
    private const int Few = 10;
    private const string Total = "_total";
    private const string Created = "_created";

    // What the store adds to every target.
    private static readonly string[] OfTheStore = ["up", "otel_scope_info", "ALERTS", "ALERTS_FOR_STATE"];

    // Whether a connection is opened, kept, queued or closed, and whether garbage was collected, is chance.
    private static readonly string[] ByChance =
    [
        "scrape_", "kestrel_", "aspnetcore_memory_pool_", "dns_lookup_", "dotnet_gc_last_collection_",
        "http_client_open_connections", "http_client_connection_", "http_client_request_time_in_queue_", "http_client_active_requests",
    ];

    // What the runtime always tells, whether or not it grew.
    private static readonly string[] OfTheRuntime = ["dotnet_", "process_"];

    // Of the whole process.
    private const string Exceptions = "dotnet_exceptions_total";

    /// <summary>Of the series before and after the requests: of what counts those that grew, of others all.</summary>
    /// <param name="isShared">Whether others counted before, and throw in the same process: what did not grow is theirs.</param>
    public static IEnumerable<EmittedItem> Of(
        IReadOnlyList<VectorSample> before, IReadOnlyList<VectorSample> after, IReadOnlyDictionary<string, MetricDescription> metadata,
        bool isShared = false)
    {
        var known = before.GroupBy(sample => sample.Key).ToDictionary(group => group.Key, group => group.First().Value, StringComparer.Ordinal);
        var own = after.Where(sample => sample.Name is var name && !name.Contains(':', StringComparison.Ordinal) && !OfTheStore.Contains(name)
            && !(name.EndsWith(Created, StringComparison.Ordinal) && metadata.ContainsKey(name[..^Created.Length]))
            && !ByChance.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal)));
        foreach (var metric in own.GroupBy(sample => (Service: sample.Labels["job"], Family: MetricDescription.Family(sample.Name, metadata))))
        {
            var family = metric.Key.Family;
            // A store describes a counter by its name without _total.
            var description = metadata.GetValueOrDefault(family)
                ?? (family.EndsWith(Total, StringComparison.Ordinal) ? metadata.GetValueOrDefault(family[..^Total.Length]) : null)
                ?? new MetricDescription(family.EndsWith("_info", StringComparison.Ordinal) ? "info" : "unknown", "", "");
            var grown = metric.Where(sample => sample.Value > known.GetValueOrDefault(sample.Key)).ToList();
            var isCounted = description.Type is not ("gauge" or "unknown" or "info");
            if (isShared && (family == Exceptions
                || (isCounted && grown.Count == 0 && !OfTheRuntime.Any(prefix => family.StartsWith(prefix, StringComparison.Ordinal)))))
                continue;
            var series = !isCounted || grown.Count == 0 ? metric.ToList() : grown;
            yield return new EmittedItem(
                metric.Key.Service, EmittedSignal.Metric, family,
                new Dictionary<string, string> { ["type"] = description.Type, ["unit"] = description.Unit },
                series.SelectMany(sample => sample.Own).GroupBy(label => label.Key, label => label.Value)
                    .ToDictionary(label => label.Key, label => label.Distinct().Count() > Few ? "many" : "few", StringComparer.Ordinal),
                []);
        }
    }
}
