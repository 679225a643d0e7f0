using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using MicroMonitored.Model.Services;
using MicroMonitored.Model.Settings;

namespace MicroMonitored.Model.Embedded;

/// <summary>The configuration of the embedded engine and its scrape targets (Prometheus <c>file_sd</c>).</summary>
public static class EmbeddedFiles
{
    /// <summary>File name of the configuration.</summary>
    public const string Configuration = "embedded.json";

    /// <summary>File name of the scrape targets.</summary>
    public const string Targets = "targets.json";

    /// <summary>File name of the canary's scrape target; there while one runs.</summary>
    public const string CanaryTargets = "canary.json";

    /// <summary>The files' contents by file name.</summary>
    /// <param name="dataFolder">Where the engine keeps its store.</param>
    /// <param name="logFolder">Where the services write their log files.</param>
    public static IReadOnlyDictionary<string, string> Render(StackSettings settings, IReadOnlyList<DiscoveredService> services, string dataFolder, string logFolder)
    {
        var configuration = new ConfigurationFile(
            settings.BindAddress.ToString(),
            settings.Ports.ByName()
                .Where(port => port.Key is not ("jaegerGrpc" or "alertmanager"))
                .ToDictionary(port => port.Key, port => port.Value),
            dataFolder,
            logFolder,
            [Targets, CanaryTargets],
            settings.ScrapeInterval.Text,
            settings.ScrapeInterval.Text,
            new RetentionSection(settings.Retention.Metrics.Text, settings.Retention.Logs.Text, settings.Retention.Traces.Text),
            [.. services.Select(service => new ServiceSection(service.Name, Address(service)))]);
        var targets = services
            .Select(service => new TargetGroup([$"127.0.0.1:{service.Port}"], new Dictionary<string, string> { ["job"] = service.Name }))
            .ToArray();
        return new Dictionary<string, string>
        {
            [Configuration] = JsonSerializer.Serialize(configuration, EmbeddedJson.Readable.ConfigurationFile) + "\n",
            [Targets] = JsonSerializer.Serialize(targets, EmbeddedJson.Readable.TargetGroupArray) + "\n",
        };
    }

    private static string Address(DiscoveredService service) => $"http://127.0.0.1:{service.Port}";
}

internal sealed record ConfigurationFile(
    string BindAddress,
    IReadOnlyDictionary<string, int> Ports,
    string DataFolder,
    string LogFolder,
    IReadOnlyList<string> FileSd,
    string ScrapeInterval,
    string ScrapeTimeout,
    RetentionSection Retention,
    IReadOnlyList<ServiceSection> Services);

internal sealed record RetentionSection(string Metrics, string Logs, string Traces);

internal sealed record ServiceSection(string Name, string Url);

internal sealed record TargetGroup(IReadOnlyList<string> Targets, IReadOnlyDictionary<string, string> Labels);

[JsonSerializable(typeof(ConfigurationFile))]
[JsonSerializable(typeof(TargetGroup[]))]
internal sealed partial class EmbeddedJson : JsonSerializerContext
{
    public static EmbeddedJson Readable { get; } = new(new JsonSerializerOptions
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
