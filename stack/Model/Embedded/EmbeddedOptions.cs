using System.Net;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using MicroMonitored.Model.Components;
using MicroMonitored.Model.Settings;

namespace MicroMonitored.Model.Embedded;

/// <summary>What the embedded engine is told by its configuration file (<c>--config embedded.json</c>, camelCase JSON).</summary>
/// <remarks>Relative paths are resolved against the folder of the configuration file.</remarks>
public sealed record EmbeddedOptions
{
    /// <summary>The address every listener binds; anything but loopback is refused without <see cref="Token"/>.</summary>
    public IPAddress BindAddress { get; init; } = IPAddress.Loopback;

    /// <summary>The listening ports; <c>0</c> leaves that listener out, and those of components that the engine has not are not looked at.</summary>
    public required StackPorts Ports { get; init; }

    /// <summary>The folder of the SQLite store; created when missing.</summary>
    public required string DataFolder { get; init; }

    /// <summary>The folder whose <c>*.log</c> files are tailed; created when missing.</summary>
    public required string LogFolder { get; init; }

    /// <summary>Prometheus <c>file_sd</c> files (a last path segment may hold <c>*</c>), read again when they change.</summary>
    public IReadOnlyList<string> FileSd { get; init; } = [];

    /// <summary>The folder of the Grafana dashboards (<c>*.json</c>) that the pages show; none where it is not given.</summary>
    public string? Dashboards { get; init; }

    /// <summary>The folder of Prometheus' rule files (<c>*.yml</c>), read again when they change; none where it is not given.</summary>
    public string? Rules { get; init; }

    /// <summary>Where alerts are posted, in the form of Alertmanager's webhook; nowhere where it is not given.</summary>
    public Uri? Webhook { get; init; }

    /// <summary>The file with the URL that Verify's alert is posted to, read at each notification; that alert goes nowhere where it is missing.</summary>
    public string? VerifyUrl { get; init; }

    /// <summary>Time between two scrapes of a target.</summary>
    public PrometheusDuration ScrapeInterval { get; init; } = PrometheusDuration.Parse("2s");

    /// <summary>Time after which a scrape is given up.</summary>
    public PrometheusDuration ScrapeTimeout { get; init; } = PrometheusDuration.Parse("2s");

    /// <summary>How long each signal is kept, and what all of them may take on disk.</summary>
    public StackRetention Retention { get; init; } = new(PrometheusDuration.Parse("15d"), PrometheusDuration.Parse("7d"), PrometheusDuration.Parse("2d"));

    /// <summary>The bearer token that requests must carry when <see cref="BindAddress"/> is not loopback; at least 16 characters.</summary>
    public string? Token { get; init; }

    /// <summary>Further names that requests may carry as their host, beside localhost and the loopback addresses.</summary>
    public IReadOnlyList<string> AllowedHosts { get; init; } = [];

    /// <summary>The services shown on the first page.</summary>
    public IReadOnlyList<EmbeddedService> Services { get; init; } = [];

    /// <summary>The ports that the engine listens on.</summary>
    [JsonIgnore]
    public IReadOnlyList<PublishedPort> Listeners => [.. Component.PortsOf(StackEngine.Embedded, Ports).Where(port => port.Number != 0)];
}

/// <summary>One service as shown on the first page.</summary>
/// <param name="Name">Its name: the <c>job</c> of its metrics, the <c>service_name</c> of its logs and spans.</param>
/// <param name="Url">Its address as seen from the host.</param>
public sealed record EmbeddedService(string Name, string Url);

/// <summary>One entry of a Prometheus <c>file_sd</c> file.</summary>
internal sealed record TargetGroup(IReadOnlyList<string> Targets, IReadOnlyDictionary<string, string> Labels);

[JsonSourceGenerationOptions(
    WriteIndented = true,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    Converters = [typeof(AddressConverter), typeof(DurationConverter)])]
[JsonSerializable(typeof(EmbeddedOptions))]
[JsonSerializable(typeof(TargetGroup[]))]
internal sealed partial class EmbeddedJson : JsonSerializerContext
{
    private static EmbeddedJson? _readable;

    public static EmbeddedJson Readable
        => _readable ??= new(new JsonSerializerOptions(Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
