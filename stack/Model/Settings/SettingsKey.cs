using System.Text.Json;

namespace MicroMonitored.Model.Settings;

/// <summary>One key of the settings file, as <c>stack.schema.json</c> declares it.</summary>
/// <param name="Section">The object it stands in; null at the top.</param>
/// <param name="Name">Its name there.</param>
internal sealed record SettingsKey(string? Section, string Name, JsonElement Own, JsonElement? Shared)
{
    /// <summary>The dotted path, such as <c>ports.grafana</c>.</summary>
    public string Path { get; } = Section is null ? Name : $"{Section}.{Name}";

    /// <summary>The environment variable that overrides it.</summary>
    public string Variable { get; } = SettingsReader.EnvironmentPrefix + (Section is null ? Name : $"{Section}__{Name}").ToUpperInvariant();

    /// <summary>What it is where the file says nothing; undefined where it then is not there.</summary>
    public JsonElement Default => Find("default");

    /// <summary>Its distance from <c>ports.first</c>; null for what is no port of its own.</summary>
    public int? Offset => Find("offset") is { ValueKind: JsonValueKind.Number } offset ? offset.GetInt32() : null;

    /// <summary>The JSON types it may have.</summary>
    public IEnumerable<string> Types => Find("type") switch
    {
        { ValueKind: JsonValueKind.Array } types => types.EnumerateArray().Select(type => type.GetString()!),
        { ValueKind: JsonValueKind.String } type => [type.GetString()!],
        _ => ["string"],
    };

    /// <summary>What to write instead of a value that is refused.</summary>
    public string Fix
    {
        get
        {
            if (Find("enum") is { ValueKind: JsonValueKind.Array } choices)
                return $"use {string.Join(", ", choices.EnumerateArray().SkipLast(1).Select(Raw))} or {Raw(choices.EnumerateArray().Last())}";
            var bounds = Find("minimum") is { ValueKind: JsonValueKind.Number } minimum ? $" from {Raw(minimum)} to {Raw(Find("maximum"))}" : "";
            var least = Find("least") is { ValueKind: JsonValueKind.String } shortest ? $" of at least {shortest.GetString()}" : "";
            var example = Shared is not null && Default.ValueKind == JsonValueKind.String ? $", such as {Raw(Default)}" : "";
            return $"use {Find("title").GetString()}{bounds}{least}{example}";
        }
    }

    public override string ToString() => Path;

    private JsonElement Find(string keyword)
        => Own.TryGetProperty(keyword, out var own) ? own : Shared is { } shared && shared.TryGetProperty(keyword, out var common) ? common : default;

    private static string Raw(JsonElement element) => element.GetRawText();
}
