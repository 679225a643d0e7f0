using System.Text;
using MicroMonitored.Model;
using MicroMonitored.Model.Expectations;
using MicroMonitored.Verification.Contracts;

namespace Verification.Tests.Contracts;

/// <summary>Mutations of telemetry, as <c>--target=Contract</c> tells them.</summary>
public sealed class ContractComparisonTests
{
    internal static readonly TelemetryContract Locked = TelemetryContract.Of(
    [
        Metric("orders_placed_total", "counter", "", ("outcome", "few"), ("sku", "few")),
        Metric("orders_packing_seconds", "histogram", "seconds"),
        Metric("http_server_request_duration_seconds", "histogram", "seconds", ("http_route", "few"), ("http_response_status_code", "few")),
        Metric("queue_length", "gauge", ""),
        Span("server POST /orders", [("http.route", "string"), ("http.response.status_code", "int")]),
        Span("internal place order", [("order.sku", "string"), ("order.quantity", "int")], "shop server POST /orders"),
        Span("client GET", [("server.address", "string")], "shop internal place order"),
        Span("server GET /fault", [("http.route", "string"), ("event exception", "event")]),
        Line("Order {order_id} placed: {quantity} of {sku}", "information", "order_id", "quantity", "sku"),
        Line("{method} {route} {status}", "information", "method", "route", "status"),
    ]);

    public static TheoryData<string, string[]> Mutations => new()
    {
        { "metric-orders_placed_total", ["Removed: metric orders_placed_total is gone"] },
        { "metric-queue_length", ["Removed: metric queue_length is gone"] },
        { "rename:orders_placed_total=orders_created_total", ["Renamed: metric orders_placed_total is now called orders_created_total"] },
        { "rename:queue_length=queue_depth", ["Renamed: metric queue_length is now called queue_depth"] },
        { "rename:orders_packing_seconds=orders_packing_milliseconds",
            ["Renamed: metric orders_packing_seconds is now called orders_packing_milliseconds"] },
        { "trait:queue_length:type=counter", ["Retyped: metric queue_length: its type is counter, was gauge"] },
        { "trait:orders_packing_seconds:unit=", ["Retyped: metric orders_packing_seconds: its unit is none, was seconds"] },
        { "trait:orders_packing_seconds:unit=ms", ["Retyped: metric orders_packing_seconds: its unit is ms, was seconds"] },
        { "part:orders_placed_total:sku=", ["Removed: metric orders_placed_total: label sku is gone"] },
        { "part:orders_placed_total:sku=many", ["Multiplied: metric orders_placed_total: label sku has many values now, had few"] },
        { "part:orders_placed_total:order_id=many", ["Added: metric orders_placed_total: label order_id"] },
        { "part:orders_placed_total:sku=,article=few", ["Renamed: metric orders_placed_total: label sku is now called article"] },
        { "part:http_server_request_duration_seconds:http_route=",
            ["Removed: metric http_server_request_duration_seconds: label http_route is gone"] },
        { "part:queue_length:tenant=few", ["Added: metric queue_length: label tenant"] },
        { "+metric:orders_refused_total", ["Added: metric orders_refused_total"] },
        { "span-server POST /orders", ["Removed: span server POST /orders is gone"] },
        { "span-client GET", ["Removed: span client GET is gone"] },
        { "rename:internal place order=internal place", ["Renamed: span internal place order is now called internal place"] },
        { "rename:internal place order=client place order", ["Retyped: span internal place order is now span client place order"] },
        { "part:internal place order:order.sku=", ["Removed: span internal place order: attribute order.sku is gone"] },
        { "part:internal place order:order.quantity=string", ["Retyped: span internal place order: attribute order.quantity is string, was int"] },
        { "part:internal place order:order.sku=,order.article=string",
            ["Renamed: span internal place order: attribute order.sku is now called order.article"] },
        { "part:server POST /orders:http.route=", ["Removed: span server POST /orders: attribute http.route is gone"] },
        { "part:server GET /fault:event exception=", ["Removed: span server GET /fault: attribute event exception is gone"] },
        { "part:server POST /orders:user.id=string", ["Added: span server POST /orders: attribute user.id"] },
        { "parents:client GET=", ["Removed: span client GET: is no longer below shop internal place order"] },
        { "parents:client GET=shop server POST /orders",
            ["Added: span client GET: is below shop server POST /orders", "Removed: span client GET: is no longer below shop internal place order"] },
        { "+span:internal pack", ["Added: span internal pack"] },
        { "rename:Order {order_id} placed: {quantity} of {sku}=Order {order_id} accepted: {quantity} of {sku}",
            ["Renamed: line \"Order {order_id} placed: {quantity} of {sku}\" is now called Order {order_id} accepted: {quantity} of {sku}"] },
        { "trait:Order {order_id} placed: {quantity} of {sku}:level=debug",
            ["Retyped: line \"Order {order_id} placed: {quantity} of {sku}\": its level is debug, was information"] },
        { "part:Order {order_id} placed: {quantity} of {sku}:sku=", ["Removed: line \"Order {order_id} placed: {quantity} of {sku}\": field sku is gone"] },
        { "part:{method} {route} {status}:user=field", ["Added: line \"{method} {route} {status}\": field user"] },
        { "log-{method} {route} {status}", ["Removed: line \"{method} {route} {status}\" is gone"] },
        { "+log:Started", ["Added: line \"Started\""] },
        { "nothing", [] },
    };

    [Theory]
    [MemberData(nameof(Mutations))]
    public void Each_mutation_is_told_for_what_it_is(string mutation, string[] expected)
    {
        var differences = ContractComparison.Of(Locked, Mutated(mutation));
        Assert.Equal(expected.Order(StringComparer.Ordinal),
            differences.Select(difference => $"{difference.Change}: {difference.Detail}").Order(StringComparer.Ordinal));
        Assert.All(differences, difference => Assert.Equal(difference.Change != ContractChange.Added, difference.IsBreaking));
    }

    [Fact]
    public void The_file_holds_all_of_it_in_one_order()
    {
        var text = ContractFile.Write(Locked);
        Assert.Equal(text, ContractFile.Write(ContractFile.Read(text)));
        Assert.Equal(text, ContractFile.Write(TelemetryContract.Of(Locked.Items.Reverse().Select(item => item with
        {
            Parts = item.Parts.Reverse().ToDictionary(), Traits = item.Traits.Reverse().ToDictionary(), Parents = [.. item.Parents.Reverse()],
        }))));
        Assert.Empty(ContractComparison.Of(Locked, ContractFile.Read(text)));
    }

    [Theory]
    [InlineData("<<<<<<< HEAD\n{}", "telemetry.lock:1: is not valid JSON:")]
    [InlineData("{}", "telemetry.lock: is no record of telemetry; restore it, or write it anew with --accept")]
    [InlineData("{\"version\":2}", "telemetry.lock: version is 2; this one reads 1")]
    [InlineData("{\"version\":1,\"services\":{\"a\":{\"metrics\":[]}}}", "telemetry.lock: is no record of telemetry")]
    public void Another_file_is_refused(string text, string said)
        => Assert.StartsWith(said, Assert.Throws<FaultException>(() => ContractFile.Read(text)).Faults.Single(), StringComparison.Ordinal);

    [Theory]
    [InlineData("metric-orders_placed_total", "alert NoOrders", "panel \"Orders\" of Shop", "panel \"Refused\" of Shop", "recording rule job:orders:rate5m",
        "src/Shop/expectations.json:4")]
    [InlineData("part:orders_placed_total:sku=", "panel \"Orders\" of Shop")]
    [InlineData("part:orders_placed_total:outcome=", "alert NoOrders", "panel \"Refused\" of Shop", "recording rule job:orders:rate5m",
        "src/Shop/expectations.json:4")]
    [InlineData("rename:queue_length=queue_depth")]
    [InlineData("part:http_server_request_duration_seconds:http_route=", "panel \"Duration\" of Shop")]
    [InlineData("span-server POST /orders", "panel \"Traces\" of Shop", "src/Shop/expectations.json:6")]
    [InlineData("part:internal place order:order.sku=", "panel \"Traces\" of Shop")]
    [InlineData("part:Order {order_id} placed: {quantity} of {sku}:quantity=", "panel \"Pieces\" of Shop")]
    [InlineData("log-Order {order_id} placed: {quantity} of {sku}", "panel \"Pieces\" of Shop", "src/Shop/expectations.json:5")]
    [InlineData("+metric:other")]
    public void What_reads_it_is_named(string mutation, params string[] expected)
    {
        var uses = new TelemetryUses();
        uses.AddDashboard(Encoding.UTF8.GetBytes("""
            {"title":"Shop","panels":[
              {"title":"Orders","datasource":{"uid":"prometheus","type":"prometheus"},"targets":[
                {"expr":"sum(rate(orders_placed_total{job=~\"$s\"}[5m]))","legendFormat":"{{sku}}"}]},
              {"title":"Refused","datasource":{"uid":"prometheus","type":"prometheus"},"targets":[{"expr":"job:orders:rate5m{outcome=\"refused\"}"}]},
              {"title":"Other","datasource":{"uid":"prometheus","type":"prometheus"},"targets":[{"expr":"orders_placed_total{job=\"other\"}"}]},
              {"title":"Duration","datasource":{"uid":"prometheus","type":"prometheus"},"targets":[
                {"expr":"histogram_quantile(0.9, sum by (le, http_route) (rate(http_server_request_duration_seconds_bucket[5m])))"}]},
              {"title":"Traces","datasource":{"uid":"tempo","type":"tempo"},"targets":[{"query":"{name=\"POST /orders\" && span.order.sku != nil}"}]},
              {"title":"Pieces","datasource":{"uid":"loki","type":"loki"},"targets":[
                {"expr":"sum(sum_over_time({job=\"shop\"} |= \"placed\" | json | unwrap quantity [5m]))"}]}
            ]}
            """));
        uses.AddRule("job:orders:rate5m", "sum by (job, outcome) (rate(orders_placed_total[5m]))", isRecording: true);
        uses.AddRule("NoOrders", "job:orders:rate5m{outcome=\"accepted\"} == 0", isRecording: false);
        uses.AddExpectations("shop", new ServiceExpectations(
            "src/Shop/expectations.json", [],
            [new ExpectedMetric(4, "orders_placed_total", new Dictionary<string, string> { ["outcome"] = "accepted" }, 1, null, null)],
            [new ExpectedLine(5, "Order * placed: 2 of apple", "information", new Dictionary<string, string> { ["sku"] = "apple" })],
            [new ExpectedSpan(6, "POST /orders", "server", new Dictionary<string, string>())], []));

        var touched = ContractComparison.Of(Locked, Mutated(mutation)).Select(uses.Touched).SelectMany(difference => difference.Uses);
        Assert.Equal(expected.Order(StringComparer.Ordinal), touched.Distinct().Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_report_has_a_row_for_what_breaks_and_one_for_what_holds()
    {
        var recorded = new ContractRecording(Mutated("metric-queue_length"), "0123456789abcdef", DateTimeOffset.UtcNow, TimeSpan.FromSeconds(5));
        var report = ContractCheck.Report(Locked, recorded, new TelemetryUses(), "embedded").Report;
        Assert.Equal(["contract.logs Pass 2 as locked", "contract.metrics Fail metric queue_length is gone; nothing that is known reads it",
            "contract.spans Pass 4 as locked"], report.Checks.Select(row => $"{row.Id} {row.Status} {row.Detail}"));
    }

    private static TelemetryContract Mutated(string mutation)
    {
        var items = Locked.Items.ToList();
        int At(string name) => items.FindIndex(item => item.Name == name);
        if (mutation == "nothing")
            return Locked;
        if (mutation.StartsWith("rename:", StringComparison.Ordinal) && mutation[7..].Split('=') is var names)
            items[At(names[0])] = items[At(names[0])] with { Name = names[1] };
        else if (mutation[0] == '+' && mutation[1..].Split(':') is var added)
            items.Add(added[0] switch { "metric" => Metric(added[1], "counter", ""), "span" => Span(added[1], []), _ => Line(added[1], "information") });
        else if (mutation.StartsWith("part:", StringComparison.Ordinal) || mutation.StartsWith("trait:", StringComparison.Ordinal))
            Change(mutation);
        else if (mutation.StartsWith("parents:", StringComparison.Ordinal) && mutation[8..].Split('=') is var parents)
            items[At(parents[0])] = items[At(parents[0])] with { Parents = parents[1].Length > 0 ? [parents[1]] : [] };
        else
            items.RemoveAt(At(mutation[(mutation.IndexOf('-', StringComparison.Ordinal) + 1)..]));
        return TelemetryContract.Of(items);

        void Change(string change)
        {
            var (isPart, rest) = (change[0] == 'p', change[(change.IndexOf(':', StringComparison.Ordinal) + 1)..]);
            var end = rest.LastIndexOf(':');
            var at = At(rest[..end]);
            var changed = new Dictionary<string, string>(isPart ? items[at].Parts : items[at].Traits);
            foreach (var pair in rest[(end + 1)..].Split(',').Select(pair => pair.Split('=')))
            {
                changed.Remove(pair[0]);
                if (pair[1].Length > 0 || !isPart)
                    changed[pair[0]] = pair[1];
            }

            items[at] = isPart ? items[at] with { Parts = changed } : items[at] with { Traits = changed };
        }
    }

    private static EmittedItem Metric(string name, string type, string unit, params (string Label, string Values)[] labels) => new(
        "shop", EmittedSignal.Metric, name, new Dictionary<string, string> { ["type"] = type, ["unit"] = unit },
        labels.ToDictionary(label => label.Label, label => label.Values), []);

    private static EmittedItem Span(string name, (string Key, string Type)[] attributes, params string[] parents) => new(
        "shop", EmittedSignal.Span, name, new Dictionary<string, string>(), attributes.ToDictionary(attribute => attribute.Key, attribute => attribute.Type),
        parents);

    private static EmittedItem Line(string template, string level, params string[] fields) => new(
        "shop", EmittedSignal.Log, template, new Dictionary<string, string> { ["level"] = level }, fields.ToDictionary(field => field, _ => "field"), []);
}
