using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace MonitoredApp.Orders.Tests;

[Collection("one host at a time, because their instruments share names")]
public sealed class TelemetryTests
{
    [Fact]
    public async Task One_order_leaves_spans_metrics_and_lines_that_carry_the_same_trace_id()
    {
        await using var service = new OrdersUnderTest();
        using var spans = new SpansOfOneTrace();
        using var client = service.CreateClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/orders")
        {
            Content = JsonContent.Create(new OrderRequest("apple", 2), OrdersJson.Default.OrderRequest),
        };
        request.Headers.Add("traceparent", spans.TraceParent);
        using var answer = await client.SendAsync(request);
        await spans.ServedAsync();
        using var scrape = new HttpRequestMessage(HttpMethod.Get, "/metrics");
        scrape.Headers.Accept.Add(MediaTypeWithQualityHeaderValue.Parse("application/openmetrics-text; version=1.0.0"));
        using var scraped = await client.SendAsync(scrape);
        var metrics = await scraped.Content.ReadAsStringAsync();
        var lines = await service.StopAndReadLogAsync();

        var server = Assert.Single(spans.Recorded, span => span.Kind == ActivityKind.Server);
        Assert.Equal("POST /orders", server.DisplayName);
        Assert.Equal(201, server.GetTagItem("http.response.status_code"));
        var own = Assert.Single(spans.Recorded, span => span.DisplayName == "place order");
        Assert.Equal(server.SpanId, own.ParentSpanId);

        Assert.Matches("""orders_placed_total\{.*outcome="accepted".*\} 1""", metrics);
        Assert.Matches($"http_server_request_duration_seconds_bucket.* 1 # .trace_id=.{spans.TraceId}", metrics);

        var logged = lines.Select(line => JsonDocument.Parse(line).RootElement)
            .Where(line => line.TryGetProperty("trace_id", out var id) && id.GetString() == spans.TraceId)
            .Select(line => line.GetProperty("message").GetString()!).ToArray();
        Assert.Equal(2, logged.Length);
        Assert.StartsWith("Order ", logged[0]);
        Assert.StartsWith("POST /orders 201", logged[1]);
    }

    [Fact]
    public async Task A_fault_is_told_with_its_stack_by_span_and_line()
    {
        await using var service = new OrdersUnderTest { FaultRoute = "/fault" };
        using var spans = new SpansOfOneTrace();
        using var client = service.CreateClient();
        client.DefaultRequestHeaders.Add("traceparent", spans.TraceParent);
        Assert.Equal(HttpStatusCode.InternalServerError, (await client.GetAsync("/fault")).StatusCode);
        await spans.ServedAsync();
        var lines = await service.StopAndReadLogAsync();

        var server = Assert.Single(spans.Recorded);
        Assert.Equal(ActivityStatusCode.Error, server.Status);
        Assert.Equal("/fault", server.GetTagItem("http.route"));
        Assert.Equal("System.InvalidOperationException", server.GetTagItem("error.type"));
        Assert.Single(server.Events, occurred => occurred.Name == "exception");
        Assert.Contains(lines, line => line.Contains("\"http_status\":500") && line.Contains("\"exception_type\":\"System.InvalidOperationException\""));
    }

    [Theory]
    [InlineData("/metrics")]
    [InlineData("/health/live")]
    [InlineData("/health/ready")]
    public async Task Watching_the_service_leaves_no_span_no_line_and_no_count(string path)
    {
        await using var service = new OrdersUnderTest();
        using var spans = new SpansOfOneTrace();
        using var client = service.CreateClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Add("traceparent", spans.TraceParent);
        using var answer = await client.SendAsync(request);
        answer.EnsureSuccessStatusCode();
        var metrics = await client.GetStringAsync("/metrics");
        var lines = await service.StopAndReadLogAsync();

        Assert.Empty(spans.Recorded);
        Assert.DoesNotContain("http_server_request_duration_seconds_count", metrics);
        Assert.DoesNotContain(lines, line => line.Contains(path));
    }

    [Fact]
    public async Task Secrets_of_the_query_and_of_headers_are_never_recorded()
    {
        const string secret = "s3cr3t-value";
        await using var service = new OrdersUnderTest();
        using var spans = new SpansOfOneTrace();
        using var client = service.CreateClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/orders?token={secret}");
        request.Headers.Add("traceparent", spans.TraceParent);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", secret);
        using var answer = await client.SendAsync(request);
        var metrics = await client.GetStringAsync("/metrics");
        var lines = await service.StopAndReadLogAsync();

        Assert.NotEmpty(spans.Recorded);
        Assert.DoesNotContain(spans.Recorded.SelectMany(span => span.TagObjects), tag => $"{tag.Value}".Contains(secret));
        Assert.DoesNotContain(lines, line => line.Contains(secret));
        Assert.DoesNotContain(secret, metrics);
    }
}
