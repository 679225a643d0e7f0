using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using CsCheck;
using Embedded.Tests.Query;
using MicroMonitored.Embedded.Store;

namespace Embedded.Tests.Web;

/// <summary>Every answer against the one recorded from the real component.</summary>
public sealed class AnswerTests : IAsyncLifetime
{
    private const string TraceId = "9281d8f88ad96b40fb8cec6cb10a3da8";
    private static readonly string[] Maps = ["metric", "stream", "seriesLabels", "labels", "discoveredLabels", "droppedTargetCounts", "serviceStats"];
    private readonly InMemoryStore _store = new();
    private readonly long _now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
    private QueryServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        for (var i = 0; i < 3; i++)
            _store.AddSeries($"__name__=up job=stack instance=host{i}", (_now - 60_000, 1), (_now - 30_000, 1), (_now - 1000, 1));
        var bucket = _store.AddSeries(
            "__name__=http_server_request_duration_seconds_bucket job=shop-orders instance=127.0.0.1:8080 le=0.005", (_now - 30_000, 10), (_now - 1000, 20));
        _store.AddSeries("__name__=http_server_request_duration_seconds_count job=shop-orders instance=127.0.0.1:8080 http_route=/orders", (_now - 30_000, 10),
            (_now - 1000, 20));
        _store.AddExemplar(bucket, _now - 2000, 0.0011367, $"trace_id={TraceId} span_id=39160d2d8e40025f");
        _store.Families["http_server_request_duration_seconds"] = new("histogram", "seconds", "Duration of HTTP server requests.");
        _store.ScrapeTargets.Add(new("shop-orders", "127.0.0.1:8080", "http://127.0.0.1:8080/metrics",
            new Dictionary<string, string> { ["__address__"] = "127.0.0.1:8080", ["job"] = "shop-orders" },
            new Dictionary<string, string> { ["instance"] = "127.0.0.1:8080", ["job"] = "shop-orders" },
            "up", "", DateTimeOffset.UtcNow, TimeSpan.FromMilliseconds(2.5)));
        foreach (var (line, i) in File.ReadLines(Fixture.Path("loki/source-lines.log")).Select(static (l, i) => (l, i)))
            _store.AddLine("job=microservices service_name=microservices filename=/var/log/microservices/orders.log", (_now * 1_000_000) - (i * 1_000_000L),
                line);
        foreach (var span in Fixture.Spans("tempo/trace-v2.json"))
            _store.AddSpan(span);
        _server = await QueryServer.StartAsync(_store);
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private static async Task<(HttpStatusCode Status, string Body)> Get(HttpClient client, string address)
    {
        using var answer = await client.GetAsync(address);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    private static async Task<JsonNode> Json(HttpClient client, string address)
    {
        var (status, body) = await Get(client, address);
        Assert.True(status == HttpStatusCode.OK, $"{address}: {status} {body}");
        return JsonNode.Parse(body)!;
    }

    private static void SameShape(string fixture, JsonNode actual, params string[] optional)
    {
        bool Counts(string path) => !optional.Any(o => path.StartsWith(o, StringComparison.Ordinal));
        Assert.Equal(Fixture.Shape(Fixture.Json(fixture), Maps).Where(Counts), Fixture.Shape(actual, Maps).Where(Counts));
    }

    [Fact]
    public async Task Prometheus_answers_have_the_recorded_shapes()
    {
        var (start, end) = ((_now / 1000) - 60, _now / 1000);
        SameShape("prometheus/query-vector.json", await Json(_server.Prometheus, "/api/v1/query?query=up"));
        SameShape("prometheus/query-scalar-sum.json", await Json(_server.Prometheus, "/api/v1/query?query=sum(up)"));
        SameShape("prometheus/query-empty.json", await Json(_server.Prometheus, "/api/v1/query?query=nothing"));
        SameShape("prometheus/query_range.json", await Json(_server.Prometheus, $"/api/v1/query_range?query=up&start={start}&end={end}&step=15"));
        SameShape("prometheus/series.json", await Json(_server.Prometheus, "/api/v1/series?match[]=up"), "$.data[]");
        SameShape("prometheus/labels.json", await Json(_server.Prometheus, "/api/v1/labels"));
        SameShape("prometheus/labels.json", await Json(_server.Prometheus, "/api/v1/label/job/values"));
        SameShape("prometheus/targets.json", await Json(_server.Prometheus, "/api/v1/targets"));
        SameShape("prometheus/query_exemplars.json",
            await Json(_server.Prometheus, $"/api/v1/query_exemplars?query=http_server_request_duration_seconds_bucket&start={start}&end={end + 1}"));
        SameShape("prometheus/metadata.json", await Json(_server.Prometheus, "/api/v1/metadata?metric=http_server_request_duration_seconds"));
        SameShape("prometheus/rules-none.json", await Json(_server.Prometheus, "/api/v1/rules"));
        SameShape("prometheus/buildinfo.json", await Json(_server.Prometheus, "/api/v1/status/buildinfo"));
        Assert.Equal("Prometheus Server is Ready.\n", (await Get(_server.Prometheus, "/-/ready")).Body);
    }

    [Fact]
    public async Task Prometheus_says_what_is_wrong_in_the_recorded_way()
    {
        var (status, body) = await Get(_server.Prometheus, "/api/v1/query?query=sum(");
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.True(JsonNode.DeepEquals(Fixture.Json("prometheus/query-bad.json"), JsonNode.Parse(body)), body);
    }

    [Theory]
    [InlineData("/api/v1/query", 400, "invalid parameter \\\"query\\\"")]
    [InlineData("/api/v1/query?query=up&time=x", 400, "cannot parse \\\"x\\\" to a valid timestamp")]
    [InlineData("/api/v1/query?query=histogram_avg(x)", 400, "--engine=docker")]
    [InlineData("/api/v1/query?query=up*on(job)up", 422, "many-to-many")]
    [InlineData("/api/v1/query_range?query=up&start=0&end=20000&step=1", 400, "11,000 points")]
    [InlineData("/api/v1/query_range?query=up&start=0&end=20000&step=0", 400, "zero or negative")]
    [InlineData("/api/v1/query_range?query=up&start=10&end=5&step=1", 400, "end timestamp must not be before start time")]
    [InlineData("/api/v1/query_range?query=up[1m]&start=0&end=5&step=1", 400, "must be Scalar or instant Vector")]
    [InlineData("/api/v1/series", 400, "no match[] parameter provided")]
    [InlineData("/api/v1/query?query=up&timeout=0", 503, "timed out")]
    [InlineData("/api/v1/admin/tsdb/snapshot", 404, "/api/v1/query_range")]
    public async Task Prometheus_refuses_with_a_reason(string address, int status, string reason)
    {
        var (actual, body) = await Get(_server.Prometheus, address);
        Assert.Equal(status, (int)actual);
        Assert.Contains(reason, body, StringComparison.Ordinal);
        Assert.Equal("error", (string?)JsonNode.Parse(body)!["status"]);
    }

    [Fact]
    public async Task Prometheus_takes_form_posts_and_nothing_else()
    {
        using var form = new FormUrlEncodedContent([new("query", "sum(up)"), new("time", (_now / 1000).ToString(CultureInfo.InvariantCulture))]);
        using var answer = await _server.Prometheus.PostAsync("/api/v1/query", form);
        var json = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
        Assert.Equal("3", (string?)json["data"]!["result"]![0]!["value"]![1]);
        using var text = new StringContent("{}", Encoding.UTF8, "application/json");
        using var refused = await _server.Prometheus.PostAsync("/api/v1/query", text);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, refused.StatusCode);
        using var deleted = await _server.Prometheus.DeleteAsync("/api/v1/series?match[]=up");
        Assert.Equal(HttpStatusCode.MethodNotAllowed, deleted.StatusCode);
    }

    [Fact]
    public async Task Loki_answers_have_the_recorded_shapes()
    {
        SameShape("loki/query_range-streams.json", await Json(_server.Loki, "/loki/api/v1/query_range?query={job=\"microservices\"}"));
        SameShape("loki/query_range-json-filter.json",
            await Json(_server.Loki, "/loki/api/v1/query_range?query={job=\"microservices\"}|json|RequestPath=\"/call\""));
        SameShape("loki/query_range-empty.json", await Json(_server.Loki, "/loki/api/v1/query_range?query={job=\"none\"}"));
        SameShape("loki/query-count_over_time.json", await Json(_server.Loki, "/loki/api/v1/query?query=sum(count_over_time({job=\"microservices\"}[5m]))"));
        SameShape("loki/labels.json", await Json(_server.Loki, "/loki/api/v1/labels"));
        SameShape("loki/label-values.json", await Json(_server.Loki, "/loki/api/v1/label/job/values"));
        SameShape("loki/series.json", await Json(_server.Loki, "/loki/api/v1/series?match[]={job=\"microservices\"}"));
        SameShape("loki/buildinfo.json", await Json(_server.Loki, "/loki/api/v1/status/buildinfo"));
        Assert.Equal("ready\n", (await Get(_server.Loki, "/ready")).Body);
    }

    [Fact]
    public async Task Loki_says_what_is_wrong_in_the_recorded_way()
    {
        var (status, body) = await Get(_server.Loki, "/loki/api/v1/query_range?query={job=");
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Equal(File.ReadAllText(Fixture.Path("loki/query_range-bad.txt")).TrimEnd(), body.TrimEnd());
    }

    [Theory]
    [InlineData("/loki/api/v1/query_range?query={job=\"a\"}|distinct x", 400, "--engine=docker")]
    [InlineData("/loki/api/v1/query_range?query={job=\"a\"}&limit=6000", 400, "limit of 5000")]
    [InlineData("/loki/api/v1/query_range?query={job=\"a\"}&direction=up", 400, "invalid direction")]
    [InlineData("/loki/api/v1/query_range?query={job=\"a\"}&start=x", 400, "could not parse 'start' timestamp")]
    [InlineData("/loki/api/v1/query_range?query=rate({job=\"a\"}[1m])&start=0&end=99999&step=1", 400, "11,000 points")]
    [InlineData("/loki/api/v1/query?query={job=\"a\"}", 400, "not supported as an instant query type")]
    [InlineData("/loki/api/v1/tail", 404, "/loki/api/v1/query_range")]
    public async Task Loki_refuses_with_a_reason(string address, int status, string reason)
    {
        var (actual, body) = await Get(_server.Loki, address);
        Assert.Equal(status, (int)actual);
        Assert.Contains(reason, body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_line_pushed_to_Loki_comes_back()
    {
        var at = _now * 1_000_000;
        using var content = new StringContent(
            $$$"""{"streams":[{"stream":{"job":"pushed"},"values":[["{{{at}}}","hello",{"trace_id":"abc"}],["{{{at + 1}}}","again"]]}]}""",
            Encoding.UTF8, "application/json");
        using var pushed = await _server.Loki.PostAsync("/loki/api/v1/push", content);
        Assert.Equal(HttpStatusCode.NoContent, pushed.StatusCode);
        var json = await Json(
            _server.Loki, "/loki/api/v1/query_range?query={job=\"pushed\"}|trace_id=\"abc\"&end=" + (at + 1000).ToString(CultureInfo.InvariantCulture));
        var stream = Assert.Single(json["data"]!["result"]!.AsArray())!;
        Assert.Equal("pushed", (string?)stream["stream"]!["service_name"]);
        Assert.Equal("hello", (string?)stream["values"]![0]![1]);
    }

    [Theory]
    [InlineData("{", "application/json", 400)]
    [InlineData("[]", "application/json", 400)]
    [InlineData("{\"streams\":[{\"stream\":{},\"values\":[]}]}", "application/json", 400)]
    [InlineData("{\"streams\":[{\"stream\":{\"a\":1},\"values\":[]}]}", "application/json", 400)]
    [InlineData("{\"streams\":[{\"stream\":{\"a b\":\"1\"},\"values\":[]}]}", "application/json", 400)]
    [InlineData("{\"streams\":[{\"stream\":{\"a\":\"1\"},\"values\":[[\"x\",\"y\"]]}]}", "application/json", 400)]
    [InlineData("{\"streams\":[{\"stream\":{\"a\":\"1\"},\"values\":[[1,\"y\"]]}]}", "application/json", 400)]
    [InlineData("{\"streams\":[]}", "application/x-protobuf", 400)]
    [InlineData("{\"streams\":[]}", "text/plain", 415)]
    public async Task A_bad_push_stores_nothing(string body, string type, int status)
    {
        var before = _store.Count().LogLines;
        using var content = new StringContent(body, Encoding.UTF8, type);
        using var answer = await _server.Loki.PostAsync("/loki/api/v1/push", content);
        Assert.Equal(status, (int)answer.StatusCode);
        Assert.NotEmpty(await answer.Content.ReadAsStringAsync());
        Assert.Equal(before, _store.Count().LogLines);
    }

    [Fact]
    public async Task A_push_that_grows_beyond_the_limit_when_decompressed_is_refused()
    {
        var packed = new MemoryStream();
        await using (var gzip = new System.IO.Compression.GZipStream(packed, System.IO.Compression.CompressionLevel.Optimal, leaveOpen: true))
        {
            for (var i = 0; i < 64; i++)
                await gzip.WriteAsync(new byte[1 << 20]);
        }

        using var content = new ByteArrayContent(packed.ToArray());
        content.Headers.ContentType = new("application/json");
        content.Headers.ContentEncoding.Add("gzip");
        using var answer = await _server.Loki.PostAsync("/loki/api/v1/push", content);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
    }

    // The order of resources, scopes and spans is no part of a trace.
    private static string Canonical(JsonNode? node) => node switch
    {
        JsonObject members => "{"
            + string.Join(",", members.OrderBy(static m => m.Key, StringComparer.Ordinal).Select(static m => $"{m.Key}:{Canonical(m.Value)}")) + "}",
        JsonArray items => "[" + string.Join(",", items.Select(Canonical).Order(StringComparer.Ordinal)) + "]",
        _ => node?.ToJsonString() ?? "null",
    };

    [Theory]
    [InlineData("/api/traces/", "tempo/trace-v1.json", "batches")]
    [InlineData("/api/v2/traces/", "tempo/trace-v2.json", "trace")]
    public async Task A_trace_comes_back_as_Tempo_gave_it(string path, string fixture, string property)
    {
        var actual = await Json(_server.Tempo, path + TraceId);
        Assert.Equal(Canonical(Fixture.Json(fixture)[property]), Canonical(actual[property]));
        SameShape(fixture, actual);
    }

    [Fact]
    public async Task Tempo_answers_have_the_recorded_shapes()
    {
        SameShape("tempo/search.json", await Json(_server.Tempo, "/api/search?tags=service.name%3Dorders&limit=3"));
        SameShape("tempo/search-traceql.json",
            await Json(_server.Tempo, "/api/search?q=%7Bresource.service.name%3D%22orders%22%26%26name%3D%22GET%20%2Fcall%22%7D"), "$.metrics.inspectedTraces");
        SameShape("tempo/search-tags-v2.json", await Json(_server.Tempo, "/api/v2/search/tags"));
        SameShape("tempo/search-tag-values.json", await Json(_server.Tempo, "/api/v2/search/tag/resource.service.name/values"));
        SameShape("tempo/buildinfo.json", await Json(_server.Tempo, "/api/status/buildinfo"));
        Assert.Equal("ready\n", (await Get(_server.Tempo, "/ready")).Body);
        Assert.Equal("echo", (await Get(_server.Tempo, "/api/echo")).Body);
    }

    [Fact]
    public async Task Metrics_of_spans_are_answered_in_Tempos_shape()
    {
        var at = Fixture.Spans("tempo/trace-v2.json")[0].StartNs / 1_000_000_000;
        var range = string.Create(CultureInfo.InvariantCulture, $"&start={at - 60}&end={at + 60}");
        var query = "?q=%7B%7D%7Ccount_over_time()by(resource.service.name)" + range;
        var series = (await Json(_server.Tempo, $"/api/metrics/query_range{query}&step=10s&exemplars=1"))["series"]![0]!;
        Assert.Equal("""[{"key":"resource.service.name","value":{"stringValue":"orders"}}]""", series["labels"]!.ToJsonString());
        Assert.Equal("{\"resource.service.name\"=\"orders\"}", (string?)series["promLabels"]);
        Assert.Equal(14, series["samples"]!.AsArray().Count);
        Assert.Matches("^[0-9]{13}$", (string?)series["samples"]![0]!["timestampMs"]);
        var whole = (await Json(_server.Tempo, "/api/metrics/query" + query))["series"]!.AsArray();
        Assert.Equal(
            series["samples"]!.AsArray().Sum(static point => (double?)point!["value"] ?? 0),
            (double)whole.Single(one => (string?)one!["labels"]![0]!["value"]!["stringValue"] == "orders")!["value"]!);
    }

    [Fact]
    public async Task An_unknown_trace_is_404_with_an_empty_body()
    {
        Assert.Equal((HttpStatusCode.NotFound, ""), await Get(_server.Tempo, "/api/traces/0123456789abcdef0123456789abcdef"));
        Assert.Equal((HttpStatusCode.NotFound, ""), await Get(_server.Tempo, "/api/v2/traces/1"));
    }

    [Fact]
    public async Task Leading_zeros_of_trace_ids_are_left_out_and_may_be()
    {
        var template = Fixture.Spans("tempo/trace-v2.json")[0];
        var later = template.EndNs + 1_000_000_000;
        _store.AddSpan(template with { TraceId = Convert.FromHexString("00000abc000000000000000000000001"), StartNs = later, EndNs = later + 1 });
        var found = await Json(_server.Tempo, "/api/search?tags=service.name%3Dorders&limit=1");
        Assert.Equal("abc000000000000000000000001", (string?)found["traces"]![0]!["traceID"]);
        Assert.Equal(HttpStatusCode.OK, (await Get(_server.Tempo, "/api/traces/abc000000000000000000000001")).Status);
    }

    [Theory]
    [InlineData("/api/search?q=%7B%20.%20%7D", 400,
        "invalid TraceQL query: parse error at line 1, col 3: syntax error: unexpected END_ATTRIBUTE, expecting IDENTIFIER")]
    [InlineData("/api/search?q=%7B%7D%7Crate()", 400, "ask /api/metrics/query_range")]
    [InlineData("/api/search?q=%7B%7D%7Ccompare(%7Bstatus%3Derror%7D)", 400, "--engine=docker")]
    [InlineData("/api/search?limit=0", 400, "limit")]
    [InlineData("/api/search?start=1", 400, "start and end")]
    [InlineData("/api/search?minDuration=x", 400, "minDuration")]
    [InlineData("/api/traces/xyz", 400, "trace IDs can only contain hex characters")]
    [InlineData("/api/traces/000000000000000000000000000000000001", 400, "1 to 32 hex characters")]
    [InlineData("/api/metrics/query_range", 400, "a TraceQL metrics query is needed")]
    [InlineData("/api/metrics/query?q=%7B%7D", 400, "add a function such as | rate()")]
    [InlineData("/api/metrics/query_range?q=%7B%7D%7Crate()&step=x", 400, "invalid step")]
    [InlineData("/api/metrics/summary", 404, "/api/metrics/query_range")]
    public async Task Tempo_refuses_with_a_reason(string address, int status, string reason)
    {
        var (actual, body) = await Get(_server.Tempo, address);
        Assert.Equal(status, (int)actual);
        Assert.Contains(reason, body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_product_answers_on_its_own_port_only()
    {
        Assert.Equal(HttpStatusCode.NotFound, (await Get(_server.Loki, "/api/v1/query?query=up")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await Get(_server.Tempo, "/loki/api/v1/labels")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await Get(_server.Prometheus, "/ready")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await Get(_server.Pages, "/-/ready")).Status);
    }

    [Fact]
    public void No_parameter_brings_a_server_error() => Gen
        .Select(Gen.Char.Array[0, 30].Select(static c => Uri.EscapeDataString(new string(c).Replace('\ud800', 'x'))), Gen.Int[0, 7])
        .Sample(
            pair =>
            {
                var (text, which) = pair;
                var (client, address) = which switch
                {
                    0 => (_server.Prometheus, $"/api/v1/query?query={text}"),
                    1 => (_server.Prometheus, $"/api/v1/query_range?query=up&start={text}&end={text}&step={text}"),
                    2 => (_server.Prometheus, $"/api/v1/series?match[]={text}"),
                    3 => (_server.Loki, $"/loki/api/v1/query_range?query={text}&start={text}"),
                    4 => (_server.Loki, $"/loki/api/v1/label/{text}/values"),
                    5 => (_server.Tempo, $"/api/search?q={text}&tags={text}"),
                    6 => (_server.Tempo, $"/api/traces/{text}"),
                    _ => (_server.Pages, $"/logs?q={text}&service={text}&level={text}&trace={text}"),
                };
                using var answer = client.GetAsync(address).GetAwaiter().GetResult();
                return (int)answer.StatusCode is >= 200 and < 500;
            },
            iter: 600,
            threads: 2);
}
