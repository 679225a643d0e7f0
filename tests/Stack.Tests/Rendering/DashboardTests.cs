using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using MicroMonitored.Model.Components;
using MicroMonitored.Model.Rendering;

namespace Stack.Tests.Rendering;

public sealed class DashboardTests
{
    private static readonly string Folder = Path.Combine(RenderedStack.Assets, "grafana", "dashboards");

    public static TheoryData<string> Dashboards
        => [.. Directory.EnumerateFiles(Folder, "*.json").Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];

    [Fact]
    public void The_six_dashboards_have_fixed_uids()
        => Assert.Equal(
            ["mm-canary Canary", "mm-dotnet .NET runtime", "mm-logs Logs", "mm-services Services (RED)", "mm-stack Stack health",
                "mm-traces Service map and traces"],
            Dashboards.Select(row => Read(row.Data)).Select(dashboard => $"{dashboard["uid"]} {dashboard["title"]}").Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Dashboards))]
    public void It_can_be_provisioned_as_it_is(string file)
    {
        var dashboard = Read(file);
        var text = File.ReadAllText(Path.Combine(Folder, file));

        Assert.DoesNotContain("__inputs", text, StringComparison.Ordinal);
        Assert.DoesNotContain("${DS_", text, StringComparison.Ordinal);
        Assert.False((bool)dashboard["editable"]!);
        Assert.Null(dashboard["id"]);
        Assert.All(Datasources(dashboard), uid => Assert.Contains(uid, new[] { "prometheus", "loki", "tempo", "-- Grafana --" }));
        var panels = Panels(dashboard);
        Assert.Distinct(panels.Select(panel => (int)panel["id"]!));
        Assert.All(panels, panel => Assert.False(string.IsNullOrWhiteSpace((string?)panel["title"])));
    }

    [Theory]
    [MemberData(nameof(Dashboards))]
    public void Panels_neither_overlap_nor_leave_the_grid(string file)
    {
        var taken = new Dictionary<(int, int), string>();
        foreach (var panel in Panels(Read(file)))
        {
            var position = panel["gridPos"]!;
            var (x, y, w, h) = ((int)position["x"]!, (int)position["y"]!, (int)position["w"]!, (int)position["h"]!);
            Assert.InRange(x + w, 1, 24);
            for (var row = y; row < y + h; row++)
            {
                for (var column = x; column < x + w; column++)
                    Assert.True(taken.TryAdd((column, row), (string)panel["title"]!), $"{panel["title"]} is over {taken.GetValueOrDefault((column, row))}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Dashboards))]
    public void Every_panel_has_queries_a_description_a_unit_and_a_legend(string file)
    {
        foreach (var panel in Panels(Read(file)).Where(panel => (string)panel["type"]! != "row"))
        {
            var title = (string)panel["title"]!;
            var targets = panel["targets"]!.AsArray();
            Assert.NotEmpty(targets);
            Assert.Distinct(targets.Select(target => (string)target!["refId"]!));
            Assert.False(string.IsNullOrWhiteSpace((string?)panel["description"]), title);
            if ((string)panel["type"]! is "table" or "logs" or "nodeGraph")
                continue;
            Assert.False(string.IsNullOrEmpty((string?)panel["fieldConfig"]!["defaults"]!["unit"] ?? (string?)panel["options"]!["yAxis"]?["unit"]), title);
            Assert.All(targets, target => Assert.False(string.IsNullOrEmpty((string?)target!["legendFormat"]), title));
        }
    }

    [Fact]
    public void Every_rate_of_the_stacks_own_counters_spans_its_scrapes()
    {
        using var stack = new RenderedStack();
        var interval = stack.Yaml("prometheus/prometheus.yml")["scrape_configs"].Items.Single(job => job["job_name"].Text == "stack")["scrape_interval"].Text;

        Assert.All(
            Panels(Read("stack-health.json")).SelectMany(panel => panel["targets"]?.AsArray() ?? [])
                .Where(target => ((string)target!["expr"]!).Contains("$__rate_interval", StringComparison.Ordinal)),
            target => Assert.Equal(interval, (string?)target!["interval"]));
    }

    [Fact]
    public void No_series_is_dropped_that_a_panel_a_rule_or_a_check_asks_for()
    {
        using var stack = new RenderedStack();
        var dropped = stack.Yaml("prometheus/prometheus.yml")["scrape_configs"].Items.SelectMany(job => job.Find("metric_relabel_configs")?.Items ?? [])
            .Where(rule => rule["action"].Text == "drop").Select(drop => $"\\A(?:{drop["regex"].Text})\\z").ToList();
        var wanted = Dashboards.SelectMany(row => Expressions(Read(row.Data))).Concat(RuleFiles.Expressions()).SelectMany(MetricNames.Of)
            .Concat(Component.All.SelectMany(component => component.DropCounters)).Concat(MetricNames.Existing([])).ToHashSet();

        Assert.NotEmpty(dropped);
        Assert.DoesNotContain(wanted, name => dropped.Exists(drop => Regex.IsMatch(name, drop)));
        Assert.All((string[])["go_gc_pauses_seconds_bucket", "loki_request_duration_seconds_bucket", "prometheus_http_requests_total"],
            name => Assert.Contains(dropped, drop => Regex.IsMatch(name, drop)));
    }

    [Theory]
    [InlineData("promtail", "promtail")]
    [InlineData("alloy", "loki", "otelcol")]
    public void Of_the_log_agent_all_that_is_asked_for_is_kept_and_scraped_as_often_as_the_services(string agent, params string[] prefixes)
    {
        using var stack = new RenderedStack(StackModel.Create(RenderedStack.Settings(("STACK__AGENT", agent)), []));
        var job = stack.Yaml("prometheus/prometheus.yml")["scrape_configs"].Items.Single(job => job["job_name"].Text == "agent");
        var kept = $"\\A(?:{job["metric_relabel_configs"].Items.Single(rule => rule["action"].Text == "keep")["regex"].Text})\\z";
        var own = Dashboards.SelectMany(row => Expressions(Read(row.Data))).Concat(RuleFiles.Expressions()).SelectMany(MetricNames.Of)
            .Concat(Component.All.Single(component => component.Name == agent).DropCounters)
            .Where(name => prefixes.Any(prefix => name.StartsWith(prefix + "_", StringComparison.Ordinal))).ToList();

        Assert.Null(job.Find("scrape_interval"));
        Assert.Equal(agent, job["static_configs"].Items.Single()["labels"]["job"].Text);
        Assert.NotEmpty(own);
        Assert.All(own, name => Assert.Matches(kept, name));
        Assert.DoesNotMatch(kept, "go_goroutines");
    }

    [Theory]
    [MemberData(nameof(Dashboards))]
    public void Every_metric_exists(string file)
    {
        var existing = MetricNames.Existing(RuleFiles.Records());
        var dashboard = Read(file);

        var named = Expressions(dashboard).SelectMany(MetricNames.Of).ToHashSet();

        Assert.Empty(named.Except(existing));
        if (file != "logs.json")
            Assert.NotEmpty(named);
    }

    [Fact]
    public void Every_metric_of_a_rule_exists()
    {
        var existing = MetricNames.Existing(RuleFiles.Records());

        Assert.Empty(RuleFiles.Expressions().SelectMany(MetricNames.Of).Except(existing));
    }

    [Fact]
    public void Duration_panels_show_exemplars()
    {
        var services = Panels(Read("services.json")).SelectMany(panel => panel["targets"]?.AsArray() ?? []).Count(target => (bool?)target!["exemplar"] == true);

        Assert.InRange(services, 3, 10);
    }

    [Fact]
    public void Every_link_between_the_datasources_is_there()
    {
        using var stack = new RenderedStack();
        var sources = stack.Yaml("grafana/provisioning/datasources/datasources.yaml")["datasources"].Items
            .Concat(stack.Yaml("grafana/provisioning/datasources/alertmanager.yaml")["datasources"].Items)
            .ToDictionary(source => source["uid"].Text!);

        Assert.Equal(["prometheus", "loki", "tempo", "alertmanager"], sources.Keys);
        Assert.All(sources, source => Assert.Equal(("false", source.Key), (source.Value["editable"].Text, source.Value["type"].Text)));
        var exemplar = sources["prometheus"]["jsonData"]["exemplarTraceIdDestinations"].Items.Single();
        Assert.Equal(("trace_id", "tempo"), (exemplar["name"].Text, exemplar["datasourceUid"].Text));
        Assert.Equal("2s", sources["prometheus"]["jsonData"]["timeInterval"].Text);
        var derived = sources["loki"]["jsonData"]["derivedFields"].Items.Single();
        Assert.Equal(("label", "trace_id", "tempo", "$${__value.raw}"),
            (derived["matcherType"].Text, derived["matcherRegex"].Text, derived["datasourceUid"].Text, derived["url"].Text));
        var tempo = sources["tempo"]["jsonData"];
        var logs = tempo["tracesToLogsV2"];
        Assert.Equal(("loki", "-5m", "5m"), (logs["datasourceUid"].Text, logs["spanStartTimeShift"].Text, logs["spanEndTimeShift"].Text));
        Assert.Equal("{$${__tags}} | trace_id=\"$${__trace.traceId}\"", tempo["tracesToLogsV2"]["query"].Text);
        Assert.Equal("prometheus", tempo["tracesToMetrics"]["datasourceUid"].Text);
        Assert.Equal("prometheus", tempo["serviceMap"]["datasourceUid"].Text);
        var named = tempo["tracesToMetrics"]["queries"].Items
            .SelectMany(query => MetricNames.Of(query["query"].Text!.Replace("$$__tags", "", StringComparison.Ordinal)));
        Assert.Empty(named.Except(MetricNames.Existing([])));
    }

    private static JsonNode Read(string file) => JsonNode.Parse(File.ReadAllText(Path.Combine(Folder, file)))!;

    private static List<JsonNode> Panels(JsonNode dashboard)
        => [.. dashboard["panels"]!.AsArray().SelectMany(panel => panel!["panels"] is JsonArray nested ? nested.Prepend(panel) : [panel])
            .Select(panel => panel!)];

    private static IEnumerable<string> Expressions(JsonNode dashboard)
        => Panels(dashboard)
            .SelectMany(panel => panel["targets"]?.AsArray() ?? [])
            .Where(target => (string?)target!["datasource"]!["uid"] == "prometheus")
            .Select(target => (string)target!["expr"]!)
            .Concat(dashboard["templating"]!["list"]!.AsArray()
                .Where(variable => (string?)variable!["datasource"]?["uid"] == "prometheus")
                .Select(variable => ((string)variable!["definition"]!)["label_values(".Length..].Split(", ")[0]));

    private static IEnumerable<string> Datasources(JsonNode node)
        => node switch
        {
            JsonObject map => map.SelectMany(pair
                => pair.Key == "datasource" && pair.Value is JsonObject source ? [(string)source["uid"]!] : pair.Value is null ? [] : Datasources(pair.Value)),
            JsonArray list => list.SelectMany(item => item is null ? [] : Datasources(item)),
            _ => [],
        };
}
