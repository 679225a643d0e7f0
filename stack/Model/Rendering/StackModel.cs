using System.Globalization;
using System.Net;
using MicroMonitored.Model.Components;
using MicroMonitored.Model.Services;
using MicroMonitored.Model.Settings;

namespace MicroMonitored.Model.Rendering;

/// <summary>What the templates of <c>stack/assets</c> see: every value ready to print, in the unit its component reads.</summary>
/// <remarks>Templates name the members in snake case: <see cref="LogsVolume"/> is <c>logs_volume</c>.</remarks>
public sealed record StackModel
{
    /// <summary>The Compose project of the monitoring components.</summary>
    public required string StackProject { get; init; }

    /// <summary>The Compose project of the services.</summary>
    public required string ServicesProject { get; init; }

    /// <summary>The external Docker network that joins both projects and every foreign client.</summary>
    public required string Network { get; init; }

    /// <summary>The external Docker volume of the log files.</summary>
    public required string LogsVolume { get; init; }

    /// <summary>Where the log files of this project are in that volume.</summary>
    public string LogFolder { get; init; } = StackNames.LogsRoot;

    /// <summary>The host address of every published port.</summary>
    public required IPAddress BindAddress { get; init; }

    /// <summary>Host ports.</summary>
    public required StackPorts Ports { get; init; }

    /// <summary>Pinned image references.</summary>
    public required StackImages Images { get; init; }

    /// <summary>Memory limits of the containers, in the notation of Compose.</summary>
    public required StackMemory Memory { get; init; }

    /// <summary>How often a target is scraped, in the notation of Prometheus; also the longest a scrape may take.</summary>
    public required string ScrapeInterval { get; init; }

    /// <summary>The share of new traces that is kept, such as <c>0.25</c>.</summary>
    public required string Sampling { get; init; }

    /// <summary>How long metrics are kept, in hours and smaller units, which all three stores read.</summary>
    public required string MetricsRetention { get; init; }

    /// <summary>How long log lines are kept, likewise.</summary>
    public required string LogsRetention { get; init; }

    /// <summary>How long traces are kept, likewise.</summary>
    public required string TracesRetention { get; init; }

    /// <summary>What metrics may take on disk, in the notation of Prometheus: <c>4GB</c>, in powers of 1024.</summary>
    public required string MetricsSize { get; init; }

    /// <summary>The Grafana administrator.</summary>
    public required GrafanaSettings Grafana { get; init; }

    /// <summary>Whether Alertmanager runs and the alert rules are loaded.</summary>
    public required bool Alerting { get; init; }

    /// <summary>Whether Alloy reads the log files and receives what services send; otherwise Promtail reads and the Collector receives.</summary>
    public required bool UsesAlloy { get; init; }

    /// <summary>Where Alertmanager posts notifications; null for none. It may carry a token, so only a secret file holds it.</summary>
    public required Uri? Webhook { get; init; }

    /// <summary>The services in ordinal order of name.</summary>
    public required IReadOnlyList<ServiceContainer> Services { get; init; }

    /// <summary>The group that owns the secret files and that the containers reading them join; null where files have no group.</summary>
    public long? SecretsGroup { get; init; }

    /// <summary>Where the stack is to run.</summary>
    public StackForm Form { get; init; }

    /// <summary>Whether Loki and Prometheus run several times, behind the balancer that then bears their names.</summary>
    public bool Replicated => Form == StackForm.ComposeHa;

    /// <summary>Whether Loki and Tempo keep their data in an object store, whose address and keys stand in their environment.</summary>
    public bool UsesObjectStore => Form != StackForm.OneMachine;

    /// <summary>The names of the Lokis.</summary>
    public IReadOnlyList<string> LokiReplicas => Replicated ? ["loki-1", "loki-2", "loki-3"] : ["loki"];

    /// <summary>The names of the Prometheis.</summary>
    public IReadOnlyList<string> PrometheusReplicas => Replicated ? ["prometheus-1", "prometheus-2"] : ["prometheus"];

    /// <summary>Whether the long-term store of metrics is Mimir; otherwise it is VictoriaMetrics.</summary>
    public bool UsesMimir { get; init; }

    /// <summary>The namespace of the services on Kubernetes; that of the stack has <c>-monitoring</c> after it.</summary>
    public string Namespace { get; init; } = "";

    /// <summary>Whether some service has an objective.</summary>
    public bool HasObjectives => Services.Any(service => service.ErrorBudget is not null);

    /// <summary>The components that these settings leave out.</summary>
    internal IReadOnlyList<Component> Absent
        =>
        [
            .. UsesAlloy ? (Component[])[Component.Promtail, Component.Collector] : [Component.Alloy],
            .. Alerting ? Array.Empty<Component>() : [Component.Alertmanager],
        ];

    /// <summary>Whether Alertmanager has somewhere to post to.</summary>
    public bool Notifies => Alerting && Webhook is not null;

    /// <summary>The model of valid settings and the services found.</summary>
    public static StackModel Create(StackSettings settings, IReadOnlyList<DiscoveredService> services)
        => new()
        {
            StackProject = $"{settings.Names.Project}-monitoring",
            ServicesProject = $"{settings.Names.Project}-services",
            Network = settings.Names.Network,
            LogsVolume = settings.Names.LogsVolume,
            LogFolder = settings.Names.LogFolder,
            BindAddress = settings.BindAddress,
            Ports = settings.Ports,
            Images = settings.Images,
            Memory = settings.Memory,
            ScrapeInterval = settings.ScrapeInterval.GoText,
            Sampling = settings.Sampling.ToString("0.######", CultureInfo.InvariantCulture),
            MetricsRetention = settings.Retention.Metrics.GoText,
            LogsRetention = settings.Retention.Logs.GoText,
            TracesRetention = settings.Retention.Traces.GoText,
            MetricsSize = settings.Retention.Size.ToUpperInvariant() + "B",
            Grafana = settings.Grafana,
            Alerting = settings.Alerting.Enabled,
            UsesAlloy = settings.Agent == AgentChoice.Alloy,
            Webhook = settings.Alerting.Webhook,
            Services = [.. services
                .OrderBy(service => service.Name, StringComparer.Ordinal)
                .Select(service => new ServiceContainer(
                    service.Name, $"{settings.Names.Project}/{service.Name}:local", service.Port, service.FaultPath)
                {
                    Calls = service.Calls,
                    ErrorBudget = service.Slo is { } slo ? ((100 - slo) / 100).ToString("0.##########", CultureInfo.InvariantCulture) : null,
                })],
            SecretsGroup = ProcessGroup.Current,
            UsesMimir = settings.LongTermMetrics == MetricsStore.Mimir,
            Namespace = settings.Names.Project.Replace('_', '-').Trim('-'),
        };
}

/// <summary>A service as a container.</summary>
/// <param name="Name">Its name in every signal, its Compose service and its DNS name on the network.</param>
/// <param name="Image">The locally built image.</param>
/// <param name="Port">Its port on the host.</param>
/// <param name="FaultPath">The route that throws, for Verify; null where it has none.</param>
public sealed record ServiceContainer(string Name, string Image, int Port, string? FaultPath = null)
{
    /// <summary>The port every service listens on in its container.</summary>
    public const int ContainerPort = 8080;

    /// <summary>The services that it says it calls; it is told where they are.</summary>
    public IReadOnlyList<string> Calls { get; init; } = [];

    /// <summary>The share of its requests that may fail, such as <c>0.005</c>; null where it has no objective.</summary>
    public string? ErrorBudget { get; init; }
}
