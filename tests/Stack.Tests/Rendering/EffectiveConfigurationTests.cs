using MicroMonitored.Model.Rendering;

namespace Stack.Tests.Rendering;

/// <summary>Every key we render is one that its component knows: it stands in the component's recorded effective configuration.</summary>
public sealed class EffectiveConfigurationTests
{
    // A recorded configuration leaves out what is empty by default. Each key here was found in the component's own reference.
    private static readonly Dictionary<string, string[]> NotRecorded = new()
    {
        ["loki-3.7.6.yaml"] = ["auth_enabled", "limits_config.otlp_config.resource_attributes.ignore_defaults"],
        ["tempo-3.0.3.yaml"] = ["overrides.defaults.metrics_generator.trace_id_label_name"],
        ["prometheus-3.12.0.yaml"] =
        [
            "storage.tsdb.out_of_order_time_window",
            "global.external_labels",
            "remote_write",
            "alerting.alert_relabel_configs",
            "rule_files",
            "alerting",
            "scrape_configs[].file_sd_configs",
            "scrape_configs[].metric_relabel_configs",
            "scrape_configs[].static_configs[].labels",
            "scrape_configs[].fallback_scrape_protocol",
            "scrape_configs[].body_size_limit",
            "scrape_configs[].sample_limit",
        ],
    };

    [Theory]
    [InlineData("loki/loki.yaml", "loki-3.7.6.yaml", StackForm.OneMachine)]
    [InlineData("tempo/tempo.yaml", "tempo-3.0.3.yaml", StackForm.OneMachine)]
    [InlineData("prometheus/prometheus.yml", "prometheus-3.12.0.yaml", StackForm.OneMachine)]
    [InlineData("loki/loki.yaml", "loki-3.7.6.yaml", StackForm.ComposeHa)]
    [InlineData("tempo/tempo.yaml", "tempo-3.0.3.yaml", StackForm.ComposeHa)]
    [InlineData("prometheus/prometheus.yml", "prometheus-3.12.0.yaml", StackForm.ComposeHa)]
    public void Every_rendered_key_is_known(string rendered, string recorded, StackForm form)
    {
        using var stack = new RenderedStack(RenderedStack.Default with { Form = form });

        var unknown = Unknown(stack.Yaml(rendered), Recorded(recorded)).Except(NotRecorded[recorded]);

        Assert.Empty(unknown);
    }

    [Theory]
    [InlineData("ingester: { max_chunk_agee: 1h }", "ingester.max_chunk_agee")]
    [InlineData("compactor: { ring: { kvstore: {} } }", "compactor.ring")]
    [InlineData("schema_config: { configs: [{ from: x }, { form: y }] }", "schema_config.configs[].form")]
    [InlineData("shared_store: filesystem", "shared_store")]
    public void A_key_that_is_unknown_is_found(string yaml, string expected)
        => Assert.Equal([expected], Unknown(YamlNode.Parse(yaml), Recorded("loki-3.7.6.yaml")));

    [Fact]
    public void Loki_deletes_what_is_too_old_and_starts_without_waiting()
    {
        using var stack = new RenderedStack();
        var loki = stack.Yaml("loki/loki.yaml");

        Assert.Equal("true", loki["compactor"]["retention_enabled"].Text);
        Assert.Equal("168h", loki["limits_config"]["retention_period"].Text);
        Assert.Equal("true", loki["limits_config"]["max_line_size_truncate"].Text);
        Assert.Equal("true", loki["limits_config"]["allow_structured_metadata"].Text);
        Assert.Equal("1s", loki["ingester"]["lifecycler"]["min_ready_duration"].Text);
        Assert.Equal("false", loki["query_scheduler"]["use_scheduler_ring"].Text);
        Assert.Equal("inmemory", loki["common"]["ring"]["kvstore"]["store"].Text);
        Assert.Equal("false", loki["analytics"]["reporting_enabled"].Text);
    }

    [Fact]
    public void Every_receiver_of_Tempo_can_be_reached_from_other_containers()
    {
        using var stack = new RenderedStack();
        var receivers = stack.Yaml("tempo/tempo.yaml")["distributor"]["receivers"];

        Assert.Equal(
            ["0.0.0.0:4317", "0.0.0.0:4318", "0.0.0.0:9411", "0.0.0.0:14250", "0.0.0.0:14268"],
            [
                receivers["otlp"]["protocols"]["grpc"]["endpoint"].Text!,
                receivers["otlp"]["protocols"]["http"]["endpoint"].Text!,
                receivers["zipkin"]["endpoint"].Text!,
                receivers["jaeger"]["protocols"]["grpc"]["endpoint"].Text!,
                receivers["jaeger"]["protocols"]["thrift_http"]["endpoint"].Text!,
            ]);
        Assert.Equal("48h", stack.Yaml("tempo/tempo.yaml")["backend_scheduler"]["provider"]["compaction"]["compaction"]["block_retention"].Text);
    }

    private static YamlNode Recorded(string name)
    {
        var lines = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Fixtures", "real", "config", name));
        return YamlNode.Parse(string.Join('\n',
            lines.Where(line => line != "---" && !line.StartsWith("GET ", StringComparison.Ordinal) && !line.StartsWith("level=", StringComparison.Ordinal))));
    }

    internal static IEnumerable<string> Unknown(YamlNode rendered, YamlNode known) => Unknown(rendered, [known], "");

    private static IEnumerable<string> Unknown(YamlNode rendered, IReadOnlyList<YamlNode> known, string path)
    {
        if (rendered.IsList)
            return rendered.Items.SelectMany(item => Unknown(item, [.. known.SelectMany(node => node.Items)], path + "[]")).Distinct();

        return rendered.Keys.SelectMany(key =>
        {
            // A component of the Collector may bear a name of its own after its type: otlp_http/loki.
            var type = key.Split('/')[0];
            var at = path.Length == 0 ? type : $"{path}.{type}";
            var children = known.Select(node => node.Find(type)).OfType<YamlNode>().ToList();
            return children.Count == 0 ? [at] : Unknown(rendered[key], children, at);
        });
    }
}
