using System.Net;

namespace MicroMonitored.Model.Settings;

/// <summary>Which engine runs the stack.</summary>
public enum EngineChoice
{
    /// <summary>Docker where it can run, the embedded engine otherwise.</summary>
    Auto,

    /// <summary>The real products under Docker Compose.</summary>
    Docker,

    /// <summary>One .NET process on SQLite.</summary>
    Embedded,
}

/// <summary>The settings of <c>stack/stack.json</c>, read, overridden by the environment and validated as a whole.</summary>
public sealed record StackSettings
{
    public required EngineChoice Engine { get; init; }

    /// <summary>The address every published or listening port binds.</summary>
    public required IPAddress BindAddress { get; init; }

    public required StackNames Names { get; init; }

    public required StackPorts Ports { get; init; }

    public required StackImages Images { get; init; }

    public required PrometheusDuration ScrapeInterval { get; init; }

    /// <summary>The share of new traces that is kept, from 0 to 1; a parent's decision wins.</summary>
    public required double Sampling { get; init; }

    public required StackRetention Retention { get; init; }

    public required GrafanaSettings Grafana { get; init; }

    public required AlertingSettings Alerting { get; init; }

    public required StackMemory Memory { get; init; }

    /// <summary>Whether a port can be reached from another machine.</summary>
    public bool IsOpen => !IPAddress.IsLoopback(BindAddress);
}

/// <summary>Names that other projects join the stack by.</summary>
/// <param name="Project">Prefix of the Compose project names and of the data volumes.</param>
/// <param name="Network">The external Docker network.</param>
/// <param name="LogsVolume">The external Docker volume of the log files.</param>
public sealed record StackNames(string Project, string Network, string LogsVolume);

/// <summary>Host ports.</summary>
/// <param name="Services">The first service's port; the others follow in ordinal order of name.</param>
public sealed record StackPorts(
    int Grafana,
    int Prometheus,
    int Loki,
    int Tempo,
    int OtlpGrpc,
    int OtlpHttp,
    int Zipkin,
    int JaegerThrift,
    int JaegerGrpc,
    int Alertmanager,
    int Services)
{
    /// <summary>The components' ports by settings key, without the services' first port.</summary>
    public IReadOnlyList<KeyValuePair<string, int>> ByName() =>
    [
        new("grafana", Grafana), new("prometheus", Prometheus), new("loki", Loki), new("tempo", Tempo),
        new("otlpGrpc", OtlpGrpc), new("otlpHttp", OtlpHttp), new("zipkin", Zipkin),
        new("jaegerThrift", JaegerThrift), new("jaegerGrpc", JaegerGrpc), new("alertmanager", Alertmanager),
    ];
}

/// <summary>Pinned image references.</summary>
/// <param name="Runtime">The base image of the services' containers.</param>
public sealed record StackImages(
    string Prometheus,
    string Loki,
    string Promtail,
    string Tempo,
    string Grafana,
    string Alertmanager,
    string Runtime);

/// <summary>How long each signal is kept.</summary>
public sealed record StackRetention(PrometheusDuration Metrics, PrometheusDuration Logs, PrometheusDuration Traces);

/// <summary>The Grafana administrator.</summary>
public sealed record GrafanaSettings(string User, string Password)
{
    /// <summary>The development default that the settings file ships with.</summary>
    public const string DefaultPassword = "password";

    /// <summary>Whether the password is still the well-known development default.</summary>
    public bool HasDefaultPassword => Password == DefaultPassword;

    public override string ToString() => $"{User}:***";
}

/// <summary>Alert rules and Alertmanager.</summary>
/// <param name="Webhook">Where Alertmanager posts notifications; null for none.</param>
public sealed record AlertingSettings(bool Enabled, Uri? Webhook);

/// <summary>Memory limits of the containers, in the notation of Compose (<c>512m</c>, <c>1g</c>).</summary>
public sealed record StackMemory(
    string Prometheus,
    string Loki,
    string Promtail,
    string Tempo,
    string Grafana,
    string Alertmanager,
    string Service);
