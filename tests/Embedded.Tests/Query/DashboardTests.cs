using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using MicroMonitored.Embedded.Query.LogQL;
using MicroMonitored.Embedded.Query.PromQL;

namespace Embedded.Tests.Query;

/// <summary>What the shipped dashboards ask is inside the subset that the engine answers.</summary>
public sealed partial class DashboardTests
{
    /// <summary>The folder of the shipped dashboards.</summary>
    public static string Dashboards()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !Directory.Exists(Path.Combine(folder.FullName, "stack", "assets", "grafana", "dashboards")))
            folder = folder.Parent;
        return Path.Combine(folder!.FullName, "stack", "assets", "grafana", "dashboards");
    }

    private static IEnumerable<(string Datasource, string Expression)> Targets(JsonNode? node) => node switch
    {
        JsonObject members => members["expr"] is JsonValue expression
            ? [((string?)members["datasource"]?["uid"] ?? "", (string)expression!)]
            : members.SelectMany(static m => Targets(m.Value)),
        JsonArray items => items.SelectMany(Targets),
        _ => [],
    };

    [GeneratedRegex(@"\$\{?\w+(:\w+)?\}?")]
    private static partial Regex Variable { get; }

    [Fact]
    public void Every_expression_is_answered()
    {
        var read = 0;
        foreach (var file in Directory.GetFiles(Dashboards(), "*.json"))
        {
            foreach (var (datasource, expression) in Targets(JsonNode.Parse(File.ReadAllText(file))))
            {
                var query = Variable.Replace(expression, static v => v.Value.StartsWith("$__", StringComparison.Ordinal) ? "1m" : ".+");
                if (datasource == "loki")
                    LogParser.Parse(query);
                else
                    PromParser.Parse(query);
                read++;
            }
        }

        Assert.True(read > 20, $"only {read} expressions were found");
    }
}
