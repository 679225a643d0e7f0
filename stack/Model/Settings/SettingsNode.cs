using System.Globalization;
using System.Text.Json;

namespace MicroMonitored.Model.Settings;

/// <summary>Reads one section of the settings, remembers which keys it was asked for and collects faults.</summary>
internal sealed class SettingsNode
{
    private readonly string _path;
    private readonly JsonElement? _element;
    private readonly IReadOnlyDictionary<string, SettingsOverride> _overrides;
    private readonly List<string> _faults;
    private readonly HashSet<string> _known = new(StringComparer.Ordinal) { "$schema" };
    private readonly string _file;

    public SettingsNode(string file, string path, JsonElement? element, IReadOnlyDictionary<string, SettingsOverride> overrides, List<string> faults)
    {
        (_file, _path, _overrides, _faults) = (file, path, overrides, faults);
        if (element is { ValueKind: not JsonValueKind.Object } other)
        {
            faults.Add($"{file}: {(path.Length == 0 ? "the whole" : path)} is {Shown(other)}; write an object {{ … }}");
            return;
        }

        _element = element;
    }

    public SettingsNode Section(string key)
    {
        _known.Add(key);
        return new SettingsNode(_file, PathOf(key), Child(key), _overrides, _faults);
    }

    public string Text(string key, string fallback, Func<string, bool> accepts, string expected)
        => Read(key, fallback, static text => text, accepts, expected);

    public int Port(string key, int fallback)
        => Read(key, fallback, static text => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) ? port : (int?)null, static port => port is >= 1 and <= 65535, "a port from 1 to 65535", JsonValueKind.Number);

    public double Ratio(string key, double fallback)
        => Read(key, fallback, static text => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var ratio) ? ratio : (double?)null, static ratio => ratio is >= 0 and <= 1, "a number from 0 to 1", JsonValueKind.Number);

    public bool Switch(string key, bool fallback)
        => Read(key, fallback, static text => bool.TryParse(text, out var value) ? value : (bool?)null, static _ => true, "true or false", JsonValueKind.True);

    public PrometheusDuration Duration(string key, string fallback, TimeSpan least)
    {
        var value = PrometheusDuration.Parse(fallback);
        return Read(key, value, static text => PrometheusDuration.TryParse(text, out var duration) ? duration : (PrometheusDuration?)null, duration => duration.Value >= least, $"a duration such as \"{fallback}\" (units ms s m h d w y, at least {least.TotalSeconds:0.###}s)");
    }

    /// <summary>Null where the key is absent or null.</summary>
    public string? Optional(string key, Func<string, bool> accepts, string expected)
    {
        _known.Add(key);
        if (!_overrides.ContainsKey(PathOf(key)) && Child(key) is null or { ValueKind: JsonValueKind.Null })
            return null;
        return Text(key, "", accepts, expected);
    }

    /// <summary>Reports the keys nobody asked for.</summary>
    public void Close()
    {
        if (_element is not { } element)
            return;
        foreach (var property in element.EnumerateObject().Where(property => !_known.Contains(property.Name)))
        {
            var nearest = Nearest.Of(property.Name, _known);
            _faults.Add($"{_file}: unknown key {PathOf(property.Name)}; {(nearest is null ? $"known here: {string.Join(", ", _known.Where(key => key != "$schema"))}" : $"did you mean {nearest}?")}");
        }
    }

    public void Fault(string key, string value, string fix) => _faults.Add($"{Source(key)}: {value}; {fix}");

    private T Read<T>(string key, T fallback, Func<string, T?> parse, Func<T, bool> accepts, string expected, JsonValueKind kind = JsonValueKind.String)
        where T : struct
    {
        if (!TryText(key, kind, expected, out var text) || text is null)
            return fallback;
        if (parse(text) is { } value && accepts(value))
            return value;
        Fault(key, Quoted(text, kind), $"use {expected}");
        return fallback;
    }

    private string Read(string key, string fallback, Func<string, string> parse, Func<string, bool> accepts, string expected)
    {
        if (!TryText(key, JsonValueKind.String, expected, out var text) || text is null)
            return fallback;
        if (accepts(parse(text)))
            return text;
        Fault(key, Quoted(text, JsonValueKind.String), $"use {expected}");
        return fallback;
    }

    private bool TryText(string key, JsonValueKind kind, string expected, out string? text)
    {
        _known.Add(key);
        text = null;
        if (_overrides.TryGetValue(PathOf(key), out var environment))
        {
            text = environment.Value;
            return true;
        }

        if (Child(key) is not { } element)
            return true;
        var matches = kind == JsonValueKind.True ? element.ValueKind is JsonValueKind.True or JsonValueKind.False : element.ValueKind == kind;
        if (!matches)
        {
            Fault(key, Shown(element), $"use {expected}");
            return false;
        }

        text = element.ValueKind == JsonValueKind.String ? element.GetString() : element.GetRawText();
        return true;
    }

    private JsonElement? Child(string key) => _element is { } element && element.TryGetProperty(key, out var child) ? child : null;

    private string PathOf(string key) => _path.Length == 0 ? key : $"{_path}.{key}";

    private string Source(string key) => _overrides.TryGetValue(PathOf(key), out var environment) ? $"environment variable {environment.Variable}" : $"{_file}: {PathOf(key)}";

    private static string Quoted(string text, JsonValueKind kind) => kind == JsonValueKind.String ? $"\"{Printable(text)}\"" : Printable(text);

    private static string Shown(JsonElement element) => Printable(element.GetRawText());

    private static string Printable(string text)
    {
        var line = string.Concat(text.Select(character => char.IsControl(character) ? ' ' : character));
        return line.Length > 80 ? line[..77] + "..." : line;
    }
}

/// <summary>A setting given by the environment.</summary>
internal sealed record SettingsOverride(string Variable, string Value);
