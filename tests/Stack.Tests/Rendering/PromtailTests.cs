namespace Stack.Tests.Rendering;

public sealed class PromtailTests
{
    [Fact]
    public void The_label_set_is_the_agreed_one()
    {
        using var stack = new RenderedStack();
        var job = stack.Yaml("promtail/promtail.yaml")["scrape_configs"].Items.Single();
        var stages = job["pipeline_stages"].Items.ToDictionary(
            stage => stage.Keys.Single() + (stage.Keys.Single() == "template" ? ":" + stage["template"]["source"].Text : ""),
            stage => stage[stage.Keys.Single()]);

        // filename comes from the file target itself.
        Assert.Equal(["job", "service_name", "level"], stages["labels"].Keys);
        Assert.Equal(["trace_id", "span_id", "malformed", "truncated"], stages["structured_metadata"].Keys);
        Assert.Equal("RFC3339Nano", stages["timestamp"]["format"].Text);
        Assert.Equal("skip", stages["timestamp"]["action_on_failure"].Text);
        Assert.Null(stages["json"].Find("drop_malformed"));
        Assert.Equal("{{ if not .is_json }}true{{ end }}", stages["template:malformed"]["template"].Text);
        Assert.Equal("{{ if gt (len .Entry) 262144 }}true{{ end }}", stages["template:truncated"]["template"].Text);
        Assert.Equal(["__path__", "__path_exclude__"], job["static_configs"].Items.Single()["labels"].Keys);
    }

    [Fact]
    public void The_service_is_the_files_name()
    {
        using var stack = new RenderedStack();
        var stage = stack.Yaml("promtail/promtail.yaml")["scrape_configs"].Items.Single()["pipeline_stages"].Items.First()["regex"];

        Assert.Equal("filename", stage["source"].Text);
        var match = System.Text.RegularExpressions.Regex.Match("/var/log/microservices/shop-orders.log",
            stage["expression"].Text!.Replace("?P<", "?<", StringComparison.Ordinal));
        Assert.Equal("shop-orders", match.Groups["file_service"].Value);
    }

    [Fact]
    public void Positions_survive_the_container()
    {
        using var stack = new RenderedStack();
        var mounts = stack.Yaml("compose.yaml")["services"]["promtail"]["volumes"].Items;

        Assert.Equal("/positions/positions.yaml", stack.Yaml("promtail/promtail.yaml")["positions"]["filename"].Text);
        Assert.Equal("promtail-positions", mounts.Single(mount => mount["target"].Text == "/positions")["source"].Text);
    }
}
