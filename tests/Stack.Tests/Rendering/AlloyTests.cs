using System.Text.Json;
using MicroMonitored.Model.Components;
using MicroMonitored.Model.Rendering;

namespace Stack.Tests.Rendering;

public sealed class AlloyTests
{
    private static readonly StackModel Alloy = RenderedStack.Default with { UsesAlloy = true };

    /// <summary>Of each component in use, the names that its page of Alloy's reference gives (grafana/alloy, docs/sources/reference, August 2026).</summary>
    private static readonly JsonElement Reference =
        JsonElement.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Fixtures", "alloy", "names.json")));

    [Fact]
    public void Every_component_block_and_argument_is_in_the_reference()
    {
        using var stack = new RenderedStack(Alloy);

        Assert.Empty(Unknown(stack.Text("alloy/config.alloy")));
    }

    [Theory]
    [InlineData("loki.source.files \"x\" {\n}", "loki.source.files")]
    [InlineData("loki.write \"x\" {\nendpoint {\nurll = \"y\"\n}\n}", "loki.write endpoint.urll")]
    [InlineData("otelcol.receiver.otlp \"x\" {\ngrcp {\n}\n}", "otelcol.receiver.otlp grcp")]
    public void A_name_that_is_unknown_is_found(string configuration, string expected) => Assert.Equal([expected], Unknown(configuration));

    [Fact]
    public void Its_lines_are_those_of_Promtail()
    {
        using var stack = new RenderedStack(Alloy);
        using var other = new RenderedStack();
        var blocks = AlloyBlock.Parse(stack.Text("alloy/config.alloy")).Where(block => block.Component == "loki.process").ToList();
        var stages = other.Yaml("promtail/promtail.yaml")["scrape_configs"].Items.Single()["pipeline_stages"].Items.ToList();
        YamlNode Stage(string name) => stages.Single(stage => stage.Keys.Single() == name)[name];
        AlloyBlock Block(string name) => blocks.Single(block => block.Path == $"stage.{name}");

        var expressions = Stage("json")["expressions"];
        Assert.Equal(expressions.Keys.ToDictionary(key => key, key => expressions[key].Text!), Block("json").Map("expressions"));
        Assert.Equal(Stage("labels").Keys.ToDictionary(key => key, key => Stage("labels")[key].Text ?? ""), Block("labels").Map("values"));
        Assert.Equal(Stage("structured_metadata").Keys, Block("structured_metadata").Map("values").Keys);
        Assert.Equal(Stage("regex")["expression"].Text, Block("regex").Arguments["expression"].Trim('`'));
        Assert.Equal(Stage("timestamp")["format"].Text, Block("timestamp").Arguments["format"].Trim('"'));
        Assert.Equal(stages.Where(stage => stage.Keys.Single() == "template").Select(stage => stage["template"]["template"].Text),
            blocks.Where(block => block.Path == "stage.template").Select(block => block.Arguments["template"].Trim('`')));
    }

    [Fact]
    public void It_stands_where_Promtail_stood_and_takes_what_services_send()
    {
        using var stack = new RenderedStack(Alloy);
        var services = stack.Yaml("compose.yaml")["services"];
        var settings = RenderedStack.Settings(("STACK__AGENT", "alloy"));

        Assert.Equal(Component.Of(StackEngine.Docker, settings).Select(component => component.Name), services.Keys);
        Assert.Contains("alloy", services.Keys);
        Assert.Equal(["4317", "4318", "9411", "14268", "14250"], services["alloy"]["ports"].Items.Select(port => port["target"].Text));
        Assert.Equal(["3200"], services["tempo"]["ports"].Items.Select(port => port["target"].Text));
        Assert.Equal("http://alloy:4318", stack.Yaml("services.compose.yaml")["services"]["shop-orders"]["environment"]["OTEL_EXPORTER_OTLP_ENDPOINT"].Text);
        Assert.Contains("alloy:12345", stack.Text("prometheus/prometheus.yml"), StringComparison.Ordinal);
        Assert.Equal(["alloy/config.alloy"], stack.Files.Select(file => file.Path).Where(path => path.Split('/')[0] is "alloy" or "promtail"));
        Assert.True(Component.CapabilitiesOf(StackEngine.Docker, settings).HasFlag(Capabilities.OtlpOfEverySignal));
        Assert.False(Component.CapabilitiesOf(StackEngine.Docker, RenderedStack.Settings()).HasFlag(Capabilities.OtlpOfEverySignal));
    }

    [Fact]
    public void It_listens_for_other_containers_and_loses_nothing_while_a_store_is_away()
    {
        using var stack = new RenderedStack(Alloy);
        var blocks = AlloyBlock.Parse(stack.Text("alloy/config.alloy"));

        Assert.Equal(["4317", "4318", "9411", "14250", "14268"], blocks
            .Where(block => block.Component.StartsWith("otelcol.receiver.", StringComparison.Ordinal) && block.Arguments.ContainsKey("endpoint"))
            .Select(block => block.Arguments["endpoint"].Replace("\"0.0.0.0:", "", StringComparison.Ordinal).TrimEnd('"')));
        var exporters = blocks.Where(block => block.Component == "otelcol.exporter.otlphttp").ToLookup(block => block.Path);
        Assert.Equal(["\"http://prometheus:9090/api/v1/otlp\"", "\"http://loki:3100/otlp\"", "\"http://tempo:4318\""],
            exporters["client"].Select(client => client.Arguments["endpoint"]));
        Assert.All(exporters["sending_queue"], queue => Assert.Equal("otelcol.storage.file.queues.handler", queue.Arguments["storage"]));
        Assert.All(exporters["retry_on_failure"], retry => Assert.Equal("\"0s\"", retry.Arguments["max_elapsed_time"]));
        Assert.Equal(3, exporters["sending_queue"].Count());
        Assert.Equal("/var/lib/alloy/data", stack.Yaml("compose.yaml")["services"]["alloy"]["volumes"].Items.Single(
            volume => volume["source"].Text == "alloy-data")["target"].Text);
    }

    private static List<string> Unknown(string configuration)
    {
        var unknown = new List<string>();
        foreach (var block in AlloyBlock.Parse(configuration))
        {
            JsonElement arguments = default;
            var found = Reference.TryGetProperty(block.Component, out var component)
                && (block.Path.Length == 0
                    ? component.TryGetProperty("arguments", out arguments)
                    : component.GetProperty("blocks").TryGetProperty(block.Path, out arguments));
            var name = $"{block.Component} {block.Path}".TrimEnd();
            if (!found)
                unknown.Add(name);
            else
                unknown.AddRange(block.Arguments.Keys.Except(arguments.EnumerateArray().Select(known => known.GetString()!)).Select(key => $"{name}.{key}"));
        }

        return unknown;
    }
}
