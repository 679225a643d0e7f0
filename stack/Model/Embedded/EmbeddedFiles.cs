using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using MicroMonitored.Model.Components;
using MicroMonitored.Model.Services;
using MicroMonitored.Model.Settings;

namespace MicroMonitored.Model.Embedded;

/// <summary>The configuration of the embedded engine and its scrape targets (Prometheus <c>file_sd</c>): written for it, read by it.</summary>
public static class EmbeddedFiles
{
    /// <summary>File name of the configuration.</summary>
    public const string Configuration = "embedded.json";

    /// <summary>File name of the scrape targets.</summary>
    public const string Targets = "targets.json";

    /// <summary>File names of the scrape targets that the canary and Verify are themselves, while they run.</summary>
    public static readonly IReadOnlyList<string> OwnTargets = ["canary.json", "verify.json"];

    /// <summary>Name of the folder of rule files.</summary>
    public const string Rules = "rules";

    private const int LeastToken = 16;

    /// <summary>The files' contents by file name.</summary>
    /// <param name="settings">The settings in force.</param>
    /// <param name="services">The services to scrape and to show.</param>
    /// <param name="dataFolder">Where the engine keeps its store.</param>
    /// <param name="logFolder">Where the services write their log files.</param>
    /// <param name="dashboards">The folder of the dashboards to show.</param>
    public static IReadOnlyDictionary<string, string> Render(
        StackSettings settings, IReadOnlyList<DiscoveredService> services, string dataFolder, string logFolder, string? dashboards = null)
    {
        var options = new EmbeddedOptions
        {
            BindAddress = settings.BindAddress,
            Ports = settings.Ports,
            DataFolder = dataFolder,
            LogFolder = logFolder,
            FileSd = [Targets, .. OwnTargets],
            Dashboards = dashboards,
            Rules = Rules,
            Webhook = settings.Alerting.Enabled ? settings.Alerting.Webhook : null,
            VerifyUrl = VerifyAlert.UrlFile,
            ScrapeInterval = settings.ScrapeInterval,
            ScrapeTimeout = settings.ScrapeInterval,
            Retention = settings.Retention,
            Services = [.. services.Select(service => new EmbeddedService(service.Name, service.Endpoint.ToString()))],
        };
        var targets = services
            .Select(service => new TargetGroup([service.Endpoint.Address.Authority], new Dictionary<string, string> { ["job"] = service.Name }))
            .ToArray();
        return new Dictionary<string, string>
        {
            [Configuration] = JsonSerializer.Serialize(options, EmbeddedJson.Readable.EmbeddedOptions) + "\n",
            [Targets] = JsonSerializer.Serialize(targets, EmbeddedJson.Readable.TargetGroupArray) + "\n",
        };
    }

    /// <summary>Reads the configuration and resolves its paths against its folder.</summary>
    /// <exception cref="FaultException">The file cannot be read or a value is not valid; every fault at once.</exception>
    public static EmbeddedOptions Read(string file)
    {
        JsonObject node;
        try
        {
            var json = new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, MaxDepth = 16 };
            node = JsonNode.Parse(File.ReadAllBytes(file), documentOptions: json) as JsonObject
                ?? throw new FaultException($"{file}: is no JSON object; write it again by the Up target");
        }
        catch (JsonException exception)
        {
            var place = $"line {exception.LineNumber + 1}, position {exception.BytePositionInLine + 1}";
            throw new FaultException($"{file}: not valid JSON ({place}); write it again by the Up target");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new FaultException($"{file}: cannot be read: {exception.Message}");
        }

        var faults = TakeUnfit(node);
        var options = node.Deserialize(EmbeddedJson.Default.EmbeddedOptions)!;
        faults.AddRange(Faults(options));
        if (faults.Count > 0)
            throw new FaultException([.. faults.Select(fault => $"{file}: {fault}.")]);

        var folder = Path.GetDirectoryName(Path.GetFullPath(file))!;
        return options with
        {
            DataFolder = Path.GetFullPath(options.DataFolder, folder),
            LogFolder = Path.GetFullPath(options.LogFolder, folder),
            FileSd = [.. options.FileSd.Select(path => Path.GetFullPath(path, folder))],
            Dashboards = options.Dashboards is { } dashboards ? Path.GetFullPath(dashboards, folder) : null,
            Rules = options.Rules is { } rules ? Path.GetFullPath(rules, folder) : null,
            VerifyUrl = options.VerifyUrl is { } url ? Path.GetFullPath(url, folder) : null,
        };
    }

    // Member by member: the serializer itself stops at the first fault.
    private static List<string> TakeUnfit(JsonObject node)
    {
        var faults = new List<string>();
        var members = EmbeddedJson.Default.EmbeddedOptions.Properties;
        foreach (var name in node.Select(pair => pair.Key).Where(name => name != "$schema" && members.All(member => member.Name != name)).ToList())
            faults.Add($"{name}: is not a key of this file; remove it");
        foreach (var (name, _) in node.Where(pair => pair.Value is null || members.All(member => member.Name != pair.Key)).ToList())
            node.Remove(name);
        foreach (var member in members)
        {
            var fault = node.TryGetPropertyValue(member.Name, out var value) ? Unfit(member, value!) : member.IsRequired ? $"{member.Name}: is missing" : null;
            if (fault is null)
                continue;
            faults.Add(fault);
            node.Remove(member.Name);
            if (member.IsRequired)
                node[member.Name] = member.PropertyType == typeof(string) ? "?" : new JsonObject();
        }

        // An absent member of a record with required ones would be read as nothing at all, not as its default.
        var plain = new EmbeddedOptions { Ports = new(), DataFolder = "", LogFolder = "" };
        var defaults = JsonSerializer.SerializeToNode(plain, EmbeddedJson.Default.EmbeddedOptions)!;
        foreach (var (name, value) in defaults.AsObject().Where(pair => !node.ContainsKey(pair.Key)).ToList())
            node[name] = value?.DeepClone();
        return faults;
    }

    private static string? Unfit(JsonPropertyInfo member, JsonNode value)
    {
        try
        {
            value.Deserialize(EmbeddedJson.Default.GetTypeInfo(member.PropertyType)!);
            return null;
        }
        catch (JsonException exception)
        {
            var kind = Nullable.GetUnderlyingType(member.PropertyType) ?? member.PropertyType;
            var wanted = kind == typeof(PrometheusDuration) ? "a duration such as 2s, 1h30m or 15d"
                : kind == typeof(IPAddress) ? "an IP address such as 127.0.0.1"
                : "what this key takes";
            return $"{member.Name}{exception.Path?.TrimStart('$')}: {value.ToJsonString()} is not {wanted}";
        }
    }

    /// <summary>What the engine would not start with, one line for each; each names its key.</summary>
    public static IEnumerable<string> Faults(EmbeddedOptions options)
    {
        foreach (var (key, folder) in new[] { ("dataFolder", options.DataFolder), ("logFolder", options.LogFolder) })
        {
            if (folder.Length == 0 || folder.Any(char.IsControl))
                yield return $"{key}: is no folder; give its path";
        }

        foreach (var port in options.Listeners.Where(port => port.Number is < 0 or > 65535))
            yield return $"{port.Port.SettingsKey}: {port.Number} is not a port; use 1 to 65535, or 0 for none";
        foreach (var same in options.Listeners.GroupBy(port => port.Number).Where(group => group.Count() > 1))
            yield return $"{same.Last().Port.SettingsKey}: {same.Key} is also {same.First().Port.SettingsKey}; give every port its own number";
        if (options.Retention.SizeInBytes() is null)
            yield return $"retention.size: \"{options.Retention.Size}\" is no size; use a number and k, m or g, such as \"{StackRetention.UsualSize}\"";
        if (options.Token is { Length: < LeastToken })
            yield return $"token: is shorter than {LeastToken} characters; use a random one";
        if (!IPAddress.IsLoopback(options.BindAddress) && options.Token is null)
            yield return $"bindAddress: {options.BindAddress} is not loopback and needs a token; set \"token\" or bind 127.0.0.1";
    }
}
