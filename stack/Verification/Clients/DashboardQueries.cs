using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace MicroMonitored.Verification.Clients;

/// <summary>One query of one panel, ready to be run.</summary>
/// <param name="Panel">The panel's title.</param>
/// <param name="DatasourceType">For example <c>prometheus</c>.</param>
/// <param name="Query">The target of the dashboard with its datasource and the variables put in.</param>
internal sealed record PanelQuery(string Panel, string RefId, string DatasourceUid, string DatasourceType, JsonObject Query);

/// <summary>Reads the queries of a dashboard's JSON model.</summary>
internal static partial class DashboardQueries
{
    /// <param name="dashboard">The <c>dashboard</c> object of <c>/api/dashboards/uid/…</c>.</param>
    /// <param name="services">What a variable with a free choice stands for.</param>
    public static IReadOnlyList<PanelQuery> Read(JsonElement dashboard, IReadOnlyList<string> services)
    {
        var variables = Variables(dashboard, services);
        var queries = new List<PanelQuery>();
        foreach (var panel in Panels(dashboard))
        {
            var title = panel.Text("title") ?? panel.Text("id") ?? "";
            foreach (var target in panel.Items("targets"))
            {
                if (target.Text("hide") == "true")
                    continue;
                var (uid, type) = Datasource(target, panel);
                if (uid is null or "grafana" or "-- Grafana --" or "-- Dashboard --" or "-- Mixed --")
                    continue;
                uid = variables.GetValueOrDefault(uid.Trim('$', '{', '}')) is { } chosen && uid.StartsWith('$') ? chosen : uid;
                var query = JsonNode.Parse(target.GetRawText())!.AsObject();
                Substitute(query, variables);
                query["datasource"] = new JsonObject { ["uid"] = uid, ["type"] = type };
                query["intervalMs"] = 15_000;
                query["maxDataPoints"] = 200;
                var refId = target.Text("refId") is { Length: > 0 } id ? id : "A";
                query["refId"] = refId;
                queries.Add(new PanelQuery(title, refId, uid, type ?? "", query));
            }
        }
        return queries;
    }

    private static IEnumerable<JsonElement> Panels(JsonElement owner) =>
        owner.Items("panels").SelectMany(panel => Panels(panel).Prepend(panel));

    private static (string? Uid, string? Type) Datasource(JsonElement target, JsonElement panel)
    {
        foreach (var owner in (JsonElement[])[target, panel])
        {
            var source = owner.Member("datasource");
            if (source.Text("uid") is { } uid)
                return (uid, source.Text("type"));
            if (source.ValueKind == JsonValueKind.String)
                return (source.GetString(), null);
        }
        return (null, null);
    }

    private static Dictionary<string, string> Variables(JsonElement dashboard, IReadOnlyList<string> services)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var variable in dashboard.Member("templating").Items("list"))
        {
            if (variable.Text("name") is not { } name)
                continue;
            var chosen = variable.Member("current");
            var current = chosen.Member("value").ValueKind == JsonValueKind.Array
                ? string.Join('|', chosen.Items("value").Select(item => item.ToString()))
                : chosen.Text("value");
            var free = current is null or "" or "$__all" or "All";
            variables[name] = (free, variable.Text("includeAll"), variable.Text("allValue")) switch
            {
                (false, _, _) => current!,
                (_, _, { Length: > 0 } all) => all,
                (_, "true", _) => ".+",
                _ when variable.Text("type") == "textbox" => variable.Text("query") ?? "",
                _ => services.Count > 0 ? services[0] : ".+",
            };
        }
        return variables;
    }

    private static void Substitute(JsonObject owner, Dictionary<string, string> variables)
    {
        foreach (var (key, value) in owner.ToList())
        {
            switch (value)
            {
                case JsonValue text when text.TryGetValue<string>(out var written):
                    owner[key] = Substitute(written, variables);
                    break;
                case JsonObject inner:
                    Substitute(inner, variables);
                    break;
                case JsonArray array:
                    foreach (var item in array.OfType<JsonObject>())
                        Substitute(item, variables);
                    break;
            }
        }
    }

    internal static string Substitute(string text, Dictionary<string, string> variables) =>
        Variable().Replace(text, match => variables.GetValueOrDefault(match.Groups["name"].Value) ?? match.Value);

    [GeneratedRegex(@"\$\{(?<name>\w+)(?::[\w]+)?\}|\$(?<name>\w+)|\[\[(?<name>\w+)\]\]", RegexOptions.CultureInvariant)]
    private static partial Regex Variable();
}
