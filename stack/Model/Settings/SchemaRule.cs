using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Json.Schema;

namespace MicroMonitored.Model.Settings;

/// <summary>A keyword of <c>stack.schema.json</c> that judges texts.</summary>
internal sealed class SchemaRule(string name, Func<string, string, bool> holds) : IKeywordHandler
{
    /// <summary>The standard keyword, read with .NET's own expressions: the library's take a third of the start.</summary>
    public static SchemaRule Pattern { get; } = new("pattern", static (text, pattern) => Regex.IsMatch(text, pattern, RegexOptions.CultureInvariant));

    /// <summary>The standard keyword for the two kinds of address.</summary>
    public static SchemaRule Format { get; } = new("format", static (text, format) => format switch
    {
        "ip-address" => IPAddress.TryParse(text, out _),
        "uri" => Uri.TryCreate(text, UriKind.Absolute, out _),
        _ => throw new InvalidOperationException($"stack.schema.json: no format {format}"),
    });

    /// <summary>The shortest duration, itself included.</summary>
    public static SchemaRule Least { get; } = new("least", static (text, least)
        => PrometheusDuration.TryParse(text, out var duration) && duration.Value >= PrometheusDuration.Parse(least).Value);

    public string Name => name;

    public object? ValidateKeywordValue(JsonElement value) => value.GetString();

    public void BuildSubschemas(KeywordData keyword, BuildContext context)
    {
    }

    public KeywordEvaluation Evaluate(KeywordData keyword, EvaluationContext context)
    {
        var valid = context.Instance.ValueKind != JsonValueKind.String || holds(context.Instance.GetString()!, (string)keyword.Value!);
        return new KeywordEvaluation { Keyword = name, IsValid = valid, Error = valid ? null : keyword.RawValue.GetRawText() };
    }
}
