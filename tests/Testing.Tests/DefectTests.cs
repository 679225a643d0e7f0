using System.Net.Http.Json;
using Microsoft.Extensions.Logging;
using Shop;

namespace Testing.Tests;

/// <summary>A service of plain OpenTelemetry with something wrong: the test fails, and says what.</summary>
public abstract class DefectTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const string Secret = "s3cr3t-value";

    // What a defect keeps away is waited for to the end.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);
    private readonly TelemetryFixture _telemetry = new();

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return _telemetry.DisposeAsync();
    }

    protected async Task HoldsAsync(int rounds)
    {
        await using var shop = await ShopProcesses.StartAsync(_telemetry);
        for (var round = 0; round < rounds; round++)
            Assert.Empty(Failures(await PlaceAsync(shop, _telemetry.Options.Timeout), await FaultAsync(shop, _telemetry.Options.Timeout)));
    }

    protected async Task FailsAsync(string defect, string[] said)
    {
        await using var shop = await ShopProcesses.StartAsync(_telemetry, defect);
        var failures = Failures(await PlaceAsync(shop, Patience), await FaultAsync(shop, Patience));
        output.WriteLine(string.Join("\n\n", failures));
        Assert.NotEmpty(failures);
        Assert.Contains(failures, failure => said.All(part => failure.Contains(part, StringComparison.Ordinal)));
    }

    private Task<RecordedTelemetry<HttpResponseMessage>> PlaceAsync(ShopProcesses shop, TimeSpan patience)
        => _telemetry.Of(() =>
        {
            var request = new HttpRequestMessage(HttpMethod.Post, "/orders") { Content = JsonContent.Create(new Order("A1", 2)) };
            request.Headers.Add("X-Token", Secret);
            return shop.Client.SendAsync(request);
        }, patience);

    private Task<RecordedTelemetry<HttpResponseMessage>> FaultAsync(ShopProcesses shop, TimeSpan patience)
        => _telemetry.Of(() => shop.Client.GetAsync("/fault"), patience);

    private static List<string> Failures(RecordedTelemetry placed, RecordedTelemetry fault)
    {
        Action[] expectations =
        [
            () => placed.Trace.Should().HaveServer("POST /orders", "shop-orders").Calling("shop-inventory", "GET /stock").Once(),
            () => placed.Trace.Should().HaveServer("POST /orders").Containing("place order").With("order.sku", "A1"),
            () => placed.Trace.Should().NoErrors().BeConnected().NotContain(Secret),
            () => placed.Metric("orders_placed").Should().GrowBy(1, ("sku", "A1")),
            () => placed.Metric("orders.placed").Should().HaveType("counter").And.HaveLabels("sku"),
            () => placed.Metric("orders.packing").Should().HaveUnit("s").And.GrowBy(1),
            () => placed.Metric("http.server.request.duration").Should().HaveExemplar(),
            () => placed.Logs.Should().Contain(LogLevel.Information, "Order {order_id} placed"),
            () => placed.Logs.Should().NotContain(Secret),
            () => placed.Should().Link(),
            () => fault.Trace.Should().HaveServer("GET /fault").Failing("System.InvalidOperationException"),
        ];
        return [.. expectations.Select(expectation => Record.Exception(expectation)).OfType<TelemetryException>().Select(failure => failure.Message)];
    }
}

public sealed class TraceDefectTests(ITestOutputHelper output) : DefectTests(output)
{
    [Theory]
    [InlineData("route lost", "Expected server span \"POST /orders\"", "shop-orders server POST 200")]
    [InlineData("source not collected", "containing a span \"place order\"", "the span was not started, or its source is not collected")]
    [InlineData("span renamed", "containing a span \"place order\"", "Nearest: shop-orders internal place")]
    [InlineData("attribute lost", "with order.sku=A1", "it has no order.sku")]
    [InlineData("wrong parent", "shop-orders → shop-inventory: its parent is", "shop-inventory server GET /stock 200 is in the trace, but not below")]
    [InlineData("client not instrumented", "no client span below \"POST /orders\"", "in another trace", "no traceparent was sent")]
    [InlineData("traceparent ignored", "First broken hop: shop-orders → shop-inventory", "was served at that time in another trace")]
    [InlineData("callee silent", "the call was answered, but shop-inventory sent no span of it")]
    [InlineData("callee not called", "no span of shop-inventory, and no client span", "shop-orders did not call")]
    [InlineData("callee unreachable", "shop-orders → shop-inventory: the call failed with System.Net.Http.HttpRequestException")]
    [InlineData("other route called", "shop-inventory served \"GET /stock/{sku}\"", "another route was called")]
    [InlineData("called twice", "shop-inventory \"GET /stock\" once", "Found: 2")]
    [InlineData("callee failing", "Expected no errors", "First broken hop: shop-inventory, \"GET /stock\": System.InvalidOperationException")]
    [InlineData("exception swallowed", "failing with System.InvalidOperationException", "it failed with 500")]
    [InlineData("secret in a span", "nowhere in the trace", "attribute url.query of shop-orders \"POST /orders\"")]
    public Task A_defect_fails_with_a_message_that_names_it(string defect, params string[] said) => FailsAsync(defect, said);
}

public sealed class MetricAndLogDefectTests(ITestOutputHelper output) : DefectTests(output)
{
    [Fact]
    public Task A_service_without_a_defect_is_as_expected() => HoldsAsync(10);

    [Theory]
    [InlineData("counted twice", "to grow by 1", "it grew by 2", "one request counts more than once")]
    [InlineData("label renamed", "no label sku", "Nearest: label article", "sku was renamed")]
    [InlineData("label unbounded", "to have the labels sku", "the labels order_id, sku")]
    [InlineData("metric renamed", "no metric of that name", "Nearest: orders_created_total", "the instrument was renamed")]
    [InlineData("meter not collected", "no metric of that name", "its meter is not collected")]
    [InlineData("unit changed", "orders.packing to have the unit s", "unit \"ms\"")]
    [InlineData("exemplars off", "no exemplar of this trace at all", "is the exemplar filter trace_based")]
    [InlineData("line lost", "a line of level Information: \"Order {order_id} placed\"", "with or without a trace id: it is not written")]
    [InlineData("line without trace id", "it was written in that time without a trace id")]
    [InlineData("level lowered", "the line is of level Warning")]
    [InlineData("field renamed", "it has no field order_id", "orderId")]
    [InlineData("secret in a line", "\"s3cr3t-value\" in no line", "placed by s3cr3t-value")]
    public Task A_defect_fails_with_a_message_that_names_it(string defect, params string[] said) => FailsAsync(defect, said);
}
