using System.Diagnostics;
using System.Globalization;
using System.Text;
using MicroMonitored.Embedded.Ingest.Tail;
using MicroMonitored.Embedded.Store;
using MicroMonitored.Protocols.Exposition;

namespace MicroMonitored.Embedded.Ingest;

/// <summary>
/// What the engine says of itself: what it holds and takes in, by the names that the products it stands for use, what it costs,
/// and everything it dropped, refused or cut, each with its reason.
/// </summary>
internal sealed class OwnMetrics(EngineCounters counters, IStoreStatistics statistics, LogStore logs, Generator.MetricsGenerator generator)
{
    private const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private readonly record struct OwnSample(string Name, string Type, string Help, double Value, string Label = "", string LabelValue = "")
    {
        public KeyValuePair<string, string>[] Own => Label.Length > 0 ? [new(Label, LabelValue)] : [];
    }

    public IResult Answer()
    {
        var text = new StringBuilder();
        foreach (var family in All().GroupBy(static one => one.Name))
        {
            text.Append(CultureInfo.InvariantCulture, $"# HELP {family.Key} {family.First().Help}\n# TYPE {family.Key} {family.First().Type}\n");
            foreach (var one in family)
                text.Append(one.Name).Append(one.Label.Length > 0 ? $"{{{one.Label}=\"{Escaped(one.LabelValue)}\"}}" : "")
                    .Append(CultureInfo.InvariantCulture, $" {one.Value}\n");
        }

        return Results.Text(text.ToString(), ContentType);
    }

    /// <summary>The same as samples of one moment.</summary>
    public MetricBatch Samples(long timeMs, params KeyValuePair<string, string>[] labels)
    {
        var began = Stopwatch.GetTimestamp();
        var all = All().ToList();
        all.Add(new("scrape_samples_scraped", "gauge", "Samples of the target.", all.Count));
        all.Add(new("scrape_duration_seconds", "gauge", "Time to gather them.", Stopwatch.GetElapsedTime(began).TotalSeconds));
        all.Add(new("up", "gauge", "Whether the target answers.", 1));
        return new([.. all.Select(one => new NewSample([new("__name__", one.Name), .. one.Own, .. labels], new Sample(timeMs, one.Value)))],
            all.DistinctBy(static one => one.Name).ToDictionary(static one => one.Name, static one => new MetricMetadata(one.Type, "", one.Help)));
    }

    private IEnumerable<OwnSample> All()
    {
        var held = statistics.Count();
        yield return new("micromonitored_log_lines", "gauge", "Log lines that are stored.", held.LogLines);
        yield return new("micromonitored_samples", "gauge", "Samples that are stored.", held.Samples);
        yield return new("micromonitored_spans", "gauge", "Spans that are stored.", held.Spans);
        yield return new("micromonitored_store_bytes", "gauge", "What the store takes on disk.", held.DatabaseBytes);
        yield return new("micromonitored_traces", "gauge", "Traces that are stored.", held.Traces);
        yield return new("prometheus_tsdb_head_series", "gauge", "Series that are stored.", held.Series);
        yield return new("prometheus_tsdb_exemplar_exemplars_in_storage", "gauge", "Exemplars that are stored.", held.Exemplars);
        yield return new("loki_ingester_memory_streams", "gauge", "Streams of log lines.", logs.StreamCount);
        yield return new("prometheus_tsdb_head_samples_appended_total", "counter", "Samples that were stored.", counters.Samples);
        var read = counters.ReadLines;
        foreach (var (path, lines) in read)
            yield return new("promtail_read_lines_total", "counter", "Lines read from a log file.", lines, "path", path);
        yield return new("promtail_sent_entries_total", "counter", "Lines of files that were stored.", read.Sum(static one => one.Lines));
        yield return new("loki_distributor_lines_received_total", "counter", "Lines that were stored.", counters.Lines);
        yield return new("tempo_distributor_spans_received_total", "counter", "Spans that were stored.", counters.Spans);
        yield return new("tempo_metrics_generator_spans_received_total", "counter", "Spans that metrics were made of.", generator.Received);
        yield return new("tempo_metrics_generator_registry_active_series", "gauge", "Sets of labels of generated metrics.", generator.Series);
        yield return new("process_resident_memory_bytes", "gauge", "Memory of the engine.", Environment.WorkingSet);
        yield return new("process_cpu_seconds_total", "counter", "CPU time of the engine.", Environment.CpuUsage.TotalTime.TotalSeconds);
        foreach (var (path, position, length) in Files())
        {
            yield return new("promtail_file_bytes_total", "gauge", "Bytes of a log file.", length, "path", path);
            yield return new("promtail_read_bytes_total", "gauge", "Bytes read of a log file.", position, "path", path);
        }

        foreach (var (name, reason, value) in counters.All().OrderBy(static one => one.Name, StringComparer.Ordinal)
            .ThenBy(static one => one.Reason, StringComparer.Ordinal))
            yield return new($"micromonitored_{name}_total", "counter", "Dropped, refused, cut or failed, by reason.", value, "reason", reason);
    }

    private List<(string Path, long Position, long Length)> Files() =>
        [.. logs.Positions().Select(static one => (one.Path, one.Position, Status: FileIdentity.Of(one.Path), one.Identity))
            .Where(static one => one.Status is { IsRegular: true } status && (status.Identity is null || status.Identity == one.Identity))
            .DistinctBy(static one => one.Path).OrderBy(static one => one.Path, StringComparer.Ordinal)
            .Select(static one => (one.Path, one.Position, one.Status!.Value.Length))];

    private static string Escaped(string value) =>
        value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
}
