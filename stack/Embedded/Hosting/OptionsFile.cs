using System.Net;
using System.Text.Json;
using MicroMonitored.Model.Settings;

namespace MicroMonitored.Embedded.Hosting;

/// <summary>Reads and validates the configuration file as a whole.</summary>
internal sealed class OptionsFile
{
    private readonly string _path;
    private readonly string _folder;
    private readonly List<string> _faults = [];

    private OptionsFile(string path)
    {
        _path = path;
        _folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
    }

    /// <summary>The options, or null and one line for every fault.</summary>
    public static (EmbeddedOptions? Options, IReadOnlyList<string> Faults) Read(string path)
    {
        var file = new OptionsFile(path);
        try
        {
            using var document = JsonDocument.Parse(
                File.ReadAllBytes(path),
                new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, MaxDepth = 16 });
            var options = file.Options(document.RootElement);
            return file._faults.Count == 0 ? (options, []) : (null, file._faults);
        }
        catch (JsonException exception)
        {
            return (null, [$"{path}: not valid JSON (line {exception.LineNumber + 1}, position {exception.BytePositionInLine + 1})."]);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return (null, [$"{path}: cannot be read: {exception.Message}"]);
        }
    }

    private EmbeddedOptions? Options(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            Fault("the file", "must hold one JSON object");
            return null;
        }

        var options = new EmbeddedOptions { DataFolder = "", LogFolder = "" };
        foreach (var property in root.EnumerateObject())
        {
            var (key, value) = (property.Name, property.Value);
            if (key == "$schema" || value.ValueKind == JsonValueKind.Null)
                continue;
            options = key switch
            {
                "bindAddress" => options with { BindAddress = Text(key, value) },
                "dataFolder" => options with { DataFolder = Resolve(key, value) },
                "logFolder" => options with { LogFolder = Resolve(key, value) },
                "fileSd" => options with { FileSd = [.. Items(key, value).Select(item => Resolve(key, item))] },
                "allowedHosts" => options with { AllowedHosts = [.. Items(key, value).Select(item => Text(key, item))] },
                "scrapeInterval" => options with { ScrapeInterval = Duration(key, value) },
                "scrapeTimeout" => options with { ScrapeTimeout = Duration(key, value) },
                "token" => options with { Token = Text(key, value) },
                "ports" => options with { Ports = Ports(value) },
                "retention" => options with { Retention = Retention(value) },
                "services" => options with { Services = [.. Items(key, value).Select(Service)] },
                _ => Unknown(key, options),
            };
        }

        if (options.DataFolder.Length == 0)
            Fault("dataFolder", "is missing; give the folder of the store");
        if (options.LogFolder.Length == 0)
            Fault("logFolder", "is missing; give the folder whose *.log files are tailed");
        if (options.Token is { Length: < 16 })
            Fault("token", "is shorter than 16 characters; use a random one");

        if (!IPAddress.TryParse(options.BindAddress, out var address))
            Fault("bindAddress", $"'{options.BindAddress}' is not an IP address; use 127.0.0.1");
        else if (!IPAddress.IsLoopback(address) && options.Token is null)
            Fault("bindAddress", $"'{options.BindAddress}' is not loopback and needs a token; set \"token\" or bind 127.0.0.1");
        return options;
    }

    private EmbeddedPorts Ports(JsonElement value)
    {
        var ports = new EmbeddedPorts();
        var seen = new Dictionary<int, string>();
        foreach (var (name, element) in Members("ports", value))
        {
            var key = $"ports.{name}";
            if (element.ValueKind != JsonValueKind.Number || !element.TryGetInt32(out var port) || port is < 0 or > 65535)
            {
                Fault(key, $"{element} is not a port; use 1 to 65535, or 0 for none");
                continue;
            }

            ports = name switch
            {
                "grafana" => ports with { Grafana = port },
                "prometheus" => ports with { Prometheus = port },
                "loki" => ports with { Loki = port },
                "tempo" => ports with { Tempo = port },
                "otlpGrpc" => ports with { OtlpGrpc = port },
                "otlpHttp" => ports with { OtlpHttp = port },
                "zipkin" => ports with { Zipkin = port },
                "jaegerThrift" => ports with { JaegerThrift = port },
                _ => Unknown(key, ports),
            };
        }

        foreach (var (name, port) in EngineHost.Listeners(ports))
            if (!seen.TryAdd(port, name))
                Fault($"ports.{name}", $"{port} is also the port of {seen[port]}");
        return ports;
    }

    private EmbeddedRetention Retention(JsonElement value)
    {
        var retention = new EmbeddedRetention();
        foreach (var (name, element) in Members("retention", value))
        {
            var key = $"retention.{name}";
            retention = name switch
            {
                "metrics" => retention with { Metrics = Duration(key, element) },
                "logs" => retention with { Logs = Duration(key, element) },
                "traces" => retention with { Traces = Duration(key, element) },
                _ => Unknown(key, retention),
            };
        }

        return retention;
    }

    private EmbeddedService Service(JsonElement value)
    {
        var service = new EmbeddedService("", "");
        foreach (var (name, element) in Members("services", value))
        {
            service = name switch
            {
                "name" => service with { Name = Text("services.name", element) },
                "url" => service with { Url = Text("services.url", element) },
                _ => Unknown($"services.{name}", service),
            };
        }

        return service;
    }

    private string Text(string key, JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text)
            return text;
        Fault(key, $"{value.GetRawText()} is not a text");
        return "?";
    }

    private string Resolve(string key, JsonElement value)
    {
        var text = Text(key, value);
        return text.Contains('\0', StringComparison.Ordinal) ? text : Path.GetFullPath(text, _folder);
    }

    private string Duration(string key, JsonElement value)
    {
        var text = Text(key, value);
        if (!PrometheusDuration.TryParse(text, out _))
        {
            Fault(key, $"'{text}' is not a duration such as 2s, 1h30m or 15d");
            return "2s";
        }

        return text;
    }

    private JsonElement[] Items(string key, JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Array)
            return [.. value.EnumerateArray()];
        Fault(key, "must be a list");
        return [];
    }

    private IEnumerable<(string Name, JsonElement Value)> Members(string key, JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Object)
            return value.EnumerateObject().Select(property => (property.Name, property.Value));
        Fault(key, "must be an object");
        return [];
    }

    private T Unknown<T>(string key, T unchanged)
    {
        Fault(key, "is not a key of this file");
        return unchanged;
    }

    private void Fault(string key, string problem) => _faults.Add($"{_path}: {key}: {problem}.");
}
