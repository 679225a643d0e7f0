using System.Text.Json.Nodes;
using MicroMonitored.Verification.Contracts;
using NJsonSchema;

namespace Verification.Tests.Contracts;

/// <summary>What <c>stack/telemetry.schema.json</c> says of a <c>telemetry.lock</c>.</summary>
public sealed class ContractSchemaTests
{
    private static readonly string Lock = ContractFile.Write(ContractComparisonTests.Locked);

    [Fact]
    public async Task What_is_written_names_its_schema_and_is_as_it_says()
    {
        Assert.Equal("./stack/telemetry.schema.json", (string?)JsonNode.Parse(Lock)!["$schema"]);
        var schema = await SchemaAsync();
        Assert.Empty(schema.Validate(Lock));
        Assert.Empty(schema.Validate(ContractFile.Write(TelemetryContract.Of([]))));
    }

    [Fact]
    public async Task A_lock_without_that_line_reads_the_same()
    {
        var bare = ContractFile.Write(ContractComparisonTests.Locked, schema: null);
        Assert.DoesNotContain("$schema", bare, StringComparison.Ordinal);
        Assert.Equal(Lock, ContractFile.Write(ContractFile.Read(bare)));
        Assert.Empty((await SchemaAsync()).Validate(bare));
    }

    [Theory]
    [InlineData("\"version\": 1", "\"version\": 2")]
    [InlineData("\"services\"", "\"service\"")]
    [InlineData("\"metrics\"", "\"metric\"")]
    [InlineData("\"type\": \"gauge\"", "\"type\": \"guage\"")]
    [InlineData("\"unit\": \"seconds\"", "\"unit\": 1")]
    [InlineData("\"unit\"", "\"units\"")]
    [InlineData("\"sku\": \"few\"", "\"sku\": \"some\"")]
    [InlineData("\"labels\"", "\"attributes\"")]
    [InlineData("\"server POST /orders\"", "\"POST /orders\"")]
    [InlineData("\"order.quantity\": \"int\"", "\"order.quantity\": \"integer\"")]
    [InlineData("\"order.quantity\": \"int\"", "\"order.quantity\": \"int|\"")]
    [InlineData("\"parents\"", "\"parent\"")]
    [InlineData("\"shop server POST /orders\"", "\"POST /orders\"")]
    [InlineData("\"level\": \"information\"", "\"level\": null")]
    [InlineData("\"quantity\": \"field\"", "\"quantity\": \"2\"")]
    public async Task Another_one_is_refused(string key, string instead)
    {
        Assert.Contains(key, Lock, StringComparison.Ordinal);
        Assert.NotEmpty((await SchemaAsync()).Validate(Lock.Replace(key, instead, StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("version")]
    [InlineData("services")]
    [InlineData("services", "shop", "logs")]
    [InlineData("services", "shop", "metrics", "queue_length", "type")]
    [InlineData("services", "shop", "spans", "client GET", "attributes")]
    [InlineData("services", "shop", "logs", "{method} {route} {status}", "fields")]
    public async Task Nothing_may_be_left_out(params string[] path)
    {
        var whole = JsonNode.Parse(Lock)!;
        Assert.True(path[..^1].Aggregate(whole, (node, key) => node[key]!).AsObject().Remove(path[^1]));
        Assert.NotEmpty((await SchemaAsync()).Validate(whole.ToJsonString()));
    }

    [Fact]
    public async Task Each_key_is_explained()
    {
        var schema = JsonNode.Parse(await File.ReadAllTextAsync(SchemaFile(), TestContext.Current.CancellationToken))!;
        var keys = Objects(schema).SelectMany(node => new[] { "properties", "patternProperties" }
            .SelectMany(kind => node[kind] is JsonObject keys ? keys.AsEnumerable() : [])
            .Concat(node["additionalProperties"] is JsonObject any ? [KeyValuePair.Create(node.GetPath(), (JsonNode?)any)] : [])).ToList();
        Assert.True(keys.Count > 15);
        Assert.All(keys, key => Assert.True((Referred(key.Value!)["description"] ?? "").ToString().Length > 5, key.Key));

        JsonNode Referred(JsonNode node) => (string?)node["$ref"] is { } reference ? schema["definitions"]![reference.Split('/')[^1]]! : node;
    }

    internal static Task<JsonSchema> SchemaAsync() => JsonSchema.FromFileAsync(SchemaFile(), TestContext.Current.CancellationToken);

    private static string SchemaFile()
    {
        var root = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(root, "global.json")))
            root = Path.GetDirectoryName(root)!;
        return Path.Combine(root, "stack", "telemetry.schema.json");
    }

    private static IEnumerable<JsonObject> Objects(JsonNode? node) => node switch
    {
        JsonObject own => own.SelectMany(key => Objects(key.Value)).Prepend(own),
        JsonArray all => all.SelectMany(Objects),
        _ => [],
    };
}
