using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using MicroMonitored.Model.Settings;

namespace MicroMonitored.Model.Components;

/// <summary>A stack that somebody else runs, as a JSON file names it. Secrets stand in environment variables, whose names the file tells.</summary>
/// <remarks>
/// <code>
/// {
///   "prometheus": { "url": "https://metrics.example.com/prometheus/", "token": "METRICS_TOKEN" },
///   "loki": { "url": "https://logs.example.com/", "user": "team", "password": "LOGS_PASSWORD", "tenant": "team-a" },
///   "tempo": { "url": "https://traces.example.com/", "headers": { "X-Api-Key": "TRACES_KEY" } },
///   "otlpHttp": { "url": "https://otlp.example.com/" },
///   "scrapeInterval": "15s", "searchDelay": "30s", "insecure": false
/// }
/// </code>
/// <c>otlpGrpc</c>, <c>zipkin</c>, <c>jaegerThrift</c>, <c>grafana</c> and <c>alertmanager</c> are optional. <c>searchDelay</c> is how long the stores
/// keep what is new from their queries; <c>insecure</c> takes any certificate.
/// </remarks>
public sealed record StackFile
{
    private static readonly string[] Required = ["prometheus", "loki", "tempo", "otlpHttp"];
    private static readonly string[] Places = [.. Required, "otlpGrpc", "zipkin", "jaegerThrift", "grafana", "alertmanager"];
    private static readonly string[] Durations = ["scrapeInterval", "searchDelay"];
    private static readonly string[] OfPlace = ["url", "user", "password", "token", "tenant", "headers"];

    private readonly Dictionary<string, Endpoint> _endpoints = new(StringComparer.Ordinal);

    private StackFile(string name) => Name = name;

    /// <summary>The name of the file.</summary>
    public string Name { get; }

    /// <summary>The time between two scrapes of the stack's own services.</summary>
    public TimeSpan ScrapeInterval { get; private set; } = TimeSpan.FromSeconds(15);

    /// <summary>How long the stores keep what is new from their queries.</summary>
    public TimeSpan SearchDelay { get; private set; }

    /// <summary>Whether any certificate is taken.</summary>
    public bool AcceptsAnyCertificate { get; private set; }

    /// <summary>Every place, with what requests to it carry.</summary>
    public IReadOnlyCollection<Endpoint> Endpoints => _endpoints.Values;

    /// <summary>A place by its key in the file; null where the file does not name it.</summary>
    public Endpoint? this[string key] => _endpoints.GetValueOrDefault(key);

    /// <summary>Reads the file.</summary>
    /// <param name="file">Its path; comments and trailing commas are allowed.</param>
    /// <param name="environment">Where the secrets are.</param>
    /// <exception cref="FaultException">The file cannot be read, a key or value is not valid, or a variable is not set; every fault at once.</exception>
    public static StackFile Read(string file, IReadOnlyDictionary<string, string> environment)
    {
        var name = Path.GetFileName(file);
        JsonObject root;
        try
        {
            var options = new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };
            root = JsonNode.Parse(File.ReadAllText(file), null, options) as JsonObject ?? throw new JsonException("the whole is no object.");
            _ = root.Count;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException or ArgumentException)
        {
            throw new FaultException($"--stack={file}: {exception.Message}");
        }

        var stack = new StackFile(name);
        var faults = new List<string>();
        foreach (var (key, value) in root)
            stack.Take(key, value, environment, faults);
        faults.AddRange(Required.Where(key => !root.ContainsKey(key)).Select(key => $"{name}: {key} is missing; add \"{key}\": {{ \"url\": \"https://…\" }}"));
        return faults.Count == 0 ? stack : throw new FaultException(faults);
    }

    private void Take(string key, JsonNode? value, IReadOnlyDictionary<string, string> environment, List<string> faults)
    {
        if (Places.Contains(key, StringComparer.Ordinal))
        {
            if (new Place(Name, key, environment, faults).Read(value) is { } endpoint)
                _endpoints[key] = endpoint;
        }
        else if (Durations.Contains(key, StringComparer.Ordinal))
        {
            if (value is not JsonValue text || !text.TryGetValue(out string? written) || !PrometheusDuration.TryParse(written, out var duration))
                faults.Add($"{Name}: {key} is {Shown(value)}; use a duration such as 15s");
            else if (key == "searchDelay")
                SearchDelay = duration.Value;
            else
                ScrapeInterval = duration.Value;
        }
        else if (key == "insecure")
        {
            if (value is JsonValue flag && flag.TryGetValue(out bool any))
                AcceptsAnyCertificate = any;
            else
                faults.Add($"{Name}: {key} is {Shown(value)}; use true or false");
        }
        else if (key != "$schema")
        {
            faults.Add(Unknown(Name, key, [.. Places, .. Durations, "insecure"]));
        }
    }

    private static string Unknown(string where, string key, IReadOnlyList<string> known)
        => $"{where}: unknown key {key}; {(Nearest.Of(key, known) is { } nearest ? $"did you mean {nearest}? " : "")}known are {string.Join(", ", known)}";

    private static string Shown(JsonNode? value) => value?.ToJsonString() ?? "null";

    private sealed class Place(string file, string key, IReadOnlyDictionary<string, string> environment, List<string> faults)
    {
        public Endpoint? Read(JsonNode? value)
        {
            var before = faults.Count;
            if (value is not JsonObject place)
            {
                faults.Add($"{file}: {key} is {Shown(value)}; use {{ \"url\": \"https://…\" }}");
                return null;
            }

            faults.AddRange(place.Select(pair => pair.Key).Where(name => !OfPlace.Contains(name, StringComparer.Ordinal))
                .Select(name => Unknown($"{file}: {key}", name, OfPlace)));
            var (user, password, token) = (Text(place, "user"), Secret(place, "password"), Secret(place, "token"));
            if (user is null != password is null || (user is not null && token is not null))
                faults.Add($"{file}: {key} has {(token is null ? "one of user and password" : "a user and a token")}; use user and password, or token");
            var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
            if (Text(place, "tenant") is { } tenant)
                headers["X-Scope-OrgID"] = tenant;
            if (place["headers"] is JsonObject own)
            {
                foreach (var name in own.Select(pair => pair.Key).ToList())
                    headers[name] = Secret(own, name, $"{key}.headers") ?? "";
            }
            else if (place.ContainsKey("headers"))
            {
                faults.Add($"{file}: {key}.headers is {Shown(place["headers"])}; use {{ \"Name\": \"VARIABLE\" }}");
            }

            var endpoint = Address(place);
            if (faults.Count > before || endpoint is null)
                return null;
            return endpoint with
            {
                Headers = headers,
                Credentials = token is not null ? EndpointCredentials.Bearer(token)
                    : user is not null ? EndpointCredentials.Basic(user, password!)
                    : endpoint.Credentials,
            };
        }

        private Endpoint? Address(JsonObject place)
        {
            if (!place.ContainsKey("url"))
            {
                faults.Add($"{file}: {key}.url is missing; use an http:// or https:// address");
                return null;
            }

            if (Text(place, "url") is not { } url)
                return null;
            try
            {
                var endpoint = Endpoint.Parse(url);
                if (endpoint.Credentials is not null)
                    faults.Add($"{file}: {key}.url carries a password; name it by user and password, which is the name of a variable");
                return endpoint;
            }
            catch (FaultException exception)
            {
                faults.AddRange(exception.Faults.Select(fault => $"{file}: {key}.url: {fault}"));
                return null;
            }
        }

        private string? Text(JsonObject place, string name)
        {
            if (!place.TryGetPropertyValue(name, out var value))
                return null;
            if (value is JsonValue text && text.TryGetValue(out string? written) && written.Length > 0)
                return written;
            faults.Add($"{file}: {key}.{name} is {Shown(value)}; use a text");
            return null;
        }

        private string? Secret(JsonObject place, string name, string? where = null)
        {
            if (Text(place, name) is not { } variable)
                return null;
            if (environment.TryGetValue(variable, out var secret) && secret.Length > 0 && !secret.Any(char.IsControl))
                return secret;
            // The value may be the secret itself, put there by mistake: it is not repeated.
            faults.Add(string.Create(CultureInfo.InvariantCulture, $"{file}: {where ?? key}.{name} names no variable that is set; set it, or name another"));
            return null;
        }
    }
}
