using System.Text.Json.Nodes;
using YamlDotNet.Serialization;

namespace GrafanaStandIn;

/// <summary>One provisioned datasource, with the names of Grafana's API.</summary>
internal sealed record Datasource(string Uid, string Name, string Type, string Url);

/// <summary>One provisioned dashboard and its JSON model.</summary>
internal sealed record Dashboard(string Uid, string Title, JsonObject Model);

/// <summary>What the mounted provisioning folder says.</summary>
internal sealed record Provisioning(IReadOnlyDictionary<string, Datasource> Datasources, IReadOnlyList<string> DashboardFolders)
{
    /// <exception cref="InvalidDataException">Two datasources share a uid, or one lacks a field.</exception>
    public static Provisioning Read(string folder)
    {
        var datasources = new Dictionary<string, Datasource>(StringComparer.Ordinal);
        foreach (var entry in Entries(Path.Combine(folder, "datasources"), "datasources"))
        {
            var source = new Datasource(Field(entry, "uid"), Field(entry, "name"), Field(entry, "type"), Field(entry, "url"));
            if (!datasources.TryAdd(source.Uid, source))
                throw new InvalidDataException($"Two datasources have the uid {source.Uid}.");
        }

        var dashboards = Entries(Path.Combine(folder, "dashboards"), "providers")
            .Select(entry => Field((IDictionary<object, object>)entry["options"], "path"))
            .ToList();
        return new Provisioning(datasources, dashboards);
    }

    public IEnumerable<Dashboard> Dashboards()
        => DashboardFolders.Where(Directory.Exists)
            .SelectMany(folder => Directory.EnumerateFiles(folder, "*.json", SearchOption.AllDirectories))
            .Order(StringComparer.Ordinal)
            .Select(file => JsonNode.Parse(File.ReadAllText(file))!.AsObject())
            .Select(model => new Dashboard((string)model["uid"]!, (string)model["title"]!, model));

    private static IEnumerable<IDictionary<object, object>> Entries(string folder, string key)
        => Directory.EnumerateFiles(folder, "*.yaml").Concat(Directory.EnumerateFiles(folder, "*.yml"))
            .Order(StringComparer.Ordinal)
            .Select(file => new DeserializerBuilder().Build().Deserialize<Dictionary<object, object>>(File.ReadAllText(file)))
            .Where(document => document.ContainsKey(key))
            .SelectMany(document => ((IEnumerable<object>)document[key]).Cast<IDictionary<object, object>>());

    private static string Field(IDictionary<object, object> entry, string key)
        => entry.TryGetValue(key, out var value) && value is string { Length: > 0 } text
            ? text
            : throw new InvalidDataException($"A provisioned entry has no {key}.");
}
