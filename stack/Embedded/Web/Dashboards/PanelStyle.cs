using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using MicroMonitored.Embedded.Web.Pages;

namespace MicroMonitored.Embedded.Web.Dashboards;

/// <summary>How a panel shows values: unit, decimals, thresholds and mappings, with the overrides that go by a field's name.</summary>
internal sealed class PanelStyle(JsonNode panel)
{
    // Grafana's palette in the colours of these pages.
    private static readonly (string Ending, int Colour)[] Palette =
    [
        ("green", 11), ("red", 8), ("orange", 9), ("yellow", 9), ("light-blue", 6), ("blue", 0), ("purple", 3), ("gray", 10), ("grey", 10),
    ];

    private static readonly IReadOnlyDictionary<string, string> Calculations = new Dictionary<string, string>
    {
        ["last"] = "last", ["lastNotNull"] = "last", ["min"] = "min", ["max"] = "max", ["mean"] = "mean", ["sum"] = "total",
    };

    private readonly JsonNode? _defaults = panel["fieldConfig"].Member("defaults");

    private readonly IReadOnlyList<(Func<string, bool> Holds, JsonNode Property)> _overrides = [.. panel["fieldConfig"].Items("overrides")
        .SelectMany(static one => one.Items("properties").Select(property => (Matcher(one.Member("matcher")), property)))];

    public string? Unit => _defaults.Text("unit");

    public double? Min => _defaults.Number("min");

    public double? Max => _defaults.Number("max");

    public bool Stacked => Custom.Member("stacking").Text("mode") is "normal" or "percent";

    public bool Bars => Custom.Text("drawStyle") == "bars";

    public bool Logarithmic => Custom.Member("scaleDistribution").Text("type") == "log";

    private JsonNode? Custom => _defaults.Member("custom");

    /// <summary>The columns of the legend; none where the panel has no legend.</summary>
    public IReadOnlyList<string> Legend => panel["options"].Member("legend") is { } legend
        ? legend.Member("showLegend") is JsonValue shown && shown.TryGetValue<bool>(out var show) && !show || legend.Text("displayMode") == "hidden"
            ? []
            : legend.Items("calcs").Select(static calc => Calculations.GetValueOrDefault(calc.ToString())).OfType<string>().Prepend("name").Distinct().ToList()
        : Pages.Chart.FullLegend;

    /// <summary>The thresholds where the panel draws them.</summary>
    public IReadOnlyList<ChartThreshold> Drawn => Custom.Member("thresholdsStyle").Text("mode") is null or "off" ? [] : Thresholds;

    /// <summary>The values from which on another colour holds.</summary>
    public IReadOnlyList<ChartThreshold> Thresholds => [.. Steps(_defaults.Member("thresholds")).Where(static step => double.IsFinite(step.Value))
        .Select(static step => new ChartThreshold(step.Value, step.Colour ?? 11))];

    /// <summary>A value as text, and the colour that its mapping or its threshold gives.</summary>
    public (string Text, int? Colour) Show(string field, double value)
    {
        foreach (var mapping in (Property(field, "mappings") as JsonArray ?? _defaults.Member("mappings") as JsonArray ?? []).OfType<JsonNode>())
        {
            var options = mapping.Member("options");
            var found = mapping.Text("type") switch
            {
                "value" => options.Member(value.ToString(CultureInfo.InvariantCulture)),
                "range" when value >= (options.Number("from") ?? double.MinValue) && value <= (options.Number("to") ?? double.MaxValue)
                    => options.Member("result"),
                "special" when double.IsNaN(value) && options.Text("match") is "nan" or "null+nan" => options.Member("result"),
                _ => null,
            };
            if (found is not null)
                return (found.Text("text") ?? Plain(field, value), Number(found.Text("color")) ?? Threshold(field, value));
        }

        return (Plain(field, value), Threshold(field, value));
    }

    /// <summary>The colour of a line that an override or the panel names; null where the palette decides.</summary>
    public int? Colour(string field) => Number((Property(field, "color") ?? _defaults.Member("color")).Text("fixedColor"));

    /// <summary>What a field is called: as an override or the panel names it.</summary>
    public string Name(string field) => (Property(field, "displayName") as JsonValue)?.ToString() ?? _defaults.Text("displayName") switch
    {
        null or "" or "${__field.name}" or "${__series.name}" => field,
        var name => name,
    };

    private string Plain(string field, double value)
    {
        var unit = (Property(field, "unit") as JsonValue)?.ToString() ?? Unit;
        var decimals = (Property(field, "decimals") as JsonValue)?.TryGetValue<double>(out var own) == true ? own : _defaults.Number("decimals");
        return Pages.Show.Value(value, unit, decimals is { } count ? (int)Math.Clamp(count, 0, 9) : null);
    }

    private JsonNode? Property(string field, string id) =>
        _overrides.LastOrDefault(one => one.Property.Text("id") == id && one.Holds(field)).Property.Member("value");

    private static Func<string, bool> Matcher(JsonNode? matcher)
    {
        var wanted = matcher.Text("options") ?? "";
        switch (matcher.Text("id"))
        {
            case "byName":
                return field => field == wanted;
            case "byRegexp" when DashboardVariables.Filter(wanted) is { } pattern:
                return field => pattern.IsMatch(field);
            case "byType":
                return _ => wanted == "number";
            default:
                return static _ => false;
        }
    }

    private int? Threshold(string field, double value)
    {
        var thresholds = Property(field, "thresholds") ?? _defaults.Member("thresholds");
        if (thresholds.Text("mode") == "percentage" && Max is { } max)
            value = (value - (Min ?? 0)) * 100 / (max - (Min ?? 0));
        return Steps(thresholds).LastOrDefault(step => value >= step.Value).Colour;
    }

    private static IEnumerable<(double Value, int? Colour)> Steps(JsonNode? thresholds) =>
        thresholds.Items("steps").Select(static step => (step.Number("value") ?? double.NegativeInfinity, Number(step.Text("color"))));

    private static int? Number(string? colour)
    {
        foreach (var (ending, number) in colour is null or "transparent" or "text" ? [] : Palette)
        {
            if (colour!.EndsWith(ending, StringComparison.Ordinal))
                return number;
        }

        return null;
    }
}
