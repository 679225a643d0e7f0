using System.Text.Json;
using System.Text.Json.Nodes;
using Json.Schema;
using Json.Schema.Keywords;
using Json.Schema.Keywords.Draft06;

namespace MicroMonitored.Model.Settings;

/// <summary>Asks JsonSchema.Net what it makes of settings. To touch this class loads that library: a tenth of a second.</summary>
internal static class SchemaRules
{
    private static readonly JsonSchema Rules = Build();

    /// <summary>The dotted paths of all that the schema refuses, unknown keys among them.</summary>
    public static HashSet<string> Refused(JsonNode settings)
    {
        var element = JsonSerializer.SerializeToElement(settings, SettingsJson.Default.JsonNode);
        var result = Rules.Evaluate(element, new EvaluationOptions { OutputFormat = OutputFormat.List });
        return (result.Details ?? [])
            .Where(detail => detail.Errors is not null)
            .Select(detail => detail.InstanceLocation.ToString().TrimStart('/').Replace('/', '.'))
            .ToHashSet(StringComparer.Ordinal);
    }

    // The keywords that the schema uses and no others.
    private static JsonSchema Build()
    {
        var dialect = new Dialect(
        [
            TypeKeyword.Instance, EnumKeyword.Instance, MinimumKeyword.Instance, MaximumKeyword.Instance, MinLengthKeyword.Instance,
            MaxLengthKeyword.Instance, PropertiesKeyword.Instance, PatternPropertiesKeyword.Instance, AdditionalPropertiesKeyword.Instance,
            RefKeyword.Instance, DefinitionsKeyword.Instance, SchemaRule.Pattern, SchemaRule.Format, SchemaRule.Least,
        ])
        {
            Id = new Uri(SettingsSchema.Root.GetProperty("$schema").GetString()!),
            AllowUnknownKeywords = true,
        };
        return JsonSchema.Build(SettingsSchema.Root, new BuildOptions { Dialect = dialect, SchemaRegistry = new SchemaRegistry() });
    }
}
