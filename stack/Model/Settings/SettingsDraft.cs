using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MicroMonitored.Model.Settings;

/// <summary>The settings on their way from text to record: the file, then the environment, then the defaults, and every fault on the way.</summary>
internal sealed class SettingsDraft
{
    private static readonly JsonSerializerOptions Readable = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, TypeInfoResolver = SettingsJson.Default,
    };
    private readonly string _name;
    private readonly List<string> _faults = [];
    private readonly Dictionary<SettingsKey, (string Variable, string Value)> _overrides = [];

    private SettingsDraft(string name, JsonNode? root)
    {
        _name = name;
        Node = Section(root, "the whole");
        foreach (var section in SettingsSchema.Sections)
        {
            var kept = Node.TryGetPropertyValue(section, out var value) ? Section(value, section) : [];
            if (kept != value)
                Node[section] = kept;
        }
    }

    public JsonObject Node { get; }

    public IReadOnlyList<string> Faults => _faults;

    public static SettingsDraft Parse(string json, string name)
    {
        try
        {
            var options = new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, AllowDuplicateProperties = false };
            return new SettingsDraft(name, JsonNode.Parse(json, documentOptions: options));
        }
        catch (JsonException exception)
        {
            var where = exception.LineNumber is { } line ? $" line {line + 1}, column {exception.BytePositionInLine + 1}" : "";
            var reason = exception.Message.Split(" LineNumber:")[0].Split(" Path:")[0].TrimEnd('.');
            throw new FaultException($"{name}:{where} is not valid JSON: {reason}; mend the syntax there");
        }
    }

    /// <summary>Puts what the environment says in place of what the file says.</summary>
    public void Override(IReadOnlyDictionary<string, string> environment)
    {
        var keys = SettingsSchema.Keys.ToDictionary(key => key.Variable, StringComparer.OrdinalIgnoreCase);
        foreach (var (variable, value) in environment.Where(pair => pair.Key.StartsWith(SettingsReader.EnvironmentPrefix, StringComparison.OrdinalIgnoreCase)))
        {
            if (keys.TryGetValue(variable, out var key))
            {
                _overrides[key] = (variable, value);
                Parent(key)[key.Name] = Typed(key, value);
            }
            else
            {
                var near = Nearest.Of(variable.ToUpperInvariant(), keys.Keys);
                var advice = near is null ? "unset it or see stack.schema.json for the keys" : $"did you mean {near}?";
                _faults.Add($"environment variable {variable}: no such setting; {advice}");
            }
        }

        // One variable moves all ports, also those that the file gives a number; a variable of its own still decides.
        foreach (var port in SettingsSchema.Keys.Where(key => key.Offset is not null && Overrides("ports.first") && !_overrides.ContainsKey(key)))
            Parent(port).Remove(port.Name);
    }

    /// <summary>Reports what the schema refuses and takes it out.</summary>
    /// <param name="accepted">Remembers what the schema has accepted before; null asks it each time.</param>
    public void Validate(AcceptedSettings? accepted)
    {
        var refused = accepted?.Holds(Node) == true ? new HashSet<string>() : SchemaRules.Refused(Node);
        if (refused.Count == 0)
            accepted?.Add(Node);
        var faults = new List<string>();
        foreach (var key in SettingsSchema.Keys)
        {
            if (!Parent(key).TryGetPropertyValue(key.Name, out var value) || (!refused.Contains(key.Path) && IsFit(key, value)))
                continue;
            var seen = _overrides.TryGetValue(key, out var variable) && !key.Types.Contains("string") ? variable.Value : Shown(value);
            faults.Add(Line(key, Printable(seen), key.Fix));
            Parent(key).Remove(key.Name);
        }

        _faults.InsertRange(0, faults);
        foreach (var section in SettingsSchema.Sections.Prepend(null))
            RemoveUnknown(section);
    }

    /// <summary>Fills in what nobody gave.</summary>
    public void Complete()
    {
        var ports = SettingsSchema.Keys.Where(key => key.Offset is not null).ToList();
        var first = Node["ports"]?["first"]?.GetValue<int>();
        if (first is not null && ports.TrueForAll(port => Parent(port).ContainsKey(port.Name) && !_overrides.ContainsKey(port)))
            Fault("ports.first", $"{first} moves nothing, because every port has a key of its own", "remove those that are to move");
        foreach (var port in ports.Where(port => first is not null && !Parent(port).ContainsKey(port.Name)))
            Parent(port)[port.Name] = first + port.Offset;
        foreach (var key in SettingsSchema.Keys.Where(key => key.Default.ValueKind != JsonValueKind.Undefined && !Parent(key).ContainsKey(key.Name)))
            Parent(key)[key.Name] = Value(key.Default);
    }

    public void Fault(string key, string seen, string fix) => _faults.Add(Line(SettingsSchema.Key(key), seen, fix));

    /// <summary>Whether the environment gives the key.</summary>
    public bool Overrides(string path) => _overrides.ContainsKey(SettingsSchema.Key(path));

    private JsonObject Parent(SettingsKey key) => key.Section is null ? Node : (JsonObject)Node[key.Section]!;

    private JsonObject Section(JsonNode? node, string path)
    {
        if (node is JsonObject section)
            return section;
        _faults.Add($"{_name}: {path} is {Printable(Shown(node))}; write an object {{ … }}");
        return [];
    }

    private void RemoveUnknown(string? section)
    {
        var parent = section is null ? Node : (JsonObject)Node[section]!;
        var known = SettingsSchema.Keys.Where(key => key.Section == section).Select(key => key.Name)
            .Concat(section is null ? SettingsSchema.Sections : []).ToList();
        foreach (var name in parent.Select(pair => pair.Key).Where(name => !known.Contains(name) && !(section is null && name == "$schema")).ToList())
        {
            parent.Remove(name);
            var advice = Nearest.Of(name, known) is { } near ? $"did you mean {near}?" : $"known here: {string.Join(", ", known)}";
            _faults.Add($"{_name}: unknown key {(section is null ? "" : section + ".")}{Printable(name)}; {advice}");
        }
    }

    private string Line(SettingsKey key, string seen, string fix)
        => $"{(_overrides.TryGetValue(key, out var variable) ? $"environment variable {variable.Variable}" : $"{_name}: {key}")}: {seen}; {fix}";

    private static JsonValue? Typed(SettingsKey key, string text)
    {
        foreach (var type in key.Types)
        {
            if (type == "integer" && int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var integer))
                return JsonValue.Create(integer);
            if (type == "number" && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number))
                return JsonValue.Create(number);
            if (type == "boolean" && bool.TryParse(text, out var flag))
                return JsonValue.Create(flag);
        }

        return JsonValue.Create(text);
    }

    private static JsonValue? Value(JsonElement element) => element.ValueKind == JsonValueKind.Null ? null : JsonValue.Create(element);

    // What the schema's own types let through: 3000.0 is an integer to it, and a text may hold a line end.
    private static bool IsFit(SettingsKey key, JsonNode? value) => value?.GetValueKind() switch
    {
        JsonValueKind.String => !value.GetValue<string>().Any(char.IsControl),
        JsonValueKind.Number => !key.Types.Contains("integer") || value.AsValue().TryGetValue<int>(out _),
        _ => true,
    };

    private static string Shown(JsonNode? value) => value?.ToJsonString(Readable) ?? "null";

    private static string Printable(string text)
    {
        var line = string.Concat(text.Select(character => char.IsControl(character) ? ' ' : character));
        return line.Length > 80 ? line[..77] + "..." : line;
    }
}
