using MicroMonitored.Model.Settings;

namespace MicroMonitored.Model.Components;

/// <summary>One part of the monitoring stack: the only place that says what it is called, where it listens and what it counts.</summary>
public sealed record Component
{
    private static readonly IReadOnlyList<StackEngine> Docker = [StackEngine.Docker];
    private static readonly IReadOnlyList<StackEngine> Embedded = [StackEngine.Embedded];

    // Who listens on these ports depends on the engine and the agent.
    private static readonly ComponentPort OtlpGrpc = Port("otlpGrpc", PortRole.OtlpGrpc, 4317, static ports => ports.OtlpGrpc);
    private static readonly ComponentPort OtlpHttp = Port("otlpHttp", PortRole.OtlpHttp, 4318, static ports => ports.OtlpHttp);
    private static readonly ComponentPort Zipkin = Port("zipkin", PortRole.Zipkin, 9411, static ports => ports.Zipkin);
    private static readonly ComponentPort JaegerThrift = Port("jaegerThrift", PortRole.JaegerThrift, 14268, static ports => ports.JaegerThrift);
    private static readonly ComponentPort JaegerGrpc = Port("jaegerGrpc", PortRole.JaegerGrpc, 14250, static ports => ports.JaegerGrpc) with
    {
        Engines = Docker,
    };

    private static readonly Func<StackSettings, bool> WithPromtail = static settings => settings.Agent == AgentChoice.Promtail;

    private Component(string name) => Name = name;

    /// <summary>Stores and queries metrics, evaluates rules.</summary>
    public static Component Prometheus { get; } = new("prometheus")
    {
        Ports = [Port("prometheus", PortRole.Api, 9090, static ports => ports.Prometheus)],
        ReadyPath = "/-/ready",
        QueryPath = "/api/v1/query?query=vector(1)",
        Image = static images => images.Prometheus,
        Memory = static memory => memory.Prometheus,
        DropCounters =
        [
            "prometheus_remote_storage_samples_dropped_total",
            "prometheus_target_scrapes_exceeded_body_size_limit_total",
            "prometheus_target_scrapes_exceeded_sample_limit_total",
            "prometheus_target_scrapes_sample_duplicate_timestamp_total",
            "prometheus_target_scrapes_sample_out_of_bounds_total",
            "prometheus_target_scrapes_sample_out_of_order_total",
            "prometheus_notifications_dropped_total",
        ],
    };

    /// <summary>Stores and queries logs.</summary>
    public static Component Loki { get; } = new("loki")
    {
        Ports = [Port("loki", PortRole.Api, 3100, static ports => ports.Loki)],
        ReadyPath = "/ready",
        QueryPath = "/loki/api/v1/labels",
        Image = static images => images.Loki,
        Memory = static memory => memory.Loki,
        DropCounters = ["loki_discarded_samples_total"],
    };

    /// <summary>Reads the services' log files and sends them to Loki; on no host port.</summary>
    public static Component Promtail { get; } = new("promtail")
    {
        Engines = Docker,
        ReadyPath = "/ready",
        Image = static images => images.Promtail,
        Memory = static memory => memory.Promtail,
        DropCounters = ["promtail_dropped_entries_total"],
        Assets = ["promtail/"],
        Wanted = WithPromtail,
    };

    /// <summary>Beside Promtail: passes OTLP of every signal on to the store that takes it; holds nothing back, so that it loses nothing.</summary>
    public static Component Collector { get; } = new("collector")
    {
        Engines = Docker,
        Ports = [Port("collector", PortRole.Api, 13133, static ports => ports.Collector), OtlpGrpc, OtlpHttp],
        ReadyPath = "/",
        Image = static images => images.Collector,
        Memory = static memory => memory.Collector,
        Assets = ["collector/"],
        Wanted = WithPromtail,
    };

    /// <summary>In place of Promtail: reads the log files, and passes on what services send by OTLP, Zipkin and Jaeger.</summary>
    public static Component Alloy { get; } = new("alloy")
    {
        Engines = Docker,
        Ports = [OtlpGrpc, OtlpHttp, Zipkin, JaegerThrift, JaegerGrpc],
        ReadyPath = "/-/ready",
        Image = static images => images.Alloy,
        Memory = static memory => memory.Alloy,
        DropCounters =
        [
            "loki_write_dropped_entries_total",
            "otelcol_receiver_refused_spans_total",
            "otelcol_exporter_send_failed_spans_total",
            "otelcol_exporter_send_failed_log_records_total",
            "otelcol_exporter_send_failed_metric_points_total",
        ],
        Assets = ["alloy/"],
        Wanted = static settings => settings.Agent == AgentChoice.Alloy,
    };

    /// <summary>Stores and queries traces; receives Zipkin and Jaeger, and on the embedded engine OTLP of every signal.</summary>
    public static Component Tempo { get; } = new("tempo")
    {
        Ports =
        [
            Port("tempo", PortRole.Api, 3200, static ports => ports.Tempo),
            OtlpGrpc with { Engines = Embedded },
            OtlpHttp with { Engines = Embedded },
            Zipkin with { Wanted = WithPromtail },
            JaegerThrift with { Wanted = WithPromtail },
            JaegerGrpc with { Wanted = WithPromtail },
        ],
        ReadyPath = "/ready",
        QueryPath = "/api/echo",
        Image = static images => images.Tempo,
        Memory = static memory => memory.Tempo,
        DropCounters = ["tempo_discarded_spans_total", "tempo_receiver_refused_spans", "tempo_receiver_refused_spans_total"],
    };

    /// <summary>Dashboards; on the embedded engine its pages stand in for it.</summary>
    public static Component Grafana { get; } = new("grafana")
    {
        StandIn = "page",
        Ports = [Port("grafana", PortRole.Api, 3000, static ports => ports.Grafana)],
        ReadyPath = "/api/health",
        Image = static images => images.Grafana,
        Memory = static memory => memory.Grafana,
    };

    /// <summary>Sends alerts on.</summary>
    public static Component Alertmanager { get; } = new("alertmanager")
    {
        Engines = Docker,
        Ports = [Port("alertmanager", PortRole.Api, 9093, static ports => ports.Alertmanager)],
        ReadyPath = "/-/ready",
        QueryPath = "/api/v2/status",
        Image = static images => images.Alertmanager,
        Memory = static memory => memory.Alertmanager,
        DropCounters = ["alertmanager_notifications_failed_total"],
        Assets = ["alertmanager/", "prometheus/rules/alerts.yml", "grafana/provisioning/datasources/alertmanager.yaml"],
        Wanted = static settings => settings.Alerting.Enabled,
    };

    /// <summary>Every component, in the order in which they are shown.</summary>
    public static IReadOnlyList<Component> All { get; } = [Prometheus, Loki, Promtail, Collector, Alloy, Tempo, Grafana, Alertmanager];

    /// <summary>Its name: its Compose service, its DNS name on the network and its key below <c>images</c> and <c>memory</c>.</summary>
    public string Name { get; }

    /// <summary>Its ports on the host, its own API first where that has one.</summary>
    public IReadOnlyList<ComponentPort> Ports { get; private init; } = [];

    /// <summary>The path of its own HTTP API that answers 2xx once it is ready.</summary>
    public required string ReadyPath { get; init; }

    /// <summary>A query that its API answers 2xx wherever it can be queried at all, also where a gateway hides <see cref="ReadyPath"/>.</summary>
    public string QueryPath { get => field ?? ReadyPath; private init; }

    /// <summary>The engines that have it.</summary>
    public IReadOnlyList<StackEngine> Engines { get; private init; } = StackEngine.All;

    /// <summary>Its image.</summary>
    public required Func<StackImages, string> Image { get; init; }

    /// <summary>The memory limit of its container, in the notation of Compose.</summary>
    public required Func<StackMemory, string> Memory { get; init; }

    /// <summary>Counters on its <c>/metrics</c> whose every increase is lost data.</summary>
    public IReadOnlyList<string> DropCounters { get; private init; } = [];

    // Files and folders (ending in /) below stack/assets that are rendered only where it is there.
    private IReadOnlyList<string> Assets { get; init; } = [];

    private string? StandIn { get; init; }

    private Func<StackSettings, bool> Wanted { get; init; } = static _ => true;

    /// <summary>The components that run on an engine under these settings.</summary>
    public static IReadOnlyList<Component> Of(StackEngine engine, StackSettings settings)
        => [.. All.Where(component => component.Engines.Contains(engine) && component.IsWanted(settings))];

    /// <summary>The ports that the stack takes on this machine.</summary>
    public static IReadOnlyList<PublishedPort> PortsOf(StackEngine engine, StackSettings settings)
        => [.. PortsOf(engine, settings.Ports).Where(port => port.Component.IsWanted(settings) && port.Port.Wanted(settings))];

    /// <summary>Every port that some component may take, by its settings key: none of them is free for a service.</summary>
    public static IReadOnlyList<KeyValuePair<string, int>> TakenPorts(StackSettings settings)
        => [.. All.SelectMany(component => component.Ports).DistinctBy(port => port.Key)
            .Select(port => KeyValuePair.Create(port.SettingsKey, port.Number(settings.Ports)))];

    /// <summary>The ports that an engine can take, whatever else the settings say.</summary>
    internal static IEnumerable<PublishedPort> PortsOf(StackEngine engine, StackPorts ports)
        => All.Where(component => component.Engines.Contains(engine)).SelectMany(component => component.Ports
            .Where(port => port.Engines.Contains(engine))
            .Select(port => new PublishedPort(component, port, port.Number(ports))));

    /// <summary>Whether these settings have it, on an engine that can.</summary>
    public bool IsWanted(StackSettings settings) => Wanted(settings);

    /// <summary>Whether a file below <c>stack/assets</c> is rendered only where it is there.</summary>
    /// <param name="asset">The path below that folder, with <c>/</c>.</param>
    internal bool Owns(string asset) => Assets.Any(owned => owned.EndsWith('/') ? asset.StartsWith(owned, StringComparison.Ordinal) : asset == owned);

    /// <summary>What it is called on an engine: on the embedded one, Grafana's port shows a page of the engine's own.</summary>
    public string NameOn(StackEngine engine) => engine.Has(Capabilities.Containers) ? Name : StandIn ?? Name;

    /// <summary>Its API on this machine; null where it has no host port.</summary>
    public Endpoint? Api(StackSettings settings) => Ports is [{ Role: PortRole.Api } api, ..] ? Endpoint.Local(api.Number(settings.Ports)) : null;

    /// <summary>The address on this machine that answers 2xx once it is ready; null where only its container can tell.</summary>
    public Uri? Ready(StackSettings settings) => Api(settings)?.At(ReadyPath);

    /// <inheritdoc/>
    public override string ToString() => Name;

    private static ComponentPort Port(string key, PortRole role, int containerPort, Func<StackPorts, int> number)
        => new(key, role, containerPort, number, StackEngine.All);
}
