using System.Text.RegularExpressions;
using MicroMonitored.Verification.Contracts;

namespace MicroMonitored.Verification.Lint;

/// <summary>Looks at one item of what services emit.</summary>
internal static partial class LintRules
{
    private const string Resource = "target_info";

    /// <summary>The ids of all rules.</summary>
    public static readonly IReadOnlyList<string> Ids =
    [
        "deprecated", "type_mismatch", "missing_attribute", "missing_resource_attribute", "missing_route", "missing_namespace", "invalid_name",
        "unit_not_base", "unbounded_label", "unbounded_name", "secret",
    ];

    public static IEnumerable<LintFinding> Of(EmittedItem item)
    {
        var type = item.Name == Resource ? "resource" : item.Signal.ToString().ToLowerInvariant();
        return Found(item).Select(found => new LintFinding(found.Level, found.Id, item.Service, type, item.Name, found.Message));
    }

    private static IEnumerable<(LintLevel Level, string Id, string Message)> Found(EmittedItem item)
        => Secrets(item).Concat(item.Signal switch
        {
            EmittedSignal.Metric when item.Name == Resource => OfResource(item),
            EmittedSignal.Metric => OfMetric(item),
            EmittedSignal.Span => OfSpan(item),
            _ => OfLine(item),
        });

    private static IEnumerable<(LintLevel, string, string)> Secrets(EmittedItem item)
        => item.Parts.Keys.Where(part => Secret().IsMatch(part)).Select(part =>
            (LintLevel.Violation, "secret", $"{part} is called like a secret: do not record it"));

    private static IEnumerable<(LintLevel, string, string)> OfResource(EmittedItem item)
        => SemanticConventions.Resource.Where(attribute => !item.Parts.ContainsKey(attribute)).Select(attribute =>
            (LintLevel.Improvement, "missing_resource_attribute", $"the resource has no {attribute}: set it in AddMonitoring or by OTEL_RESOURCE_ATTRIBUTES"));

    private static IEnumerable<(LintLevel, string, string)> OfMetric(EmittedItem item)
    {
        if (SemanticConventions.RenamedMetrics.TryGetValue(item.Name, out var now))
            yield return (LintLevel.Violation, "deprecated", $"is called {now} now: use the instruments of the framework");
        foreach (var label in item.Parts.Where(part => part.Value == "many"))
            yield return (LintLevel.Violation, "unbounded_label", $"label {label.Key} has a value for each request: put it on a span or a line instead");
        foreach (var label in item.Parts.Keys.Where(label => UnboundedLabel().IsMatch(label) && item.Parts[label] != "many"))
            yield return (LintLevel.Violation, "unbounded_label", $"label {label} has as many values as there are callers: put it on a span or a line instead");
        if (SemanticConventions.Libraries.Any(prefix => item.Name.StartsWith(prefix, StringComparison.Ordinal)))
            yield break;
        if (!LowerName().IsMatch(item.Name))
            yield return (LintLevel.Violation, "invalid_name", "a metric's name is lower case, its words parted by dots or underscores");
        if (item.Traits.GetValueOrDefault("unit", "") is var unit && NotBase().Match(unit.Length > 0 ? unit : item.Name) is { Success: true } small)
            yield return (LintLevel.Improvement, "unit_not_base", $"is in {small.Value.TrimStart('_')}: use seconds, bytes or a ratio");
    }

    private static IEnumerable<(LintLevel, string, string)> OfSpan(EmittedItem item)
    {
        var (kind, name) = (item.Name[..item.Name.IndexOf(' ', StringComparison.Ordinal)], item.Name[(item.Name.IndexOf(' ', StringComparison.Ordinal) + 1)..]);
        foreach (var (attribute, type) in item.Parts.Where(part => part.Value != "event"))
        {
            if (SemanticConventions.Renamed.TryGetValue(attribute, out var now))
                yield return (LintLevel.Violation, "deprecated", $"attribute {attribute} is called {now} now: use that");
            else if (SemanticConventions.Types.TryGetValue(attribute, out var expected) && type != expected)
                yield return (LintLevel.Violation, "type_mismatch", $"attribute {attribute} is of type {type}: make it {expected}");
            else if (!AttributeName().IsMatch(attribute))
                yield return (LintLevel.Violation, "invalid_name", $"attribute {attribute}: write it in lower case, its words parted by dots or underscores");
            else if (!attribute.Contains('.', StringComparison.Ordinal))
                yield return (LintLevel.Improvement, "missing_namespace", $"attribute {attribute} has no namespace: call it for example order.{attribute}");
        }

        foreach (var missing in SemanticConventions.Required.Where(rule => rule.Kind == kind && item.Parts.ContainsKey(rule.Marker))
            .SelectMany(rule => rule.Required).Distinct().Where(attribute => !item.Parts.ContainsKey(attribute)))
            yield return (LintLevel.Violation, "missing_attribute",
                $"attribute {missing} is required here: use the framework's own instrumentation, or set it");
        if (kind == "server" && item.Parts.ContainsKey("http.request.method") && !item.Parts.ContainsKey("http.route"))
            yield return (LintLevel.Improvement, "missing_route",
                "has no http.route: map its endpoint, or keep what runs before routing from ending the request");
        if (Id().Match(name) is { Success: true } id)
            yield return (LintLevel.Violation, "unbounded_name", $"{id.Value} in its name is of one request: put it into an attribute");
    }

    private static IEnumerable<(LintLevel, string, string)> OfLine(EmittedItem item)
    {
        foreach (var field in item.Parts.Keys.Where(field => SemanticConventions.Renamed.ContainsKey(field)))
            yield return (LintLevel.Improvement, "deprecated", $"field {field} is called {SemanticConventions.Renamed[field]} now: use that");
        if (Id().Match(item.Name) is { Success: true } id)
            yield return (LintLevel.Improvement, "unbounded_name",
                $"{id.Value} is in the text and in no field: log it by a template, such as \"… {{OrderId}}\"");
    }

    [GeneratedRegex(
        @"(?:^|[._-])(?:password|passwd|pwd|secret|api_?key|(?:access|refresh)_?token|authorization|cookie|credentials?|private_?key)(?:$|[._-])",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Secret();

    [GeneratedRegex(@"^(?:url_(?:full|path|query)|(?:user|enduser|customer|session|request|order|trace|span|correlation)_id|client_address|user_agent.*)$")]
    private static partial Regex UnboundedLabel();

    [GeneratedRegex(@"_?(?:(?:milli|micro|nano)seconds|minutes|hours|days|(?:kibi|mebi|gibi|kilo|mega|giga)bytes|percent)$|_ms$|^ms$")]
    private static partial Regex NotBase();

    [GeneratedRegex("^[a-z][a-z0-9_]*$")]
    private static partial Regex LowerName();

    [GeneratedRegex(@"^[a-z][a-z0-9_-]*(?:\.[a-z0-9_-]+)*$")]
    private static partial Regex AttributeName();

    [GeneratedRegex(
        @"\b(?=[0-9a-f-]*[0-9])[0-9a-f]{8}(?:-?[0-9a-f]{4}){2,}-?[0-9a-f]*\b|\b[0-9]{4,}\b",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Id();
}
