using System.Text;
using System.Text.Json;
using CsCheck;
using MicroMonitored.Model;
using MicroMonitored.Model.Expectations;
using NJsonSchema;

namespace Stack.Tests.Expectations;

public sealed class ExpectationsReaderTests
{
    private static readonly Dictionary<string, string> Services = new() { ["Shop.Inventory"] = "shop-inventory", ["shop-inventory"] = "shop-inventory" };

    private const string Whole = """
        {
          "$schema": "../../stack/expectations.schema.json",
          // What a customer does.
          "drive": [
            { "method": "POST", "path": "/orders?a=1", "body": { "sku": "apple" }, "status": 201, "calls": ["Shop.Inventory"] },
            { "path": "/orders" }
          ],
          "metrics": [ { "name": "orders_placed_total", "labels": { "outcome": "accepted" }, "grows": 1 }, { "name": "orders_open", "atLeast": 0.5 } ],
          "logs": [ { "message": "Order * placed", "level": "information", "fields": { "quantity": 2, "gift": false } } ],
          "spans": [ { "name": "POST /orders", "kind": "server", "attributes": { "http.route": "/orders" } } ],
          "absent": { "metrics": ["secrets_*"], "logs": ["password"], "spans": ["GET /metrics"], "attributes": ["http.request.header.*"] },
          "lint": [ { "id": "unit_not_base", "name": "old_*", "reason": "an old panel" } ],
        }
        """;

    [Fact]
    public void Everything_is_read_with_its_line()
    {
        var read = Read(Whole);

        Assert.Equal(["POST /orders?a=1", "GET /orders"], read.Drive.Select(request => request.ToString()));
        Assert.Equal("""{ "sku": "apple" }""", read.Drive[0].Body!.Value.GetRawText());
        Assert.Equal((201, "shop-inventory"), (read.Drive[0].Status, read.Drive[0].Calls.Single()));
        Assert.Equal([1.0, null], read.Metrics.Select(metric => metric.Grows));
        Assert.Equal(0.5, read.Metrics[1].AtLeast);
        Assert.Equal(new Dictionary<string, string> { ["quantity"] = "2", ["gift"] = "false" }, read.Logs.Single().Fields);
        Assert.Equal("server", read.Spans.Single().Kind);
        Assert.Equal([UnexpectedKind.Metric, UnexpectedKind.Log, UnexpectedKind.Span, UnexpectedKind.Attribute], read.Absent.Select(rule => rule.Kind));
        Assert.Equal(("unit_not_base", "old_*", "an old panel"), (read.Accepted.Single().Id, read.Accepted.Single().Name, read.Accepted.Single().Reason));
        Assert.Equal("src/expectations.json:10", read.At(read.Spans.Single().Line));
    }

    [Fact]
    public void Every_fault_is_told_at_once_with_file_and_line()
        => Assert.Equal(
            [
                "src/expectations.json:2: unknown key drives; did you mean drive? known here are drive, metrics, logs, spans, absent, lint",
                "src/expectations.json:4: unknown key label; did you mean labels? known here are name, labels, grows, growsAtLeast, atLeast",
                "src/expectations.json:4: growsAtLeast is 1; say either grows or growsAtLeast",
                "src/expectations.json:5: name is missing; add it",
                "src/expectations.json:6: name is \"orders.placed\"; use the name that Prometheus has, such as orders_placed_total",
                "src/expectations.json:8: level is \"warn\"; use trace, debug, information, warning, error, critical",
                "src/expectations.json:9: kind is \"servr\"; use internal, server, client, producer, consumer",
                "src/expectations.json:9: attributes.a is an array; use a text, a number, true or false; * is any value",
                "src/expectations.json:10: absent.logs is 7; use a text",
            ],
            Faults("""
                {
                  "drives": [],
                  "metrics": [
                    { "name": "a", "label": {}, "grows": 1, "growsAtLeast": 1 },
                    { },
                    { "name": "orders.placed" }
                  ],
                  "logs": [ { "level": "warn" } ],
                  "spans": [ { "name": "x", "kind": "servr", "attributes": { "a": [] } } ],
                  "absent": { "logs": [7] }
                }
                """));

    [Fact]
    public void A_request_is_told_what_is_wrong_with_it()
        => Assert.Equal(
            [
                "src/expectations.json:1: method is \"post\"; use a method such as GET or POST",
                "src/expectations.json:1: path is \"orders\"; use a path such as /orders",
                "src/expectations.json:1: status is 20; use a status from 100 to 599",
                "src/expectations.json:1: calls is \"Shop.Invntory\"; did you mean Shop.Inventory? known services are Shop.Inventory, shop-inventory",
            ],
            Faults("""{ "drive": [ { "method": "post", "path": "orders", "status": 20, "calls": ["Shop.Invntory"] } ] }"""));

    [Fact]
    public void Broken_syntax_names_its_line()
        => Assert.StartsWith("src/expectations.json:2: is not valid JSON: ", Assert.Single(Faults("{\n  \"drive\": [ }\n")), StringComparison.Ordinal);

    [Fact]
    public async Task The_schema_takes_what_the_reader_takes()
    {
        var root = AppContext.BaseDirectory;
        while (!Directory.Exists(Path.Combine(root, "stack", "Model")))
            root = Path.GetDirectoryName(root)!;
        var schema = await JsonSchema.FromFileAsync(Path.Combine(root, "stack", "expectations.schema.json"), TestContext.Current.CancellationToken);
        var plain = JsonSerializer.Serialize(JsonDocument.Parse(
            Whole, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true }).RootElement);

        Assert.Empty(schema.Validate(plain));
        Assert.NotEmpty(schema.Validate(plain.Replace("\"drive\"", "\"drives\"", StringComparison.Ordinal)));
        foreach (var section in schema.Properties.Where(property => property.Key[0] != '$' && property.Key != "absent"))
        {
            var keys = section.Value.ActualSchema.Item!.ActualSchema.Properties.Keys;
            Assert.Contains(
                $"known here are {string.Join(", ", keys)}",
                Faults($"{{ \"{section.Key}\": [ {{ \"nothing\": 1, \"name\": \"a\", \"path\": \"/\" }} ] }}")[0], StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Whatever_is_in_the_file_is_read_or_refused_and_no_more()
        => Gen.OneOf(Gen.String, Gen.Select(Gen.Int[0, Whole.Length - 1], Gen.Char, (at, with) => Whole[..at] + with + Whole[(at + 1)..]))
            .Sample(
                text =>
                {
                    try
                    {
                        return Read(text).File.Length > 0;
                    }
                    catch (FaultException refusal)
                    {
                        return refusal.Faults.Count > 0;
                    }
                },
                iter: 20_000);

    private static ServiceExpectations Read(string json) => ExpectationsReader.Read(Encoding.UTF8.GetBytes(json), "src/expectations.json", Services);

    private static IReadOnlyList<string> Faults(string json) => Assert.Throws<FaultException>(() => Read(json)).Faults;
}
