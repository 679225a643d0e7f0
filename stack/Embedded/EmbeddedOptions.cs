namespace MicroMonitored.Embedded;

/// <summary>What the embedded engine is told by its configuration file (<c>--config embedded.json</c>, camelCase JSON).</summary>
/// <remarks>Relative paths are resolved against the folder of the configuration file.</remarks>
public sealed record EmbeddedOptions
{
    /// <summary>The address every listener binds; anything but loopback is refused without <see cref="Token"/>.</summary>
    public string BindAddress { get; init; } = "127.0.0.1";

    /// <summary>The listening ports; <c>0</c> leaves that listener out.</summary>
    public EmbeddedPorts Ports { get; init; } = new();

    /// <summary>The folder of the SQLite store; created when missing.</summary>
    public required string DataFolder { get; init; }

    /// <summary>The folder whose <c>*.log</c> files are tailed; created when missing.</summary>
    public required string LogFolder { get; init; }

    /// <summary>Prometheus <c>file_sd</c> files (a last path segment may hold <c>*</c>), read again when they change.</summary>
    public IReadOnlyList<string> FileSd { get; init; } = [];

    /// <summary>Time between two scrapes of a target, as a Prometheus duration.</summary>
    public string ScrapeInterval { get; init; } = "2s";

    /// <summary>Time after which a scrape is given up, as a Prometheus duration.</summary>
    public string ScrapeTimeout { get; init; } = "2s";

    /// <summary>How long each signal is kept.</summary>
    public EmbeddedRetention Retention { get; init; } = new();

    /// <summary>The bearer token that requests must carry when <see cref="BindAddress"/> is not loopback.</summary>
    public string? Token { get; init; }

    /// <summary>Further names that requests may carry as their host, beside localhost and the loopback addresses.</summary>
    public IReadOnlyList<string> AllowedHosts { get; init; } = [];

    /// <summary>The services shown on the first page.</summary>
    public IReadOnlyList<EmbeddedService> Services { get; init; } = [];
}

/// <summary>Listening ports of the embedded engine, by the product whose API they answer.</summary>
public sealed record EmbeddedPorts
{
    public int Grafana { get; init; } = 3000;
    public int Prometheus { get; init; } = 9090;
    public int Loki { get; init; } = 3100;
    public int Tempo { get; init; } = 3200;
    public int OtlpGrpc { get; init; } = 4317;
    public int OtlpHttp { get; init; } = 4318;
    public int Zipkin { get; init; } = 9411;
    public int JaegerThrift { get; init; } = 14268;
}

/// <summary>How long each signal is kept, as Prometheus durations.</summary>
public sealed record EmbeddedRetention
{
    public string Metrics { get; init; } = "15d";
    public string Logs { get; init; } = "7d";
    public string Traces { get; init; } = "2d";
}

/// <summary>One service as shown on the first page.</summary>
/// <param name="Name">Its name: the <c>job</c> of its metrics, the <c>service_name</c> of its logs and spans.</param>
/// <param name="Url">Its address as seen from the host.</param>
public sealed record EmbeddedService(string Name, string Url);
