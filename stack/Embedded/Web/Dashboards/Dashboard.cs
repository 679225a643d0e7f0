using System.Text.Json;
using System.Text.Json.Nodes;
using MicroMonitored.Embedded.Web.Pages;

namespace MicroMonitored.Embedded.Web.Dashboards;

/// <summary>A Grafana dashboard: its JSON model, read as far as it is shown.</summary>
internal sealed record Dashboard(string Uid, string Title, JsonObject Model)
{
    public string Path => $"/dashboards/{Uri.EscapeDataString(Uid)}";

    public string? Description => Model.Text("description");

    public IReadOnlyList<string> Tags => [.. Model.Items("tags").Select(static tag => tag.ToString())];

    public string From => Model["time"].Text("from") is { } from && PageRange.IsTime(from) ? from : "now-1h";

    /// <summary>Its panels from top to bottom with the variables that hold for each: those of a row after it, repeated ones once for every value.</summary>
    public IEnumerable<(JsonObject Panel, DashboardVariables Scope, int Copies)> Panels(DashboardVariables variables)
    {
        foreach (var (row, inside) in Rows())
        {
            foreach (var (scope, _) in row is null ? [(variables, 1)] : Repeated(row, variables))
            {
                if (row is not null)
                    yield return (row, scope, 1);
                foreach (var panel in inside)
                {
                    foreach (var (own, copies) in Repeated(panel, scope))
                        yield return (panel, own, copies);
                }
            }
        }
    }

    private List<(JsonObject? Row, List<JsonObject> Panels)> Rows()
    {
        var rows = new List<(JsonObject? Row, List<JsonObject> Panels)> { (null, []) };
        foreach (var panel in Ordered(Model))
        {
            if (panel.Text("type") == "row")
                rows.Add((panel, [.. Ordered(panel)]));
            else
                rows[^1].Panels.Add(panel);
        }

        return rows;
    }

    private static IEnumerable<JsonObject> Ordered(JsonObject owner) => owner.Items("panels").OfType<JsonObject>()
        .OrderBy(static panel => panel["gridPos"].Number("y") ?? 0).ThenBy(static panel => panel["gridPos"].Number("x") ?? 0);

    private static IEnumerable<(DashboardVariables Scope, int Copies)> Repeated(JsonObject panel, DashboardVariables scope) =>
        panel.Text("repeat") is { } name && scope.Variables.FirstOrDefault(one => one.Name == name) is { Each: { Count: > 0 } each }
            ? each.Select(value => (scope.With(name, value), panel.Text("repeatDirection") == "v" ? 1
                : Math.Min(each.Count, (int)Math.Clamp(panel.Number("maxPerRow") ?? 4, 1, 24))))
            : [(scope, 1)];
}

/// <summary>A link of a dashboard or of one of its panels.</summary>
internal sealed record DashboardLink(string Title, string Address)
{
    /// <summary>The links of a dashboard, or of a panel; one that leads neither to this host nor by HTTP elsewhere is left out.</summary>
    public static IEnumerable<DashboardLink> Of(JsonNode owner, DashboardFolder folder, DashboardVariables variables, PageRequest request)
    {
        foreach (var link in owner.Items("links"))
        {
            if (link.Text("type") == "dashboards")
            {
                var tags = link.Items("tags").Select(static tag => tag.ToString()).ToList();
                foreach (var one in folder.Dashboards.Where(one => tags.All(one.Tags.Contains) && request.Path != one.Path))
                    yield return new(one.Title, link.Flag("keepTime") ? request.Link(one.Path) : one.Path);
            }
            else if (link.Text("url") is { } url && variables.Into(url) is var address && IsSafe(address))
            {
                yield return new(variables.Shown(link.Text("title") ?? url), address);
            }
        }
    }

    private static bool IsSafe(string address) => address.StartsWith('/') && !address.StartsWith("//", StringComparison.Ordinal)
        || Uri.TryCreate(address, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https";
}

/// <summary>The dashboards of a folder, and what is wrong with the files that are none.</summary>
internal sealed record DashboardFolder(IReadOnlyList<Dashboard> Dashboards, IReadOnlyList<string> Faults)
{
    /// <exception cref="MissingPageException">There is no such dashboard.</exception>
    public Dashboard Find(string uid) => Dashboards.FirstOrDefault(one => one.Uid == uid)
        ?? throw new MissingPageException($"There is no dashboard {uid}; /dashboards lists those there are.");

    /// <summary>Reads every <c>*.json</c> of a folder and of those below it.</summary>
    public static DashboardFolder Read(string? folder)
    {
        var (dashboards, faults) = (new List<Dashboard>(), new List<string>());
        IEnumerable<string> files = folder is not null && Directory.Exists(folder)
            ? Directory.EnumerateFiles(folder, "*.json", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            : [];
        foreach (var file in files)
        {
            var name = Path.GetRelativePath(folder!, file);
            try
            {
                if (JsonNode.Parse(File.ReadAllBytes(file), documentOptions: new() { MaxDepth = 64 }) is not JsonObject model)
                    faults.Add($"{name}: is no JSON object; export the dashboard's JSON model again");
                else if (model.Text("title") is not { } title)
                    faults.Add($"{name}: has no title; export the dashboard's JSON model again");
                else
                    dashboards.Add(new(model.Text("uid") ?? Path.GetFileNameWithoutExtension(file), title, model));
            }
            catch (JsonException exception)
            {
                faults.Add($"{name}: is no JSON (line {exception.LineNumber + 1}); export the dashboard's JSON model again");
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                faults.Add($"{name}: cannot be read: {exception.Message}");
            }
        }

        return new([.. dashboards.DistinctBy(static one => one.Uid).OrderBy(static one => one.Title, StringComparer.OrdinalIgnoreCase)], faults);
    }
}

/// <summary>Members of a JSON model that others wrote: what has not the expected kind counts as absent.</summary>
internal static class ModelJson
{
    public static string? Text(this JsonNode? node, string name) =>
        node is JsonObject owner && owner[name] is JsonValue value && value.TryGetValue<string>(out var text) && text.Length > 0 ? text : null;

    public static double? Number(this JsonNode? node, string name) =>
        node is JsonObject owner && owner[name] is JsonValue value && value.TryGetValue<double>(out var number) ? number : null;

    public static bool Flag(this JsonNode? node, string name) =>
        node is JsonObject owner && owner[name] is JsonValue value && value.TryGetValue<bool>(out var flag) && flag;

    public static JsonNode? Member(this JsonNode? node, string name) => node is JsonObject owner ? owner[name] : null;

    public static IEnumerable<JsonNode> Items(this JsonNode? node, string name) =>
        node is JsonObject owner && owner[name] is JsonArray items ? items.OfType<JsonNode>() : [];
}
