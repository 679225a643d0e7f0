using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace MicroMonitored.Model.Settings;

/// <summary>Reads <c>stack.json</c>, lets environment variables override single keys and validates the whole.</summary>
public static partial class SettingsReader
{
    /// <summary>Prefix of overriding environment variables: <c>STACK__PORTS__GRAFANA=3001</c> sets <c>ports.grafana</c>.</summary>
    public const string EnvironmentPrefix = "STACK__";

    /// <summary>Reads the settings file.</summary>
    /// <param name="file">Path of the JSON file; comments and trailing commas are allowed.</param>
    /// <param name="environment">The environment variables; only those with <see cref="EnvironmentPrefix"/> are looked at.</param>
    /// <exception cref="FaultException">The file cannot be read or a value is not valid; every fault at once.</exception>
    public static StackSettings Read(string file, IReadOnlyDictionary<string, string> environment)
    {
        string json;
        try
        {
            json = File.ReadAllText(file);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new FaultException($"{file}: {exception.Message} Restore the file or name another with --settings=<file>.");
        }

        return Parse(json, Path.GetFileName(file), Path.GetDirectoryName(Path.GetFullPath(file))!, environment);
    }

    /// <summary>Reads settings from JSON text.</summary>
    /// <param name="name">How faults call the text.</param>
    /// <param name="folder">The folder that <c>grafana.passwordFile</c> is relative to.</param>
    /// <exception cref="FaultException">A value is not valid; every fault at once.</exception>
    public static StackSettings Parse(string json, string name, string folder, IReadOnlyDictionary<string, string> environment)
    {
        using var document = Document(json, name);
        var faults = new List<string>();
        var overrides = Overrides(environment);
        var root = new SettingsNode(name, "", document.RootElement, overrides, faults);

        var engine = root.Text("engine", "auto", static text => text is "auto" or "docker" or "embedded", "\"auto\", \"docker\" or \"embedded\"");
        var bindAddress = root.Text("bindAddress", "127.0.0.1", static text => IPAddress.TryParse(text, out _), "an IP address such as \"127.0.0.1\"");
        var names = root.Section("names");
        var ports = root.Section("ports");
        var images = root.Section("images");
        var retention = root.Section("retention");
        var grafana = root.Section("grafana");
        var alerting = root.Section("alerting");
        var memory = root.Section("memory");

        var settings = new StackSettings
        {
            Engine = Enum.Parse<EngineChoice>(engine, ignoreCase: true),
            BindAddress = IPAddress.TryParse(bindAddress, out var address) ? address : IPAddress.Loopback,
            Names = new StackNames(
                Name(names, "project", "sample-micro-app", ProjectName(), "lower-case letters, digits, - and _ only, starting with a letter or digit"),
                Name(names, "network", "monitoring", ObjectName(), ObjectNameHint),
                Name(names, "logsVolume", "sample-micro-app_microservices_logs", ObjectName(), ObjectNameHint)),
            Ports = new StackPorts(
                ports.Port("grafana", 3000),
                ports.Port("prometheus", 9090),
                ports.Port("loki", 3100),
                ports.Port("tempo", 3200),
                ports.Port("otlpGrpc", 4317),
                ports.Port("otlpHttp", 4318),
                ports.Port("zipkin", 9411),
                ports.Port("jaegerThrift", 14268),
                ports.Port("jaegerGrpc", 14250),
                ports.Port("alertmanager", 9093),
                ports.Port("services", 8080)),
            Images = new StackImages(
                Image(images, "prometheus", "prom/prometheus:v3.13.3"),
                Image(images, "loki", "grafana/loki:3.7.7"),
                Image(images, "promtail", "grafana/promtail:3.6.11"),
                Image(images, "tempo", "grafana/tempo:3.0.3"),
                Image(images, "grafana", "grafana/grafana:13.2.1"),
                Image(images, "alertmanager", "prom/alertmanager:v0.34.0"),
                Image(images, "runtime", "mcr.microsoft.com/dotnet/aspnet:10.0-noble-chiseled")),
            ScrapeInterval = root.Duration("scrapeInterval", "2s", TimeSpan.FromMilliseconds(100)),
            Sampling = root.Ratio("sampling", 1.0),
            Retention = new StackRetention(
                retention.Duration("metrics", "15d", TimeSpan.FromHours(1)),
                retention.Duration("logs", "7d", TimeSpan.FromHours(24)),
                retention.Duration("traces", "2d", TimeSpan.FromHours(1))),
            Grafana = new GrafanaSettings(
                grafana.Text("user", "admin", static text => text.Length is > 0 and <= 190 && !text.Any(char.IsControl), "a user name without control characters"),
                Password(grafana, folder)),
            Alerting = new AlertingSettings(
                alerting.Switch("enabled", true),
                alerting.Optional("webhook", IsWebAddress, "an http:// or https:// address") is { Length: > 0 } webhook && IsWebAddress(webhook) ? new Uri(webhook) : null),
            Memory = new StackMemory(
                Size(memory, "prometheus", "512m"),
                Size(memory, "loki", "768m"),
                Size(memory, "promtail", "256m"),
                Size(memory, "tempo", "1g"),
                Size(memory, "grafana", "512m"),
                Size(memory, "alertmanager", "128m"),
                Size(memory, "service", "256m")),
        };

        foreach (var node in new[] { root, names, ports, images, retention, grafana, alerting, memory })
            node.Close();
        CheckOverrides(overrides, faults);
        CheckTogether(settings, ports, root);
        return faults.Count == 0 ? settings : throw new FaultException(faults);
    }

    private static JsonDocument Document(string json, string name)
    {
        try
        {
            return JsonDocument.Parse(json, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, AllowDuplicateProperties = false });
        }
        catch (JsonException exception)
        {
            var where = exception.LineNumber is { } line ? $" line {line + 1}, column {exception.BytePositionInLine + 1}" : "";
            var reason = exception.Message.Split(" LineNumber:")[0].Split(" Path:")[0].TrimEnd('.');
            throw new FaultException($"{name}:{where} is not valid JSON: {reason}; mend the syntax there");
        }
    }

    private static Dictionary<string, SettingsOverride> Overrides(IReadOnlyDictionary<string, string> environment)
    {
        var overrides = new Dictionary<string, SettingsOverride>(StringComparer.OrdinalIgnoreCase);
        foreach (var (variable, value) in environment)
        {
            if (variable.StartsWith(EnvironmentPrefix, StringComparison.OrdinalIgnoreCase))
                overrides[variable[EnvironmentPrefix.Length..].Replace("__", ".", StringComparison.Ordinal)] = new SettingsOverride(variable, value);
        }

        return overrides;
    }

    private static void CheckOverrides(Dictionary<string, SettingsOverride> overrides, List<string> faults)
    {
        foreach (var (path, variable) in overrides)
        {
            if (!Keys.Contains(path, StringComparer.OrdinalIgnoreCase))
                faults.Add($"environment variable {variable.Variable}: no such setting; {(Nearest.Of(path, Keys) is { } near ? $"did you mean {EnvironmentPrefix}{near.Replace(".", "__", StringComparison.Ordinal).ToUpperInvariant()}?" : "unset it or see stack.schema.json for the keys")}");
        }
    }

    private static void CheckTogether(StackSettings settings, SettingsNode ports, SettingsNode root)
    {
        var shared = settings.Ports.ByName().Append(KeyValuePair.Create("services", settings.Ports.Services)).GroupBy(pair => pair.Value).Where(group => group.Count() > 1);
        foreach (var group in shared)
            ports.Fault(group.Last().Key, $"{group.Key} is also ports.{group.First().Key}", "give every port its own number");
        if (settings.IsOpen && settings.Grafana.HasDefaultPassword)
            root.Fault("bindAddress", $"\"{settings.BindAddress}\" opens ports beyond loopback with the default Grafana password", $"set {EnvironmentPrefix}GRAFANA__PASSWORD or grafana.passwordFile, or keep \"127.0.0.1\"");
    }

    private static string Password(SettingsNode grafana, string folder)
    {
        var password = grafana.Text("password", GrafanaSettings.DefaultPassword, static text => text.Length > 0 && !text.Any(char.IsControl), "at least one character and no control characters");
        var file = grafana.Optional("passwordFile", static text => text.Length > 0, "the path of a file that holds the password");
        if (file is null)
            return password;
        var path = Path.Combine(folder, file);
        try
        {
            var secret = File.ReadAllText(path).TrimEnd('\r', '\n');
            if (secret.Length > 0 && !secret.Any(char.IsControl))
                return secret;
            grafana.Fault("passwordFile", $"\"{file}\" holds no usable password", "put the password on its one line");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            grafana.Fault("passwordFile", $"\"{file}\" cannot be read ({exception.GetType().Name})", "create the file or remove the key");
        }

        return password;
    }

    private static string Name(SettingsNode node, string key, string fallback, Regex form, string expected)
        => node.Text(key, fallback, text => text.Length <= 120 && form.IsMatch(text), expected);

    private static string Image(SettingsNode node, string key, string fallback)
        => node.Text(key, fallback, static text => ImageReference().IsMatch(text) && !text.EndsWith(":latest", StringComparison.Ordinal), $"a pinned image reference (name:tag or name@sha256:…, never latest), for example \"{fallback}\"");

    private static string Size(SettingsNode node, string key, string fallback)
        => node.Text(key, fallback, static text => MemorySize().IsMatch(text), $"a memory size such as \"{fallback}\"");

    private static bool IsWebAddress(string text) => Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && !text.Any(char.IsControl);

    /// <summary>Every key of the settings file, as a dotted path.</summary>
    public static IReadOnlyList<string> Keys { get; } =
    [
        "engine", "bindAddress", "scrapeInterval", "sampling",
        "names.project", "names.network", "names.logsVolume",
        "ports.grafana", "ports.prometheus", "ports.loki", "ports.tempo", "ports.otlpGrpc", "ports.otlpHttp", "ports.zipkin", "ports.jaegerThrift", "ports.jaegerGrpc", "ports.alertmanager", "ports.services",
        "images.prometheus", "images.loki", "images.promtail", "images.tempo", "images.grafana", "images.alertmanager", "images.runtime",
        "retention.metrics", "retention.logs", "retention.traces",
        "grafana.user", "grafana.password", "grafana.passwordFile",
        "alerting.enabled", "alerting.webhook",
        "memory.prometheus", "memory.loki", "memory.promtail", "memory.tempo", "memory.grafana", "memory.alertmanager", "memory.service",
    ];

    private const string ObjectNameHint = "letters, digits, _ . and - only, starting with a letter or digit";

    [GeneratedRegex(@"\A[a-z0-9][a-z0-9_-]{0,62}\z")]
    private static partial Regex ProjectName();

    [GeneratedRegex(@"\A[a-zA-Z0-9][a-zA-Z0-9_.-]*\z")]
    private static partial Regex ObjectName();

    [GeneratedRegex(@"\A(?:[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?::[0-9]+)?/)*[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}(?:@sha256:[0-9a-f]{64})?|@sha256:[0-9a-f]{64})\z")]
    private static partial Regex ImageReference();

    [GeneratedRegex(@"\A[1-9][0-9]*[kmg]\z")]
    private static partial Regex MemorySize();
}
