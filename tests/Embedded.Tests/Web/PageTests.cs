using System.Net;
using System.Text.Json.Nodes;
using Embedded.Tests.Query;
using MicroMonitored.Embedded.Rules;
using MicroMonitored.Embedded.Store;

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
        var recorded = Fixture.Spans("tempo/trace-v2.json");
        var later = _now - 30_000_000_000 - recorded.Min(static s => s.StartNs);
        List<StoredSpan> spans = [.. recorded.Select(s => s with { StartNs = s.StartNs + later, EndNs = s.EndNs + later })];
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
        foreach (var loads in (string[])["src=\"http", "src=\"//", "rel=\"stylesheet\" href=\"http", "style=", "onclick="])
            Assert.DoesNotContain(loads, body, StringComparison.Ordinal);
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
        Assert.Contains("it broke", body, StringComparison.Ordinal);
        Assert.Contains("Boom&#xA;  at x</pre>", body, StringComparison.Ordinal);
        Assert.Contains("This is not Grafana", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_alerts_page_shows_what_fires_what_fired_and_every_rule()
    {
        Assert.Contains("stack/assets/prometheus/rules", await Page("/alerts"), StringComparison.Ordinal);
        var now = _now / 1_000_000;
        _store.AddSeries("__name__=up job=<b>", (now - 60_000, 0), (now - 5000, 0));
        _store.AddSeries("__name__=ALERTS alertname=Old alertstate=firing job=shop",
            (now - 3_600_000, 1), (now - 3_590_000, 1), (now - 3_580_000, Sample.StaleMarker));
        var faults = new List<string>();
        var group = new RuleGroupState(RuleFiles.Parse("own.yml", """
            groups:
            - name: own
              interval: 90s
              rules:
              - { alert: Down, expr: up == 0, for: 5m, annotations: { summary: "{{ $labels.job }} is down" } }
              - { record: "own:broken", expr: sum(up }
            """, faults).Single());
        group.Rules[0].Evaluate(_store, now - 4000, default);
        _store.Groups = [group];
        var body = await Page("/alerts");
        Assert.Contains("1 active alert", body, StringComparison.Ordinal);
        Assert.Contains("own.yml, every 90 s", body, StringComparison.Ordinal);
        Assert.Contains("for 5 min", body, StringComparison.Ordinal);
        Assert.Contains("&lt;b&gt; is down", body, StringComparison.Ordinal);
        Assert.DoesNotContain("<b>", body, StringComparison.Ordinal);
        Assert.Matches("""Old\s+<span class="chip">job=shop</span>\s*</td>\s*<td>2[^<]+</td><td>2[^<]+</td>""", body);
        Assert.Contains("1:7: parse error: unclosed left parenthesis", body, StringComparison.Ordinal);
        Assert.Contains("broken</span>", body, StringComparison.Ordinal);
        Assert.Contains("href=\"/explore?lang=promql&amp;q=up%20%3D%3D%200&amp;from=now-1h\"", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_trace_page_shows_its_spans_and_its_log_lines()
    {
        var body = await Page("/trace/" + TraceId);
        Assert.Contains("GET /call", body, StringComparison.Ordinal);
        Assert.Contains("of the trace", body, StringComparison.Ordinal);
        Assert.Contains($"/logs?trace={TraceId}&amp;from=", body, StringComparison.Ordinal);
        Assert.Contains("critical path", body, StringComparison.Ordinal);
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
    public async Task Traces_are_filtered_by_word_service_duration_attribute_and_time()
    {
        foreach (var query in (string[])["q=CALL", "service=orders", "min=1us", "attr=http.request.method%3DGET", "q=%7Bname%3D%22GET%20%2Fcall%22%7D"])
            Assert.Contains(TraceId, await Page("/traces?" + query), StringComparison.Ordinal);
        foreach (var query in (string[])["q=nowhere", "min=10h", "attr=http.request.method%3DPUT", "from=1000&to=2000"])
            Assert.DoesNotContain(TraceId, await Page("/traces?" + query), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_trace_is_exported_as_the_API_gives_it()
    {
        using var answer = await _server.Pages.GetAsync($"/trace/{TraceId}/json");
        Assert.Equal("attachment", answer.Content.Headers.ContentDisposition!.DispositionType);
        Assert.Equal(await _server.Tempo.GetStringAsync("/api/v2/traces/" + TraceId), await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Every_link_keeps_the_time_range_and_the_theme_is_a_switch()
    {
        var body = await Page("/?from=now-6h&refresh=10");
        Assert.Contains("href=\"/traces?from=now-6h&amp;refresh=10\"", body, StringComparison.Ordinal);
        using var dark = await _server.Pages.GetAsync("/theme?to=dark&back=%2Flogs");
        Assert.Equal("/logs", dark.RequestMessage!.RequestUri!.AbsolutePath);
        Assert.Contains("data-theme=\"dark\"", await dark.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        using var elsewhere = await _server.Pages.GetAsync("/theme?to=dark&back=%2F%2Fexample.org");
        Assert.Equal("/", elsewhere.RequestMessage!.RequestUri!.AbsolutePath);
    }

    [Fact]
    public async Task A_page_follows_what_arrives()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/logs?refresh=1");
        request.Headers.Accept.ParseAdd("text/event-stream");
        using var answer = await _server.Pages.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal("text/event-stream", answer.Content.Headers.ContentType!.MediaType);
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync());
        _store.AddLine("job=late service_name=late level=warn", DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() * 1_000_000, "came while it was open");
        var limit = TimeSpan.FromSeconds(10);
        while (await reader.ReadLineAsync().WaitAsync(limit) is { } line && !line.Contains("came while it was open", StringComparison.Ordinal))
            Assert.DoesNotContain("event: fault", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_charts_are_served_compressed_and_plain()
    {
        using var plain = await _server.Pages.GetAsync("/echarts.js");
        var text = await plain.Content.ReadAsStringAsync();
        Assert.Contains("echarts", text, StringComparison.Ordinal);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/echarts.js");
        request.Headers.AcceptEncoding.ParseAdd("gzip");
        using var packed = await _server.Pages.SendAsync(request);
        Assert.Equal("gzip", packed.Content.Headers.ContentEncoding.Single());
        Assert.InRange((await packed.Content.ReadAsByteArrayAsync()).Length, 100_000, text.Length / 2);
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
