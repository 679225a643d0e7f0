using MicroMonitored.Model;
using MicroMonitored.Model.Expectations;
using MicroMonitored.Verification;
using MicroMonitored.Verification.Contracts;
using MicroMonitored.Verification.Lint;

namespace Verification.Tests.Contracts;

public sealed class LinterTests
{
    [Theory]
    [InlineData(EmittedSignal.Metric, "orders_placed_total", "outcome=few", "")]
    [InlineData(EmittedSignal.Metric, "orders_placed_total", "order=many", "violation unbounded_label: label order has a value for each request")]
    [InlineData(EmittedSignal.Metric, "orders_placed_total", "user_id=few", "violation unbounded_label: label user_id has as many values")]
    [InlineData(EmittedSignal.Metric, "http_server_request_duration_seconds", "url_path=few", "violation unbounded_label: label url_path")]
    [InlineData(EmittedSignal.Metric, "orders_packing_milliseconds", "", "improvement unit_not_base: is in milliseconds: use seconds")]
    [InlineData(EmittedSignal.Metric, "resilience_polly_strategy_attempt_duration_milliseconds", "", "")]
    [InlineData(EmittedSignal.Metric, "OrdersPlaced", "", "violation invalid_name: a metric's name is lower case")]
    [InlineData(EmittedSignal.Metric, "http_server_duration_milliseconds", "", "violation deprecated: is called http.server.request.duration in seconds")]
    [InlineData(EmittedSignal.Metric, "logins_total", "api_key=few", "violation secret: api_key is called like a secret")]
    [InlineData(EmittedSignal.Metric, "target_info", "service_name=few,service_version=few,service_instance_id=few,deployment_environment_name=few", "")]
    [InlineData(EmittedSignal.Metric, "target_info", "service_name=few,service_instance_id=few,deployment_environment_name=few",
        "improvement missing_resource_attribute: the resource has no service_version")]
    [InlineData(EmittedSignal.Span, "server GET /orders", "http.request.method=string,url.path=string,url.scheme=string,http.route=string", "")]
    [InlineData(EmittedSignal.Span, "server GET", "http.request.method=string,url.path=string,url.scheme=string",
        "improvement missing_route: has no http.route")]
    [InlineData(EmittedSignal.Span, "server GET /orders", "http.request.method=string,url.path=string,http.route=string",
        "violation missing_attribute: attribute url.scheme is required here")]
    [InlineData(EmittedSignal.Span, "client GET", "http.request.method=string,url.full=string,server.address=string,server.port=string",
        "violation type_mismatch: attribute server.port is of type string: make it int")]
    [InlineData(EmittedSignal.Span, "server GET /orders", "http.method=string",
        "violation deprecated: attribute http.method is called http.request.method now")]
    [InlineData(EmittedSignal.Span, "client SELECT orders", "db.query.text=string", "violation missing_attribute: attribute db.system.name is required here")]
    [InlineData(EmittedSignal.Span, "client SELECT orders", "db.statement=string", "violation deprecated: attribute db.statement is called db.query.text now")]
    [InlineData(EmittedSignal.Span, "producer send orders", "messaging.system=string,messaging.destination.name=string",
        "violation missing_attribute: attribute messaging.operation.name is required here")]
    [InlineData(EmittedSignal.Span, "internal place order", "order.sku=string,event exception=event", "")]
    [InlineData(EmittedSignal.Span, "internal place order", "sku=string",
        "improvement missing_namespace: attribute sku has no namespace")]
    [InlineData(EmittedSignal.Span, "internal place order", "Order.Sku=string", "violation invalid_name: attribute Order.Sku")]
    [InlineData(EmittedSignal.Span, "internal place order", "user.password=string", "violation secret: user.password is called like a secret")]
    [InlineData(EmittedSignal.Span, "internal place order 7f3c9a1e-77aa-4c1b-9d2e-0123456789ab", "",
        "violation unbounded_name: 7f3c9a1e-77aa-4c1b-9d2e-0123456789ab")]
    [InlineData(EmittedSignal.Span, "internal order 48151", "", "violation unbounded_name: 48151 in its name")]
    [InlineData(EmittedSignal.Log, "Order {order_id} placed", "order_id=field", "")]
    [InlineData(EmittedSignal.Log, "Order 7f3c9a1e77aa4c1b9d2e0123456789ab placed", "",
        "improvement unbounded_name: 7f3c9a1e77aa4c1b9d2e0123456789ab is in the text")]
    [InlineData(EmittedSignal.Log, "{http.url} asked", "http.url=field", "improvement deprecated: field http.url is called url.full now")]
    public void Each_rule_finds_what_it_is_for(EmittedSignal signal, string name, string parts, string expected)
    {
        var result = Linter.Of(Contract(signal, name, parts), []);
        if (expected.Length == 0)
            Assert.Empty(result.Findings);
        else
            Assert.StartsWith(expected, result.Findings.Select(finding =>
                $"{finding.Level.ToString().ToLowerInvariant()} {finding.Id}: {finding.Message}").Single(), StringComparison.Ordinal);
        Assert.Equal(expected.Length == 0 ? 100 : 50, result.Score);
    }

    [Fact]
    public void A_reason_accepts_a_finding_and_one_that_is_not_needed_is_told()
    {
        var contract = Contract(EmittedSignal.Metric, "orders_packing_milliseconds", "");
        var result = Linter.Of(contract, Accepting(new(4, "unit_not_base", "orders_*", "an old panel"), new(5, "secret", "*", "none")));

        Assert.Equal((100, 1), (result.Score, result.Accepted));
        Assert.Equal("src/Shop/expectations.json:5 accepts what is not found: remove it", result.Findings.Single().Message);
        var faults = Assert.Throws<FaultException>(() => Linter.Of(contract, Accepting(new(4, "unit", "*", "x"), new(5, "secrets", "*", "y")))).Faults;
        Assert.Equal(2, faults.Count);
        Assert.StartsWith("src/Shop/expectations.json:4: no rule is called unit; known: deprecated ", faults[0], StringComparison.Ordinal);
    }

    private static ServiceUnderTest[] Accepting(params AcceptedFinding[] accepted) =>
    [
        new("shop", new Uri("http://127.0.0.1"), null, [])
        {
            Expectations = new ServiceExpectations("src/Shop/expectations.json", [], [], [], [], []) { Accepted = accepted },
        },
    ];

    // Beside one that nothing is found of.
    private static TelemetryContract Contract(EmittedSignal signal, string name, string parts) => TelemetryContract.Of(
    [
        new("shop", EmittedSignal.Log, "Started", new Dictionary<string, string>(), new Dictionary<string, string>(), []),
        new("shop", signal, name, new Dictionary<string, string> { ["type"] = "counter", ["unit"] = "" },
            parts.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(part => part.Split('=')).ToDictionary(part => part[0], part => part[1]), []),
    ]);
}
