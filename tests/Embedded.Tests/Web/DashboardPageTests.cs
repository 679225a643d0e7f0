using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Embedded.Tests.Query;

namespace Embedded.Tests.Web;

public sealed partial class DashboardPageTests : IAsyncLifetime
{
    private readonly InMemoryStore _store = new();
    private readonly TemporaryFolder _folder = new();
    private readonly long _now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
    private QueryServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        foreach (var file in Directory.GetFiles(DashboardTests.Dashboards(), "*.json"))
            File.Copy(file, _folder.File(Path.GetFileName(file)));
        foreach (var job in (string[])["shop-orders", "shop-inventory", "a\"b.c"])
        {
            _store.AddSeries($"__name__=up job={job} instance=x", Every(static _ => 1));
            _store.AddSeries($"__name__=http_server_request_duration_seconds_count job={job} http_route=/orders http_request_method=GET",
                Every(static i => i * 4));
        }

        _server = await QueryServer.StartAsync(_store, _folder.Path);
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _folder.Dispose();
    }

    private (long, double)[] Every(Func<int, double> value) => [.. Enumerable.Range(0, 60).Select(i => (_now - ((60 - i) * 2000), value(i)))];

    private async Task<string> Page(string address)
    {
        using var answer = await _server.Pages.GetAsync(address);
        var body = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == HttpStatusCode.OK, $"{address}: {answer.StatusCode} {body}");
        return body;
    }

    private void Put(string uid, string members, params string[] panels) => File.WriteAllText(
        _folder.File(uid + ".json"), $$"""{"uid":"{{uid}}","title":"{{uid}}"{{members}},"panels":[{{string.Join(',', panels)}}]}""");

    private static string Panel(string type, string title, string expression, string more = "") =>
        $$$"""{"type":"{{{type}}}","title":"{{{title}}}","datasource":{"type":"prometheus","uid":"prometheus"},"gridPos":{"x":0,"y":0,"w":6,"h":8}"""
        + $$$""","targets":[{"refId":"A","expr":{{{JsonValue.Create(expression)!.ToJsonString()}}}}]{{{more}}}}""";

    [GeneratedRegex("data-kind=\"([^\"]+)\"><header><h2[^>]*>([^<]*)<")]
    private static partial Regex Shown { get; }

    [Fact]
    public async Task Every_shipped_dashboard_shows_every_panel_without_a_fault()
    {
        var list = await Page("/dashboards");
        foreach (var file in Directory.GetFiles(DashboardTests.Dashboards(), "*.json"))
        {
            var model = JsonNode.Parse(File.ReadAllText(file))!;
            Assert.Contains($"href=\"/dashboards/{model["uid"]}\"", list, StringComparison.Ordinal);
            var body = await Page($"/dashboards/{model["uid"]}");
            Assert.DoesNotContain("role=\"alert\">", body[body.IndexOf("<main", StringComparison.Ordinal)..], StringComparison.Ordinal);
            Assert.DoesNotContain("are not drawn here", body, StringComparison.Ordinal);
            Assert.DoesNotMatch(@"\$__(?!all)", body);
            var titles = model["panels"]!.AsArray().Where(static panel => (string)panel!["type"]! != "row").Select(static panel => (string)panel!["title"]!);
            var shown = Shown.Matches(body).Select(static match => WebUtility.HtmlDecode(match.Groups[2].Value));
            Assert.Equal(titles.Order(StringComparer.Ordinal), shown.Order(StringComparer.Ordinal));
        }
    }

    [Fact]
    public async Task A_variable_is_chosen_in_the_address_and_its_values_are_no_part_of_the_query()
    {
        Put("vars", """
            ,"templating":{"list":[{"name":"job","type":"query","multi":true,"includeAll":true,"query":"label_values(up, job)",
            "datasource":{"type":"prometheus"}}]}
            """,
            Panel("timeseries", "of $job", "up{job=~\"$job\"}", ""","repeat":"job","maxPerRow":2"""));
        var all = await Page("/dashboards/vars");
        Assert.Equal(["of a&quot;b.c", "of shop-inventory", "of shop-orders"], Shown.Matches(all).Select(static match => match.Groups[2].Value));
        Assert.Equal(3, Regex.Count(all, "gw12 gh8"));
        var one = await Page("/dashboards/vars?var-job=" + Uri.EscapeDataString("a\"b.c"));
        Assert.Single(Shown.Matches(one));
        Assert.Contains("data-series=\"up{instance=", one, StringComparison.Ordinal);
        Assert.DoesNotContain("cannot be read", one, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Units_mappings_thresholds_and_overrides_are_those_of_the_panel()
    {
        const string mapped = """
            ,"fieldConfig":{"defaults":{"unit":"percentunit","decimals":2,
            "thresholds":{"mode":"absolute","steps":[{"color":"green","value":null},{"color":"red","value":1}]}},
            "overrides":[{"matcher":{"id":"byRegexp","options":"/inventory/"},
            "properties":[{"id":"mappings","value":[{"type":"value","options":{"1":{"text":"fine","color":"orange"}}}]}]}]}
            """;
        Put("style", "", Panel("stat", "States", "sum by (job) (up)", mapped));
        var body = await Page("/dashboards/style");
        Assert.Contains("<b class=\"x8\">100.00 %</b>", body, StringComparison.Ordinal);
        Assert.Contains("<b class=\"x9\">fine</b>", body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("stat", "class=\"stat\"")]
    [InlineData("gauge", "chart-gauge")]
    [InlineData("bargauge", "class=\"track\"")]
    [InlineData("barchart", "chart-bars")]
    [InlineData("timeseries", "chart-time")]
    [InlineData("state-timeline", "<title>1</title>")]
    [InlineData("table", "<th class=\"num\">Value</th>")]
    [InlineData("geomap", "Panels of the kind &quot;geomap&quot; are not drawn here")]
    public async Task Every_kind_of_panel_is_drawn_and_an_unknown_one_says_so(string kind, string shown)
    {
        Put("kinds", "", Panel(kind, "One", "sum(up) / sum(up)"));
        Assert.Contains(shown, await Page("/dashboards/kinds"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_broken_query_or_datasource_is_told_at_its_panel_and_the_others_are_shown()
    {
        Put("broken", "", Panel("stat", "Broken", "sum(up"), Panel("stat", "Whole", "sum(up)"),
            Panel("stat", "Elsewhere", "x").Replace("\"prometheus\"", "\"mysql\"", StringComparison.Ordinal));
        var body = await Page("/dashboards/broken");
        Assert.Contains("The query cannot be read at character 7", body, StringComparison.Ordinal);
        Assert.Contains("mysql&quot; is not here", body, StringComparison.Ordinal);
        Assert.Contains("<b class=\"\">3</b>", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Hostile_models_stay_text_and_a_file_that_is_none_is_named()
    {
        Put("hostile", """
            ,"links":[{"type":"link","title":"go","url":"javascript:alert(1)"},{"type":"link","title":"on","url":"https://example.org/?q=1"}]
            """,
            Panel("text", "<script>alert(1)</script>", "x", ""","options":{"content":"<script>alert(2)</script>"}"""));
        File.WriteAllText(_folder.File("none.json"), "{\n nope");
        var body = await Page("/dashboards/hostile");
        Assert.DoesNotContain("<script>alert", body, StringComparison.Ordinal);
        Assert.DoesNotContain("javascript:", body, StringComparison.Ordinal);
        Assert.Contains("href=\"https://example.org/?q=1\"", body, StringComparison.Ordinal);
        Assert.Contains("none.json: is no JSON (line 2)", await Page("/dashboards"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_list_is_searched_by_title_and_tag()
    {
        Assert.Contains("mm-services", await Page("/dashboards?q=red"), StringComparison.Ordinal);
        Assert.Contains("mm-logs", await Page("/dashboards?q=micromonitored"), StringComparison.Ordinal);
        Assert.Contains("No dashboard of that name", await Page("/dashboards?q=nowhere"), StringComparison.Ordinal);
        Assert.Contains("<h1>Logs</h1>", await Page("/d/mm-logs/logs"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Grafanas_API_names_the_dashboards_and_runs_the_queries_of_panels()
    {
        var found = JsonNode.Parse(await Page("/api/search"))!.AsArray();
        Assert.Contains("mm-services", found.Select(static one => (string)one!["uid"]!));
        Assert.Equal("mm-logs", (string)JsonNode.Parse(await Page("/api/dashboards/uid/mm-logs"))!["dashboard"]!["uid"]!);
        var (status, answer) = await Query("sum(rate(http_server_request_duration_seconds_count[$__rate_interval]))");
        Assert.Equal(HttpStatusCode.OK, status);
        var values = answer["results"]!["A"]!["frames"]![0]!["data"]!["values"]!.AsArray();
        Assert.Equal(2, values.Count);
        Assert.Equal(6, (double)values[1]!.AsArray()[^1]!, 0.5);
        (status, answer) = await Query("sum(");
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.NotEmpty((string)answer["results"]!["A"]!["error"]!);
        using var form = await _server.Pages.PostAsync("/api/ds/query", new StringContent("{}"));
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, form.StatusCode);
        Assert.Contains("shop-orders", await Page("/api/datasources/proxy/uid/prometheus/api/v1/label/job/values"), StringComparison.Ordinal);

        async Task<(HttpStatusCode, JsonNode)> Query(string expression)
        {
            var body = new JsonObject
            {
                ["from"] = "now-5m", ["to"] = "now",
                ["queries"] = new JsonArray(new JsonObject
                {
                    ["refId"] = "A", ["expr"] = expression, ["datasource"] = new JsonObject { ["uid"] = "prometheus", ["type"] = "prometheus" },
                }),
            };
            using var content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
            using var response = await _server.Pages.PostAsync("/api/ds/query", content);
            return (response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync())!);
        }
    }

    [Fact]
    public async Task Metrics_are_listed_and_charted_by_their_type()
    {
        Assert.Contains("http_server_request_duration_seconds_count</a>", await Page("/explore/metrics"), StringComparison.Ordinal);
        _store.Families["requests"] = new("counter", "", "Requests that came.");
        _store.AddSeries("__name__=requests_total job=x", Every(static i => i * 2));
        foreach (var le in (string[])["0.1", "+Inf"])
            _store.AddSeries($"__name__=took_seconds_bucket job=x le={le}", Every(static i => i));
        var list = await Page("/explore/metrics?q=requests that");
        Assert.Contains("metric=requests&amp;", list, StringComparison.Ordinal);
        Assert.Contains("sum by (job) (rate(requests_total[8s]))", await Page("/explore/metrics?metric=requests&by=job&from=now-5m"), StringComparison.Ordinal);
        var histogram = await Page("/explore/metrics?metric=took_seconds&quantile=50&from=now-5m");
        Assert.Contains("histogram_quantile(0.50, sum by (le) (rate(took_seconds_bucket[8s])))", histogram, StringComparison.Ordinal);
        Assert.Contains("There is no metric", await Page("/explore/metrics?metric=nowhere"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_map_says_what_to_do_without_calls_and_lists_every_edge_with_its_failures()
    {
        Assert.Contains("--target=Seed", await Page("/map"), StringComparison.Ordinal);
        const string Edge = "client=<web> server=shop-orders";
        _store.AddSeries($"__name__=traces_service_graph_request_total {Edge}", Every(static i => i * 4));
        _store.AddSeries($"__name__=traces_service_graph_request_failed_total {Edge}", Every(static i => i));
        _store.AddSeries($"__name__=traces_service_graph_request_server_seconds_bucket le=0.5 {Edge}", Every(static i => i * 4));
        _store.AddSeries($"__name__=traces_service_graph_request_server_seconds_bucket le=+Inf {Edge}", Every(static i => i * 4));
        var body = await Page("/map?from=now-1m");
        Assert.Contains("id=\"service-map\"", body, StringComparison.Ordinal);
        Assert.Contains("<td class=\"name\">&lt;web&gt;</td><td class=\"name\">shop-orders</td>", body, StringComparison.Ordinal);
        Assert.Contains("<td class=\"num error\">25 %</td><td class=\"num\">475.0 ms</td>", body, StringComparison.Ordinal);
        Assert.DoesNotContain("<web>", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Explore_answers_as_chart_and_table_and_shows_an_error_at_its_place()
    {
        var body = await Page("/explore?lang=promql&q=up");
        Assert.Contains("id=\"answer-chart\"", body, StringComparison.Ordinal);
        Assert.Contains("<td class=\" \">shop-orders</td>", body, StringComparison.Ordinal);
        var faulty = await Page("/explore?q=" + Uri.EscapeDataString("up{job=\"x\",,}"));
        Assert.Matches("up\\{job=&quot;x&quot;,?<mark>,+}</mark>", faulty);
        Assert.Contains("role=\"alert\"", await Page("/explore?lang=logql&q=" + Uri.EscapeDataString("{a=\"b\"} | nope")), StringComparison.Ordinal);
        Assert.Contains("role=\"alert\"", await Page("/explore?lang=traceql&q=" + Uri.EscapeDataString("{ nope")), StringComparison.Ordinal);
    }
}
