using System.Globalization;
using System.Net;
using System.Text.Json.Serialization;

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

/// <summary>What reads the log files on the docker engine.</summary>
public enum AgentChoice
{
    /// <summary>Promtail: log files alone; the OpenTelemetry Collector takes OTLP, Tempo Zipkin and Jaeger.</summary>
    Promtail,

    /// <summary>Alloy: log files, and OTLP of all three signals, Zipkin and Jaeger.</summary>
    Alloy,
}

/// <summary>What keeps metrics for long where the stack goes beyond one machine.</summary>
public enum MetricsStore
{
    /// <summary>VictoriaMetrics, on a disk of its own.</summary>
    VictoriaMetrics,

    /// <summary>Mimir, on the object store.</summary>
    Mimir,
}

/// <summary>The settings of <c>stack/stack.json</c>, read, overridden by the environment and validated as a whole.</summary>
/// <remarks>Keys, defaults, bounds and what each means stand in <c>stack.schema.json</c>; a test holds the two together.</remarks>
public sealed record StackSettings
{
    /// <summary>The engine that <c>Up</c> starts.</summary>
    public required EngineChoice Engine { get; init; }

    /// <summary>What reads the log files on the docker engine.</summary>
    public required AgentChoice Agent { get; init; }

    /// <summary>What keeps metrics for long where the stack goes beyond one machine.</summary>
    public required MetricsStore LongTermMetrics { get; init; }

    /// <summary>The address every published or listening port binds.</summary>
    public required IPAddress BindAddress { get; init; }

    /// <summary>Names that other projects join the stack by.</summary>
    public required StackNames Names { get; init; }

    /// <summary>Host ports.</summary>
    public required StackPorts Ports { get; init; }

    /// <summary>Pinned image references.</summary>
    public required StackImages Images { get; init; }

    /// <summary>Time between two scrapes of a service.</summary>
    public required PrometheusDuration ScrapeInterval { get; init; }

    /// <summary>The share of new traces that is kept, from 0 to 1; a parent's decision wins.</summary>
    public required double Sampling { get; init; }

    /// <summary>How long each signal is kept.</summary>
    public required StackRetention Retention { get; init; }

    /// <summary>The Grafana administrator.</summary>
    public required GrafanaSettings Grafana { get; init; }

    /// <summary>Alert rules and Alertmanager.</summary>
    public required AlertingSettings Alerting { get; init; }

    /// <summary>Memory limits of the containers.</summary>
    public required StackMemory Memory { get; init; }

    /// <summary>Whether the environment moves the services' ports: all are then counted from <see cref="StackPorts.Services"/>.</summary>
    [JsonIgnore]
    public bool MovesServices { get; init; }

    /// <summary>Whether a port can be reached from another machine.</summary>
    [JsonIgnore]
    public bool IsOpen => !IPAddress.IsLoopback(BindAddress);
}

/// <summary>Names that other projects join the stack by.</summary>
/// <param name="Project">Prefix of the Compose project names and of the data volumes.</param>
/// <param name="Network">The external Docker network.</param>
/// <param name="LogsVolume">The external Docker volume of the log files.</param>
public sealed record StackNames(string Project, string Network, string LogsVolume)
{
    /// <summary>Where the volume of the log files is in every container.</summary>
    public const string LogsRoot = "/var/log/microservices";

    /// <summary>Where this project's files are: at the top of a volume that bears its name, in a folder of its own in any other, which others share.</summary>
    [JsonIgnore]
    public string LogFolder => OwnsLogsVolume ? LogsRoot : $"{LogsRoot}/{Project}";

    /// <summary>Whether the volume of the log files bears this project's name.</summary>
    [JsonIgnore]
    public bool OwnsLogsVolume => LogsVolume.StartsWith(Project + "_", StringComparison.Ordinal);
}

/// <summary>Host ports; which component each belongs to, and what it is for, says <see cref="Components.Component"/>.</summary>
public sealed record StackPorts
{
    /// <summary>How far the first service's port lies above <see cref="First"/>.</summary>
    public static int Span => SettingsSchema.Keys.Max(key => key.Offset ?? 0);

    /// <summary>The port that the others were counted from; null where each has its own.</summary>
    public int? First { get; init; }

    /// <summary>Grafana, or the pages of the embedded engine.</summary>
    public int Grafana { get; init; }

    /// <summary>The API of Prometheus.</summary>
    public int Prometheus { get; init; }

    /// <summary>The API of Loki.</summary>
    public int Loki { get; init; }

    /// <summary>The API of Tempo.</summary>
    public int Tempo { get; init; }

    /// <summary>OTLP over gRPC.</summary>
    public int OtlpGrpc { get; init; }

    /// <summary>OTLP over HTTP.</summary>
    public int OtlpHttp { get; init; }

    /// <summary>Zipkin spans.</summary>
    public int Zipkin { get; init; }

    /// <summary>Jaeger Thrift over HTTP.</summary>
    public int JaegerThrift { get; init; }

    /// <summary>Jaeger over gRPC.</summary>
    public int JaegerGrpc { get; init; }

    /// <summary>The API of Alertmanager.</summary>
    public int Alertmanager { get; init; }

    /// <summary>Where the OpenTelemetry Collector says whether it is ready.</summary>
    public int Collector { get; init; }

    /// <summary>Where a service without a port of its own looks for a free one.</summary>
    public int Services { get; init; }
}

/// <summary>Pinned image references.</summary>
/// <param name="Runtime">The base image of the services' containers.</param>
public sealed record StackImages(
    string Prometheus,
    string Loki,
    string Promtail,
    string Collector,
    string Alloy,
    string Tempo,
    string Grafana,
    string Alertmanager,
    string Runtime)
{
    /// <summary>Beyond one machine: stands before the Lokis and Prometheis.</summary>
    public string Balancer { get; init; } = "";

    /// <summary>Beyond one machine: keeps what Loki, Tempo and Mimir store, by S3.</summary>
    public string ObjectStore { get; init; } = "";

    /// <summary>Beyond one machine: keeps metrics for long.</summary>
    public string VictoriaMetrics { get; init; } = "";

    /// <summary>Beyond one machine: keeps metrics for long, in place of <see cref="VictoriaMetrics"/>.</summary>
    public string Mimir { get; init; } = "";
}

/// <summary>How long each signal is kept.</summary>
/// <param name="Size">What Prometheus, or the embedded engine's whole store, may take on disk: a number and k, m or g; the oldest goes first.</param>
public sealed record StackRetention(PrometheusDuration Metrics, PrometheusDuration Logs, PrometheusDuration Traces, string Size = StackRetention.UsualSize)
{
    internal const string UsualSize = "4g";

    /// <summary><see cref="Size"/> in bytes.</summary>
    /// <returns>Null where it is no size.</returns>
    public long? SizeInBytes()
    {
        var shift = Size is [.., var unit] ? unit switch { 'k' => 10, 'm' => 20, 'g' => 30, _ => -1 } : -1;
        return shift > 0 && long.TryParse(Size.AsSpan(0, Size.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number is > 0 and < 1L << 32
            ? number << shift
            : null;
    }
}

/// <summary>The Grafana administrator.</summary>
/// <param name="Password">As written, or what <paramref name="PasswordFile"/> holds.</param>
/// <param name="PasswordFile">The file that holds the password, relative to the settings file; null for none.</param>
public sealed record GrafanaSettings(string User, string Password, string? PasswordFile = null)
{
    private static readonly string DefaultPassword = SettingsSchema.Key("grafana.password").Default.GetString()!;

    /// <summary>Whether the password is still the well-known development default.</summary>
    [JsonIgnore]
    public bool HasDefaultPassword => Password == DefaultPassword;

    /// <inheritdoc/>
    public override string ToString() => $"{User}:***";
}

/// <summary>Alert rules and Alertmanager.</summary>
/// <param name="Enabled">Whether Alertmanager runs and the alert rules are loaded.</param>
/// <param name="Webhook">Where Alertmanager posts notifications; null for none.</param>
public sealed record AlertingSettings(bool Enabled, Uri? Webhook);

/// <summary>Memory limits of the containers, in the notation of Compose (<c>512m</c>, <c>1g</c>).</summary>
/// <param name="Service">Of each service's container.</param>
public sealed record StackMemory(
    string Prometheus,
    string Loki,
    string Promtail,
    string Collector,
    string Alloy,
    string Tempo,
    string Grafana,
    string Alertmanager,
    string Service);
