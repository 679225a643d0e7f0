using MicroMonitored.Model.Components;

namespace Stack.Tests.Rendering;

public sealed class CollectorTests
{
    private static readonly YamlNode Reference =
        YamlNode.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Fixtures", "collector", "reference.yaml")));

    [Fact]
    public void Every_component_and_key_is_in_the_reference()
    {
        using var stack = new RenderedStack();
        Assert.Empty(Unknown(stack.Text("collector/config.yaml")));
    }

    [Theory]
    [InlineData("exporters: { otlphttps/loki: {} }", "exporters.otlphttps")]
    [InlineData("receivers: { otlp: { protocols: { grpc: { max_recv_msg_size: 1 } } } }", "receivers.otlp.protocols.grpc.max_recv_msg_size")]
    [InlineData("exporters: { otlp_http/a: { sending_queue: { enable: false } } }", "exporters.otlp_http.sending_queue.enable")]
    public void A_key_that_is_unknown_is_found(string yaml, string expected) => Assert.Equal([expected], Unknown(yaml));

    [Fact]
    public void Each_signal_goes_to_the_store_that_takes_it_and_nothing_waits_on_the_way()
    {
        using var stack = new RenderedStack();
        var collector = stack.Yaml("collector/config.yaml");
        var pipelines = collector["service"]["pipelines"];

        Assert.Equal(
            new Dictionary<string, string>
            {
                ["metrics"] = "http://prometheus:9090/api/v1/otlp/v1/metrics",
                ["logs"] = "http://loki:3100/otlp/v1/logs",
                ["traces"] = "http://tempo:4318/v1/traces",
            },
            pipelines.Keys.ToDictionary(signal => signal, signal =>
                collector["exporters"][pipelines[signal]["exporters"].Texts.Single()!][$"{signal}_endpoint"].Text!));
        Assert.All(pipelines.Keys, signal => Assert.Equal(["otlp"], pipelines[signal]["receivers"].Texts));
        Assert.All(collector["exporters"].Keys.Select(key => collector["exporters"][key]), exporter =>
            Assert.Equal(("false", "false"), (exporter["sending_queue"]["enabled"].Text, exporter["retry_on_failure"]["enabled"].Text)));
        Assert.Contains("--web.enable-otlp-receiver", stack.Yaml("compose.yaml")["services"]["prometheus"]["command"].Texts);
    }

    [Fact]
    public void Lines_have_the_labels_of_those_of_the_log_files_and_no_more()
    {
        using var stack = new RenderedStack();
        var collector = stack.Yaml("collector/config.yaml");
        var job = collector["processors"]["resource"]["attributes"].Items.Single();
        var labels = stack.Yaml("loki/loki.yaml")["limits_config"]["otlp_config"]["resource_attributes"];

        Assert.Equal(["resource"], collector["service"]["pipelines"]["logs"]["processors"].Texts);
        Assert.Equal(("job", "service.name", "upsert"), (job["key"].Text, job["from_attribute"].Text, job["action"].Text));
        Assert.Equal("true", labels["ignore_defaults"].Text);
        Assert.Equal(["service.name", "job"], labels["attributes_config"].Items.Single()["attributes"].Texts);
    }

    [Fact]
    public void It_listens_where_the_ports_lead_and_Prometheus_scrapes()
    {
        using var stack = new RenderedStack();
        var collector = stack.Yaml("collector/config.yaml");
        var protocols = collector["receivers"]["otlp"]["protocols"];
        var metrics = collector["service"]["telemetry"]["metrics"]["readers"].Items.Single()["pull"]["exporter"]["prometheus"];

        Assert.Equal(
            ["0.0.0.0:13133", "0.0.0.0:4317", "0.0.0.0:4318"],
            [collector["extensions"]["health_check"]["endpoint"].Text, protocols["grpc"]["endpoint"].Text, protocols["http"]["endpoint"].Text]);
        Assert.Equal([13133, 4317, 4318], Component.Collector.Ports.Select(port => port.ContainerPort));
        Assert.Equal(["health_check"], collector["service"]["extensions"].Texts);
        Assert.Contains($"collector:{metrics["port"].Text}", stack.Text("prometheus/prometheus.yml"), StringComparison.Ordinal);
        Assert.Equal("0.0.0.0", metrics["host"].Text);
    }

    private static IEnumerable<string> Unknown(string yaml) => EffectiveConfigurationTests.Unknown(YamlNode.Parse(yaml), Reference);
}
