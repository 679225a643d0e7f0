using System.Net;
using System.Text.Json.Nodes;
using Embedded.Tests.Query;

namespace Embedded.Tests.Web;

public sealed class PageTests : IAsyncLifetime
{
    private const string TraceId = "9281d8f88ad96b40fb8cec6cb10a3da8";
    private const string Hostile = "<script>alert(1)</script>\"'&\u001b[31m";
    private readonly InMemoryStore _store = new();
    private readonly long _now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() * 1_000_000;
    private QueryServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        var spans = Fixture.Spans("tempo/trace-v2.json");
        foreach (var span in spans)
            _store.AddSpan(span);
        _store.AddSpan(spans[0] with { SpanId = [9, 9, 9, 9, 9, 9, 9, 9], Name = Hostile, ServiceName = Hostile });
        _store.AddLine("job=shop-orders service_name=shop-orders level=error", _now - 5_000_000_000,
            "{\"message\":\"it broke\",\"exception\":\"Boom\\n  at x\"}");
        _store.AddLine("job=shop-orders service_name=shop-orders level=information", spans[0].StartNs, "{\"message\":\"of the trace\"}", $"trace_id={TraceId}");
        _store.AddLine("job=shop-orders service_name=shop-orders level=information", _now - 1_000_000_000, Hostile, $"trace_id={TraceId}");
        _server = await QueryServer.StartAsync(_store);
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task<string> Page(string address)
    {
        using var answer = await _server.Pages.GetAsync(address);
        var body = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == HttpStatusCode.OK, $"{address}: {answer.StatusCode} {body}");
        Assert.Contains("default-src 'none'", answer.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.DoesNotContain("http://", body.Replace("http://127.0.0.1", "", StringComparison.Ordinal)
            .Replace("http://localhost", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.DoesNotContain("https://", body, StringComparison.Ordinal);
        Assert.DoesNotContain("style=", body, StringComparison.Ordinal);
        return body;
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/logs")]
    [InlineData("/traces")]
    [InlineData("/trace/" + TraceId)]
    [InlineData("/logs?q=%3Cscript%3Ealert(1)%3C%2Fscript%3E&service=%22%3E%3Cscript%3E")]
    public async Task Hostile_text_stays_text(string address)
    {
        var body = await Page(address);
        Assert.DoesNotContain("<script>", body, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("\u001b", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_first_page_links_services_logs_and_traces()
    {
        var body = await Page("/");
        Assert.Contains("/logs?service=shop-orders", body, StringComparison.Ordinal);
        Assert.Contains("/traces?service=shop-orders", body, StringComparison.Ordinal);
        Assert.Contains($"href=\"/trace/{TraceId}\"", body, StringComparison.Ordinal);
        Assert.Contains("it broke — Boom", body, StringComparison.Ordinal);
        Assert.Contains("This is not Grafana", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_trace_page_shows_its_spans_and_its_log_lines()
    {
        var body = await Page("/trace/" + TraceId);
        Assert.Contains("GET /call", body, StringComparison.Ordinal);
        Assert.Contains("of the trace", body, StringComparison.Ordinal);
        Assert.Contains($"/logs?trace={TraceId}", body, StringComparison.Ordinal);
        Assert.Contains("user_agent.original", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Logs_are_filtered_by_trace_level_and_text()
    {
        Assert.DoesNotContain("it broke", await Page("/logs?trace=" + TraceId), StringComparison.Ordinal);
        Assert.DoesNotContain("alert(1)", await Page("/logs?level=error"), StringComparison.Ordinal);
        Assert.Contains("it broke", await Page("/logs?q=broke"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Health_has_Grafanas_shape()
    {
        using var answer = await _server.Pages.GetAsync("/api/health");
        Assert.Equal(Fixture.Shape(Fixture.Json("grafana/health.json")), Fixture.Shape(JsonNode.Parse(await answer.Content.ReadAsStringAsync())));
    }

    [Theory]
    [InlineData("/d/abc", 404)]
    [InlineData("/trace/0123456789abcdef0123456789abcdef", 404)]
    [InlineData("/trace/nope", 400)]
    [InlineData("/traces?q=%7Bnope", 400)]
    public async Task Elsewhere_there_is_a_clear_text(string address, int status)
    {
        using var answer = await _server.Pages.GetAsync(address);
        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal("text/plain", answer.Content.Headers.ContentType!.MediaType);
        Assert.NotEmpty(await answer.Content.ReadAsStringAsync());
    }
}
