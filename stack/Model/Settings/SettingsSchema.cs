using System.Text.Json;

namespace MicroMonitored.Model.Settings;

/// <summary><c>stack.schema.json</c>: the one declaration of each key, its default, its bounds and what it means.</summary>
internal static class SettingsSchema
{
    private const string Resource = "stack.schema.json";

    /// <summary>The schema as it is.</summary>
    public static JsonElement Root { get; } = Load();

    /// <summary>Every key in the order of the schema.</summary>
    public static IReadOnlyList<SettingsKey> Keys { get; } = [.. Declared()];

    /// <summary>The objects that hold the other keys.</summary>
    public static IReadOnlyList<string> Sections { get; } = [.. Keys.Select(key => key.Section).OfType<string>().Distinct()];

    /// <summary>The key of a dotted path.</summary>
    public static SettingsKey Key(string path) => Keys.Single(key => key.Path == path);

    private static JsonElement Load()
    {
        using var stream = typeof(SettingsSchema).Assembly.GetManifestResourceStream(Resource)!;
        using var document = JsonDocument.Parse(stream);
        return document.RootElement.Clone();
    }

    private static IEnumerable<SettingsKey> Declared()
    {
        foreach (var property in Root.GetProperty("properties").EnumerateObject().Where(property => property.Name != "$schema"))
        {
            if (!property.Value.TryGetProperty("properties", out var members))
                yield return new SettingsKey(null, property.Name, property.Value, Shared(property.Value));
            else
            {
                foreach (var member in members.EnumerateObject())
                    yield return new SettingsKey(property.Name, member.Name, member.Value, Shared(member.Value));
            }
        }
    }

    private static JsonElement? Shared(JsonElement declaration)
        => declaration.TryGetProperty("$ref", out var reference) ? Root.GetProperty("definitions").GetProperty(reference.GetString()!.Split('/')[^1]) : null;
}
