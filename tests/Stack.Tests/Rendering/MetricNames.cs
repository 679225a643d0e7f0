using System.Text.Json;
using System.Text.RegularExpressions;

namespace Stack.Tests.Rendering;

/// <summary>The metrics that an expression names, and the metrics that exist.</summary>
internal static partial class MetricNames
{
    private static readonly HashSet<string> Words =
        ["by", "on", "or", "and", "unless", "without", "ignoring", "group_left", "group_right", "offset", "bool", "inf", "nan"];

    public static IEnumerable<string> Of(string expression)
    {
        var bare = Grouping().Replace(Braces().Replace(Texts().Replace(expression, "\"\""), ""), " ");
        return Names().Matches(bare).Select(match => match.Value).Where(name => !Words.Contains(name.ToLowerInvariant())).Distinct();
    }

    /// <summary>What the recorded scrapes and remote writes held, what our own rules make, and what the products' sources declare.</summary>
    public static HashSet<string> Existing(IEnumerable<string> recordingRules)
    {
        var real = Path.Combine(AppContext.BaseDirectory, "Fixtures", "real", "prometheus");
        var names = File.ReadLines(Path.Combine(real, "scrape-openmetrics.txt"))
            .Where(line => !line.StartsWith('#'))
            .Select(line => line.Split('{', ' ')[0])
            .ToHashSet();
        using var spans = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(real, "query-span-metrics.json")));
        names.UnionWith(spans.RootElement.GetProperty("data").GetProperty("result").EnumerateArray()
            .Select(series => series.GetProperty("metric").GetProperty("__name__").GetString()!));
        names.UnionWith(recordingRules);
        names.UnionWith(ByProduct.Keys);
        return names;
    }

    /// <summary>Metrics of the products themselves, which the recording of a service does not hold, with where each is declared.</summary>
    private static readonly Dictionary<string, string> ByProduct = new()
    {
        ["service:slo_error_budget:ratio"] = "stack/assets/prometheus/rules/objectives.yml.sbn",
        ["up"] = "Prometheus, documentation: automatically generated labels and time series",
        ["scrape_duration_seconds"] = "Prometheus, the same page",
        ["scrape_samples_scraped"] = "Prometheus, the same page",
        ["ALERTS"] = "Prometheus, documentation: alerting rules",
        ["process_resident_memory_bytes"] = "prometheus/client_golang process collector",
        ["process_cpu_seconds_total"] = "prometheus/client_golang process collector",
        ["prometheus_tsdb_head_series"] = "prometheus 3.5 /metrics",
        ["prometheus_tsdb_head_samples_appended_total"] = "prometheus 3.5 /metrics",
        ["prometheus_tsdb_exemplar_exemplars_in_storage"] = "prometheus 3.5 /metrics",
        ["prometheus_target_scrapes_exceeded_sample_limit_total"] = "prometheus 3.5 /metrics",
        ["prometheus_target_scrapes_exceeded_body_size_limit_total"] = "prometheus 3.5 /metrics",
        ["prometheus_rule_evaluation_failures_total"] = "prometheus rules/group.go",
        ["alertmanager_notifications_failed_total"] = "alertmanager notify/notify.go",
        ["promtail_dropped_entries_total"] = "promtail 3.6 client/client.go",
        ["promtail_sent_entries_total"] = "promtail 3.6 client/client.go",
        ["promtail_read_lines_total"] = "promtail 3.6 targets/file/metrics.go",
        ["promtail_read_bytes_total"] = "promtail 3.6 targets/file/metrics.go",
        ["promtail_file_bytes_total"] = "promtail 3.6 targets/file/metrics.go",
        ["loki_write_dropped_entries_total"] = "alloy docs/sources/reference/components/loki/loki.write.md",
        ["loki_write_sent_entries_total"] = "alloy, the same page",
        ["loki_source_file_read_lines_total"] = "alloy docs/sources/reference/components/loki/loki.source.file.md",
        ["loki_source_file_read_bytes_total"] = "alloy, the same page",
        ["loki_source_file_file_bytes_total"] = "alloy, the same page",
        ["otelcol_exporter_send_failed_spans_total"] = "alloy docs/sources, debug metrics of its exporters",
        ["otel_sdk_processor_span_processed_total"] = "opentelemetry-dotnet 1.20 src/OpenTelemetry/Internal/SdkSelfObservability.cs",
        ["otel_sdk_processor_log_processed_total"] = "opentelemetry-dotnet, the same file",
        ["log_lines_dropped_total"] = "stack/Instrumentation/Logs/JsonFileProcessor.cs",
        ["loki_discarded_samples_total"] = "loki 3.7 pkg/validation/validate.go",
        ["loki_distributor_lines_received_total"] = "loki 3.7 pkg/loghttp/push/push.go",
        ["loki_ingester_memory_streams"] = "loki 3.7 pkg/ingester/instance.go",
        ["tempo_discarded_spans_total"] = "tempo 3.0 modules/overrides/discarded_spans.go",
        ["tempo_receiver_refused_spans"] = "tempo 3.0 modules/distributor/receiver/metrics_provider.go",
        ["tempo_distributor_spans_received_total"] = "tempo 3.0 modules/distributor/distributor.go",
        ["tempo_metrics_generator_spans_received_total"] = "tempo 3.0 modules/generator/instance.go",
        ["tempo_metrics_generator_registry_active_series"] = "tempo 3.0 modules/generator/localserieslimiter/local_series_limiter.go",
        ["traces_spanmetrics_latency_bucket"] = "tempo 3.0 modules/generator/processor/spanmetrics/spanmetrics.go",
        ["traces_service_graph_request_failed_total"] = "tempo 3.0 modules/generator/processor/servicegraphs/servicegraphs.go",
        ["traces_service_graph_request_server_seconds_bucket"] = "tempo 3.0 modules/generator/processor/servicegraphs/servicegraphs.go",
        ["micromonitored_canary_sent_total"] = "stack/Verification/Canaries/CanaryMetrics.cs",
        ["micromonitored_canary_under_way"] = "stack/Verification/Canaries/CanaryMetrics.cs",
        ["micromonitored_canary_late"] = "stack/Verification/Canaries/CanaryMetrics.cs",
        ["micromonitored_canary_missing"] = "stack/Verification/Canaries/CanaryMetrics.cs",
        ["micromonitored_canary_duplicate"] = "stack/Verification/Canaries/CanaryMetrics.cs",
        ["micromonitored_canary_out_of_order"] = "stack/Verification/Canaries/CanaryMetrics.cs",
        ["micromonitored_canary_unexpected"] = "stack/Verification/Canaries/CanaryMetrics.cs",
        ["micromonitored_verify_alert"] = "stack/Model/Components/VerifyAlert.cs",
        ["micromonitored_canary_freshness_seconds_bucket"] = "stack/Verification/Canaries/CanaryMetrics.cs",
    };

    [GeneratedRegex("\"(?:[^\"\\\\]|\\\\.)*\"")]
    private static partial Regex Texts();

    [GeneratedRegex(@"\{[^}]*\}|\[[^\]]*\]")]
    private static partial Regex Braces();

    [GeneratedRegex(@"\b(by|on|without|ignoring|group_left|group_right)\s*\([^)]*\)")]
    private static partial Regex Grouping();

    // A name before "(" is a function; one that follows a digit is a unit.
    [GeneratedRegex(@"(?<![\w:$])[a-zA-Z_:][\w:]*(?![\w:]|\s*\()")]
    private static partial Regex Names();
}
