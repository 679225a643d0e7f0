using System.Net;
using System.Net.Http.Json;
using MicroMonitored.Testing;
using Microsoft.Extensions.Logging;

namespace MonitoredApp.Orders.Tests;

/// <summary>What a request leaves behind, by way of the service's own exporters, in a store.</summary>
[Collection("one host at a time, because their instruments share names")]
public sealed class TelemetryTests(TelemetryFixture telemetry) : IClassFixture<TelemetryFixture>
{
    [Fact]
    public async Task One_order_leaves_spans_metrics_and_lines_that_lead_to_each_other()
    {
        await using var service = new OrdersUnderTest { Telemetry = telemetry };
        using var client = service.CreateClient();
        var left = await telemetry.Of(() => client.PostAsJsonAsync("/orders", new OrderRequest("apple", 2), OrdersJson.Default.OrderRequest));

        left.Trace.Should().HaveServer("POST /orders").With("http.response.status_code", 201).Containing("place order").With("order.sku", "apple");
        left.Trace.Should().NoErrors().BeConnected();
        left.Metric("orders.placed").Should().GrowBy(1, ("outcome", "accepted")).And.HaveLabels("outcome").And.HaveUnit("{order}");
        left.Metric("http.server.request.duration").Should().GrowBy(1, ("http.route", "/orders")).And.HaveExemplar();
        left.Logs.Should().Contain(LogLevel.Information, "Order {order_id} placed: {quantity} of {sku}");
        left.Logs.Should().Contain(LogLevel.Information, "POST /orders 201").And.HaveCount(2);
        left.Should().Link();
    }

    [Fact]
    public async Task A_fault_is_told_with_its_stack_by_span_and_line()
    {
        await using var service = new OrdersUnderTest { Telemetry = telemetry, FaultRoute = "/fault" };
        using var client = service.CreateClient();
        var left = await telemetry.Of(() => client.GetAsync("/fault"));

        Assert.Equal(HttpStatusCode.InternalServerError, left.Answer.StatusCode);
        var server = left.Trace.Should().HaveServer("GET /fault").Failing("System.InvalidOperationException").With("http.route", "/fault").Which;
        Assert.Single(server.Events, occurred => occurred.Name == "exception");
        left.Logs.Should().Contain(LogLevel.Error, "GET /fault 500", ("http_status", "500"), ("exception_type", "InvalidOperationException"));
    }

    [Theory]
    [InlineData("/metrics")]
    [InlineData("/health/live")]
    [InlineData("/health/ready")]
    public async Task Watching_the_service_leaves_no_span_no_line_and_no_count(string path)
    {
        await using var service = new OrdersUnderTest { Telemetry = telemetry };
        using var client = service.CreateClient();
        var left = await telemetry.Of(() => client.GetAsync(path), TimeSpan.FromMilliseconds(200));

        left.Answer.EnsureSuccessStatusCode();
        left.Trace.Should().BeEmpty();
        left.Logs.Should().HaveCount(0);
        left.Metric("http.server.request.duration").Should().NotGrow();
    }

    [Fact]
    public async Task Secrets_of_the_query_and_of_headers_are_never_recorded()
    {
        const string secret = "s3cr3t-value";
        await using var service = new OrdersUnderTest { Telemetry = telemetry };
        using var client = service.CreateClient();
        client.DefaultRequestHeaders.Authorization = new("Bearer", secret);
        var left = await telemetry.Of(() => client.GetAsync($"/orders?token={secret}"));

        left.Trace.Should().HaveServer("GET /orders").And.NotContain(secret);
        left.Logs.Should().NotContain(secret);
        Assert.DoesNotContain(secret, await client.GetStringAsync("/metrics"));
    }
}
