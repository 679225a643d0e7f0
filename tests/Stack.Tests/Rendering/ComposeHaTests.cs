using System.Text.RegularExpressions;
using MicroMonitored.Model.Rendering;

namespace Stack.Tests.Rendering;

/// <summary>What <c>Render --for=compose-ha</c> writes.</summary>
public sealed class ComposeHaTests
{
    private const string Environment = "secrets/object-store/environment";
    private static readonly StackModel Model = RenderedStack.Default with { Form = StackForm.ComposeHa };

    private static readonly YamlNode MimirKeys =
        YamlNode.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Fixtures", "charts", "mimir.yaml")));

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, true)]
    public async Task Compose_takes_both_files_together(bool alloy, bool mimir)
    {
        var compose = RealTools.Require("docker-compose");
        using var stack = new RenderedStack(Model with { UsesAlloy = alloy, UsesMimir = mimir });

        var (code, output) = await RealTools.Run(compose, stack.Folder, "-f", "compose.yaml", "-f", "ha.compose.yaml", "config", "--services");

        Assert.True(code == 0, output);
        Assert.Subset(output.Split('\n').ToHashSet(),
            new HashSet<string>(
                ["loki-1", "loki-2", "loki-3", "prometheus-1", "prometheus-2", "balancer", "object-store", mimir ? "mimir" : "victoriametrics"]));
        Assert.DoesNotContain(output.Split('\n'), service => service is "loki" or "prometheus");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Promtool_takes_the_configuration_of_the_pair(bool mimir)
    {
        var promtool = RealTools.Require("promtool");
        using var stack = new RenderedStack(Model with { UsesMimir = mimir });

        var (code, output) = await RealTools.Run(promtool, stack.Folder, "check", "config", "--lint=all", "--lint-fatal", "prometheus/prometheus.yml");

        Assert.True(code == 0, output);
    }

    [Fact]
    public void One_Loki_of_three_may_be_away()
    {
        using var stack = new RenderedStack(Model);
        var loki = stack.Yaml("loki/loki.yaml");
        var services = stack.Yaml("compose.yaml")["services"];

        Assert.Equal("3", loki["common"]["replication_factor"].Text);
        Assert.Equal("memberlist", loki["common"]["ring"]["kvstore"]["store"].Text);
        Assert.Equal(["loki-1:7946", "loki-2:7946", "loki-3:7946"], loki["memberlist"]["join_members"].Texts);
        Assert.Equal("s3", loki["schema_config"]["configs"].Items.Single()["object_store"].Text);
        Assert.Null(loki["common"].Find("instance_addr"));
        Assert.Equal(["loki-1-data", "loki-2-data", "loki-3-data"],
            services.Keys.Where(name => name.StartsWith("loki", StringComparison.Ordinal))
                .Select(name => services[name]["volumes"].Items.Single(volume => volume["target"].Text == "/loki")["source"].Text));
    }

    [Fact]
    public void The_balancer_bears_the_names_and_ports_of_those_behind_it()
    {
        using var stack = new RenderedStack(Model with { Ports = RenderedStack.Settings(("STACK__PORTS__FIRST", "100")).Ports });
        var balancer = stack.Yaml("ha.compose.yaml")["services"]["balancer"];
        var rules = stack.Text("balancer/haproxy.cfg");

        Assert.Equal(["loki", "prometheus"], balancer["networks"]["monitoring"]["aliases"].Texts);
        Assert.Equal(["102:3100", "101:9090"], balancer["ports"].Items.Select(port => $"{port["published"].Text}:{port["target"].Text}"));
        Assert.Equal(
            ["loki-1:3100", "loki-2:3100", "loki-3:3100", "prometheus-1:9090", "prometheus-2:9090 backup"],
            Regex.Matches(rules, @"^    server \S+ (.+)$", RegexOptions.Multiline).Select(match => match.Groups[1].Value));
        Assert.All((string[])["loki-1", "loki-2", "loki-3", "prometheus-1", "prometheus-2"],
            name => Assert.Null(stack.Yaml("compose.yaml")["services"][name].Find("ports")));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_is_added_is_hardened_and_binds_loopback_alone(bool mimir)
    {
        using var stack = new RenderedStack(Model with { UsesMimir = mimir });
        var services = stack.Yaml("ha.compose.yaml")["services"];

        Assert.All(services.Keys.Select(name => services[name]), container =>
        {
            Assert.Equal(["ALL"], container["cap_drop"].Texts);
            Assert.Equal(["no-new-privileges:true"], container["security_opt"].Texts);
            Assert.Equal(("true", "512", "unless-stopped"), (container["read_only"].Text, container["pids_limit"].Text, container["restart"].Text));
            Assert.DoesNotMatch("^0?:", container["user"].Text!);
            Assert.NotNull(container["mem_limit"].Text);
            Assert.NotNull(container["healthcheck"].Keys);
            Assert.All(container.Find("ports")?.Items ?? [], port => Assert.Equal("127.0.0.1", port["host_ip"].Text));
        });
    }

    [Theory]
    [InlineData(false, "http://victoriametrics:8428/api/v1/write", "victoriametrics:8428")]
    [InlineData(true, "http://mimir:9009/api/v1/push", "mimir:9009/prometheus")]
    public void Both_of_the_pair_write_to_the_store_that_keeps_one_of_each_sample(bool mimir, string write, string read)
    {
        using var stack = new RenderedStack(Model with { UsesMimir = mimir });
        var prometheus = stack.Yaml("prometheus/prometheus.yml");
        var remote = prometheus["remote_write"].Items.Single();

        Assert.Equal(write, remote["url"].Text);
        Assert.Equal("${HOSTNAME}", prometheus["global"]["external_labels"]["__replica__"].Text);
        // VictoriaMetrics takes two series for one where their labels are the same; Mimir hears one of the two by this label.
        Assert.Equal(mimir, remote.Find("write_relabel_configs") is null);
        Assert.Equal("__replica__", prometheus["alerting"]["alert_relabel_configs"].Items.Single()["regex"].Text);
        Assert.Equal($"http://{read}", stack.Yaml("grafana/provisioning/datasources/long-term.yaml")["datasources"].Items.Single()["url"].Text);
        Assert.Equal(mimir, File.Exists(stack.PathOf("mimir/mimir.yaml")));
        Assert.Equal(["http://prometheus-1:9090/api/v1/write", "http://prometheus-2:9090/api/v1/write"],
            stack.Yaml("tempo/tempo.yaml")["metrics_generator"]["storage"]["remote_write"].Items.Select(target => target["url"].Text));
    }

    [Fact]
    public void Every_key_of_Mimir_is_known()
    {
        using var stack = new RenderedStack(Model with { UsesMimir = true });

        Assert.Empty(EffectiveConfigurationTests.Unknown(stack.Yaml("mimir/mimir.yaml"), MimirKeys));
    }

    [Fact]
    public void The_keys_of_the_object_store_are_made_once_and_are_the_teams_from_then_on()
    {
        using var stack = new RenderedStack(Model);
        using var other = new RenderedStack(Model);
        var made = stack.Text(Environment);
        Assert.Matches("(?m)^AWS_SECRET_ACCESS_KEY=[0-9a-f]{40}$", made);
        Assert.NotEqual(made, other.Text(Environment));
        Assert.All(stack.Files.Where(file => file.Path != Environment), file => Assert.DoesNotContain(
            Regex.Match(made, "AWS_SECRET_ACCESS_KEY=(.+)").Groups[1].Value, stack.Text(file.Path), StringComparison.Ordinal));

        File.WriteAllText(stack.PathOf(Environment), "S3_ENDPOINT=s3.example.com\n");
        var again = StackRenderer.Render(stack.Model, RenderedStack.Assets, stack.Folder);

        Assert.All(again, file => Assert.Equal(RenderOutcome.NoChanges, file.Outcome));
        Assert.Equal("S3_ENDPOINT=s3.example.com\n", stack.Text(Environment));
        if (!OperatingSystem.IsWindows())
            Assert.Equal("640", Convert.ToString((int)File.GetUnixFileMode(stack.PathOf(Environment)), 8));
    }

    [Fact]
    public void Each_variable_that_a_component_reads_is_there()
    {
        using var stack = new RenderedStack(Model with { UsesMimir = true });
        var given = Regex.Matches(stack.Text(Environment), "(?m)^([A-Z0-9_]+)=").Select(match => match.Groups[1].Value).ToHashSet();

        Assert.Subset(given, ((string[])["loki/loki.yaml", "tempo/tempo.yaml", "mimir/mimir.yaml"])
            .SelectMany(file => Regex.Matches(stack.Text(file), @"\$\{([A-Z0-9_]+)\}")).Select(match => match.Groups[1].Value).ToHashSet());
        Assert.All((string[])["loki-1", "tempo"], name =>
        {
            var container = stack.Yaml("compose.yaml")["services"][name];
            Assert.Equal(["./" + Environment], container["env_file"].Texts);
            Assert.Contains("-config.expand-env=true", container["command"].Texts);
        });
    }

    [Fact]
    public void One_machine_has_nothing_of_it()
    {
        using var stack = new RenderedStack();

        Assert.DoesNotContain(stack.Files, file => file.Path.Contains("balancer", StringComparison.Ordinal) || file.Path == "ha.compose.yaml");
        Assert.Null(stack.Yaml("prometheus/prometheus.yml").Find("remote_write"));
        Assert.Null(stack.Yaml("compose.yaml")["services"]["loki"].Find("env_file"));
    }
}
