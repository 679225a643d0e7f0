using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using MicroMonitored.Embedded.Query;
using MicroMonitored.Embedded.Query.LogQL;
using MicroMonitored.Embedded.Query.PromQL;
using MicroMonitored.Embedded.Web.Pages;

namespace MicroMonitored.Embedded.Web.Dashboards;

/// <summary>One variable of a dashboard with what can be chosen and what is.</summary>
/// <param name="Value">What stands for it in a query: a regular expression where more than one can be chosen.</param>
internal sealed record DashboardVariable(
    string Name, string Label, bool IsText, bool IsHidden, bool Multi, bool IncludeAll,
    IReadOnlyList<string> Options, IReadOnlyList<string> Chosen, string Value)
{
    public const string All = "$__all";

    public bool IsAll => Chosen.Contains(All);

    /// <summary>What is chosen, one by one.</summary>
    public IReadOnlyList<string> Each => IsAll ? Options : Chosen;

    /// <summary>What is chosen, for a person.</summary>
    public string Shown => IsAll ? "All" : string.Join(" + ", Chosen);

    /// <summary>Its parameter in the address, as Grafana calls it.</summary>
    public string Parameter => "var-" + Name;
}

/// <summary>The variables of a dashboard, and those that every query may use: <c>$__interval</c>, <c>$__rate_interval</c>, <c>$__range</c>.</summary>
internal sealed partial class DashboardVariables
{
    private const int MostOptions = 500;
    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);
    private readonly PageSources? _sources;
    private readonly CancellationToken _cancellation;

    public DashboardVariables(Dashboard dashboard, RequestParameters parameters, PageRange range, PageSources sources, CancellationToken cancellation)
    {
        (_sources, _cancellation) = (sources, cancellation);
        var scrape = (long)sources.Options.ScrapeInterval.Value.TotalMilliseconds;
        StepMs = range.Step(200, Math.Max(1000, scrape));
        foreach (var (name, value) in Builtin(range, StepMs, scrape))
            _values[name] = value;
        var all = new List<DashboardVariable>();
        Variables = all;
        foreach (var model in dashboard.Model["templating"].Items("list"))
        {
            if (model.Text("name") is not { } name)
                continue;
            var variable = Read(model, name, parameters["var-" + name]);
            all.Add(variable);
            _values[name] = variable.Value;
        }
    }

    private DashboardVariables(DashboardVariables whole, string name, string value)
    {
        (StepMs, _values) = (whole.StepMs, new(whole._values, StringComparer.Ordinal) { [name] = Alternatives([value]) });
        Variables = [.. whole.Variables.Select(one => one.Name == name ? one with { Chosen = [value], Value = _values[name] } : one)];
    }

    public IReadOnlyList<DashboardVariable> Variables { get; }

    /// <summary>Milliseconds between two points of a panel.</summary>
    public long StepMs { get; }

    /// <summary>The same with one value of a variable alone: of a panel that is repeated for each.</summary>
    public DashboardVariables With(string name, string value) => new(this, name, value);

    /// <summary>A query with the variables put in; what is none stays.</summary>
    public string Into(string text) => Reference.Replace(text, match => Variables.FirstOrDefault(one => one.Name == match.Groups["name"].Value) is { } variable
        ? match.Groups["format"].Value switch
        {
            "csv" => string.Join(',', variable.Each),
            "pipe" => string.Join('|', variable.Each),
            "raw" or "text" => string.Join(',', variable.Each),
            _ => variable.Value,
        }
        : _values.GetValueOrDefault(match.Groups["name"].Value) ?? match.Value);

    /// <summary>A title with the variables put in as a person reads them.</summary>
    public string Shown(string text) => Reference.Replace(text, match =>
        Variables.FirstOrDefault(one => one.Name == match.Groups["name"].Value)?.Shown ?? _values.GetValueOrDefault(match.Groups["name"].Value) ?? match.Value);

    /// <summary>Puts in the variables that every query may use.</summary>
    public static Func<string, string> Standing(PageRange range, long stepMs, long scrapeMs)
    {
        var values = Builtin(range, stepMs, scrapeMs).ToDictionary(static one => one.Name, static one => one.Value, StringComparer.Ordinal);
        return text => Reference.Replace(text, match => values.GetValueOrDefault(match.Groups["name"].Value) ?? match.Value);
    }

    private static IEnumerable<(string Name, string Value)> Builtin(PageRange range, long stepMs, long scrapeMs) =>
    [
        ("__interval", $"{stepMs}ms"), ("__interval_ms", stepMs.ToString(CultureInfo.InvariantCulture)), ("__auto", $"{stepMs}ms"),
        ("__rate_interval", $"{Math.Max(stepMs + scrapeMs, 4 * scrapeMs)}ms"), ("__range", $"{range.LengthMs / 1000}s"),
        ("__range_s", (range.LengthMs / 1000).ToString(CultureInfo.InvariantCulture)), ("__range_ms", range.LengthMs.ToString(CultureInfo.InvariantCulture)),
    ];

    private DashboardVariable Read(JsonNode model, string name, Microsoft.Extensions.Primitives.StringValues given)
    {
        var (type, multi, includeAll) = (model.Text("type"), model.Flag("multi"), model.Flag("includeAll"));
        var isText = type is "textbox" or "constant";
        var options = isText ? [] : Options(model, type);
        var chosen = given.Count > 0 ? [.. given.Select(static one => one ?? "")] : Current(model);
        if (!isText && (chosen is [] or ["" or "All"] || chosen.Contains(DashboardVariable.All)))
            chosen = includeAll ? [DashboardVariable.All] : [.. options.Take(1)];
        if (isText && chosen.Count == 0)
            chosen = [model.Text("query") ?? ""];
        var value = isText ? chosen[0].Replace("`", "", StringComparison.Ordinal)
            : chosen is [DashboardVariable.All] ? model.Text("allValue") ?? Alternatives(options)
            : multi || includeAll ? Alternatives(chosen) : chosen.FirstOrDefault() ?? "";
        return new(name, model.Text("label") ?? name, isText, model.Number("hide") == 2 || type == "constant", multi, includeAll, options, chosen, value);
    }

    private static List<string> Current(JsonNode model) => model.Member("current").Member("value") switch
    {
        JsonArray values => [.. values.OfType<JsonNode>().Select(static value => value.ToString())],
        JsonValue value => [value.ToString()],
        _ => [],
    };

    private IReadOnlyList<string> Options(JsonNode model, string? type)
    {
        var found = type switch
        {
            "query" => Queried(model),
            "custom" or "interval" => (model.Text("query") ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                .Select(static option => option.Split(" : ")[^1].Trim()),
            "datasource" => [model.Text("query") ?? ""],
            _ => [],
        };
        if (model.Text("regex") is { } pattern && Filter(pattern) is { } filter)
        {
            found = found.Select(value => filter.Match(value)).Where(static match => match.Success)
                .Select(static match => match.Groups.Count > 1 ? match.Groups[1].Value : match.Value);
        }

        var values = found.Distinct(StringComparer.Ordinal);
        return [.. (type == "query" ? values.Order(StringComparer.Ordinal) : values).Take(MostOptions)];
    }

    /// <summary>A pattern as Grafana writes it; null where it is none.</summary>
    public static Regex? Filter(string pattern)
    {
        try
        {
            return new(pattern.Trim('/'), RegexOptions.CultureInvariant, TimeSpan.FromMilliseconds(200));
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    private IEnumerable<string> Queried(JsonNode model)
    {
        var (query, loki) = (model.Member("query"), model.Member("datasource").Text("type") == "loki");
        var text = Into(query.Text("query") ?? (query as JsonValue)?.ToString() ?? "");
        if (loki && query.Text("label") is { } label)
            text = query.Text("stream") is { } stream ? $"label_values({Into(stream)}, {label})" : $"label_values({label})";
        if (Asked.Match(text) is not { Success: true } match)
            return [];
        var (selector, wanted) = (match.Groups["selector"].Value, match.Groups["label"].Value);
        var series = loki
            ? _sources!.Logs.Streams(selector.Length > 0 ? LogParser.Matchers(selector) : [], _cancellation)
            : _sources!.Metrics.Series(selector.Length > 0 ? PromParser.Matchers(selector) : [], QueryLimits.Series, _cancellation);
        var labels = series.SelectMany(static one => one.Labels);
        return match.Groups["function"].Value switch
        {
            "label_names" => labels.Select(static pair => pair.Key),
            "metrics" => labels.Where(static pair => pair.Key == Labels.MetricName).Select(static pair => pair.Value)
                .Where(name => Filter(wanted)?.IsMatch(name) != false),
            _ => labels.Where(pair => pair.Key == wanted).Select(static pair => pair.Value),
        };
    }

    // Inside a quoted string of a query, where a backslash stands twice.
    private static string Alternatives(IReadOnlyList<string> values)
    {
        var escaped = values.Select(static value => Special.Replace(value, static match => match.Value switch
        {
            "\"" => "\\\"",
            "\\" => @"\\\\",
            var special => @"\\" + special,
        })).ToList();
        return escaped is [var one] ? one : $"({string.Join('|', escaped)})";
    }

    [GeneratedRegex(@"\$\{(?<name>\w+)(?::(?<format>\w+))?\}|\$(?<name>\w+)|\[\[(?<name>\w+)\]\]", RegexOptions.CultureInvariant)]
    private static partial Regex Reference { get; }

    [GeneratedRegex(@"^\s*(?<function>label_values|label_names|metrics)\(\s*(?:(?<selector>[^,{]*(?:\{.*\})?)\s*,\s*)?(?<label>[^,()]*?)\s*\)\s*$",
        RegexOptions.CultureInvariant | RegexOptions.Singleline, 200)]
    private static partial Regex Asked { get; }

    [GeneratedRegex(@"[""\\^$.|?*+()\[\]{}]", RegexOptions.CultureInvariant)]
    private static partial Regex Special { get; }
}
