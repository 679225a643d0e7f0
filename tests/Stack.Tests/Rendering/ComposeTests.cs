using System.Net;
using MicroMonitored.Model.Components;
using MicroMonitored.Model.Rendering;

namespace Stack.Tests.Rendering;

public sealed class ComposeTests
{
    private static readonly StackModel Notifying = RenderedStack.Default with { Webhook = new Uri("http://hook") };

    [Theory]
    [InlineData("compose.yaml", false)]
    [InlineData("compose.yaml", true)]
    [InlineData("services.compose.yaml", false)]
    public void Every_container_is_hardened(string file, bool alloy)
    {
        using var stack = new RenderedStack(Notifying with { UsesAlloy = alloy });

        foreach (var (name, container) in Containers(stack, file))
        {
            Assert.Equal(["ALL"], container["cap_drop"].Texts);
            Assert.Null(container.Find("cap_add"));
            Assert.Equal(["no-new-privileges:true"], container["security_opt"].Texts);
            Assert.Equal("true", container["read_only"].Text);
            Assert.NotEmpty(container["tmpfs"].Texts);
            Assert.NotNull(container["mem_limit"].Text);
            Assert.Equal("512", container["pids_limit"].Text);
            Assert.Equal("unless-stopped", container["restart"].Text);
            // A service's stands in its Dockerfile; the Collector's image has nothing that could ask, so that its port is asked from outside.
            Assert.Equal(file == "compose.yaml" && name != "collector", container.Find("healthcheck")?.Find("test")?.Texts.Count > 1);
            Assert.Equal("json-file", container["logging"]["driver"].Text);
            Assert.Equal(["max-size", "max-file"], container["logging"]["options"].Keys);
            Assert.NotNull(container["stop_grace_period"].Text);
            foreach (var key in new[] { "privileged", "network_mode", "pid", "ipc", "uts", "userns_mode", "devices", "container_name" })
                Assert.True(container.Find(key) is null, $"{name}: {key}");
            foreach (var mount in container["volumes"].Items)
            {
                Assert.DoesNotContain("docker.sock", mount["source"].Text, StringComparison.Ordinal);
                if (mount["type"].Text == "bind")
                {
                    Assert.Equal("true", mount["read_only"].Text);
                    Assert.Equal("false", mount["bind"]["create_host_path"].Text);
                }
            }
        }
    }

    [Fact]
    public void Only_the_named_exception_runs_as_root()
    {
        using var stack = new RenderedStack();

        var roots = Containers(stack, "compose.yaml").Where(container => container.Container["user"].Text!.StartsWith("0:", StringComparison.Ordinal))
            .Select(container => container.Name);

        Assert.Equal(["promtail"], roots);
        Assert.Contains("# The image leaves no choice but root", stack.Text("compose.yaml"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    [InlineData("0.0.0.0")]
    public void Every_port_binds_the_one_address(string address)
    {
        using var stack = new RenderedStack(RenderedStack.Default with { BindAddress = IPAddress.Parse(address) });

        var ports = new[] { "compose.yaml", "services.compose.yaml" }
            .SelectMany(file => Containers(stack, file))
            .SelectMany(container => container.Container.Find("ports")?.Items ?? []).ToList();

        Assert.Equal(13, ports.Count);
        Assert.All(ports, port => Assert.Equal(address, port["host_ip"].Text));
        Assert.Distinct(ports.Select(port => port["published"].Text));
    }

    [Fact]
    public void Ports_are_the_settings_and_reach_what_the_components_listen_on()
    {
        var settings = RenderedStack.Settings(("STACK__PORTS__FIRST", "100"));
        using var stack = new RenderedStack(RenderedStack.Default with { Ports = settings.Ports });

        var ports = Containers(stack, "compose.yaml")
            .SelectMany(container => container.Container.Find("ports")?.Items ?? [], (container, port) => (container.Name, port))
            .Select(pair => $"{pair.Name} {pair.port["published"].Text}:{pair.port["target"].Text}");

        Assert.Equal(
            [
                "prometheus 101:9090", "loki 102:3100", "collector 110:13133", "collector 104:4317", "collector 105:4318",
                "tempo 103:3200", "tempo 106:9411", "tempo 107:14268", "tempo 108:14250",
                "grafana 100:3000", "alertmanager 109:9093",
            ],
            ports);
        Assert.Equal(Component.PortsOf(StackEngine.Docker, settings).Select(port => $"{port.Component} {port.Number}:{port.Port.ContainerPort}"), ports);
    }

    [Fact]
    public void Images_and_memory_are_the_settings()
    {
        var model = RenderedStack.Default with
        {
            Images = new("a:1", "b:2", "c:3", "o:9", "x:0", "d:4", "e:5", "f:6", "g:7"),
            Memory = new("1m", "2m", "3m", "9m", "0m", "4m", "5m", "6m", "7m"),
        };
        using var stack = new RenderedStack(model);

        Assert.Equal(["a:1", "b:2", "c:3", "o:9", "d:4", "e:5", "f:6"],
            Containers(stack, "compose.yaml").Select(container => container.Container["image"].Text));
        Assert.Equal(["1m", "2m", "3m", "9m", "4m", "5m", "6m"], Containers(stack, "compose.yaml").Select(container => container.Container["mem_limit"].Text));
        var components = Component.Of(StackEngine.Docker, RenderedStack.Settings());
        Assert.Equal(components.Select(component => component.Image(model.Images)),
            Containers(stack, "compose.yaml").Select(container => container.Container["image"].Text));
        Assert.Equal(components.Select(component => component.Memory(model.Memory)),
            Containers(stack, "compose.yaml").Select(container => container.Container["mem_limit"].Text));
        Assert.Equal(components.Select(component => component.Name), Containers(stack, "compose.yaml").Select(container => container.Name));
        Assert.All(Containers(stack, "services.compose.yaml"), container => Assert.Equal("7m", container.Container["mem_limit"].Text));
        Assert.All(Containers(stack, "compose.yaml"), container => Assert.Equal("missing", container.Container["pull_policy"].Text));
    }

    [Fact]
    public void Prometheus_keeps_what_the_settings_allow_in_time_and_on_disk()
    {
        var settings = RenderedStack.Settings(("STACK__RETENTION__SIZE", "900m"), ("STACK__RETENTION__METRICS", "3d"));
        using var stack = new RenderedStack(StackModel.Create(settings, []));

        Assert.Equal(
            ["--storage.tsdb.retention.time=72h", "--storage.tsdb.retention.size=900MB"],
            stack.Yaml("compose.yaml")["services"]["prometheus"]["command"].Texts.Where(argument => argument.Contains("retention", StringComparison.Ordinal)));
    }

    [Fact]
    public void Health_checks_need_no_shell_in_images_that_have_none()
    {
        using var stack = new RenderedStack();

        foreach (var (name, container) in Containers(stack, "compose.yaml").Where(container => container.Name != "collector"))
        {
            var test = container["healthcheck"]["test"].Texts;
            Assert.Equal("CMD", test[0]);
            if (name is "loki" or "tempo")
                Assert.DoesNotContain(test, word => word.Contains("sh", StringComparison.Ordinal) || word.Contains("wget", StringComparison.Ordinal));
        }

        Assert.Equal("2s", stack.Yaml("compose.yaml")["services"]["promtail"]["healthcheck"]["interval"].Text);
    }

    [Fact]
    public void The_network_and_the_log_volume_belong_to_no_project()
    {
        using var stack = new RenderedStack();

        foreach (var file in new[] { "compose.yaml", "services.compose.yaml" })
        {
            var compose = stack.Yaml(file);
            Assert.Equal(("true", "monitoring"), (compose["networks"]["monitoring"]["external"].Text, compose["networks"]["monitoring"]["name"].Text));
            Assert.Equal(("true", "sample-micro-app_microservices_logs"),
                (compose["volumes"]["microservices-logs"]["external"].Text, compose["volumes"]["microservices-logs"]["name"].Text));
        }

        Assert.NotEqual(stack.Yaml("compose.yaml")["name"].Text, stack.Yaml("services.compose.yaml")["name"].Text);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Two_projects_that_share_a_volume_never_read_the_same_file(bool alloy)
    {
        string[] projects = ["sample-micro-app", "shop", "billing"];
        var agent = alloy ? "alloy/config.alloy" : "promtail/promtail.yaml";

        var folders = projects.Select(project =>
        {
            var model = StackModel.Create(RenderedStack.Settings(("STACK__NAMES__PROJECT", project)), []);
            using var stack = new RenderedStack(model with { UsesAlloy = alloy, Services = RenderedStack.Containers("orders") });
            var written = stack.Yaml("services.compose.yaml")["services"]["orders"]["environment"]["Monitoring__LogFolder"].Text!;
            var read = System.Text.RegularExpressions.Regex.Matches(stack.Text(agent), @"/var/log/[^*""]*(?=/\*(\.\*)?\.log)")
                .Select(match => match.Value).ToHashSet();
            Assert.Equal([written], read);
            return written;
        });

        Assert.Equal(["/var/log/microservices", "/var/log/microservices/shop", "/var/log/microservices/billing"], folders);
    }

    [Theory]
    [InlineData("shop", "shop_microservices_logs", "/var/log/microservices")]
    [InlineData("shop", "shop-two_microservices_logs", "/var/log/microservices/shop")]
    [InlineData("shop", "logs", "/var/log/microservices/shop")]
    public void A_volume_is_its_own_where_it_bears_the_projects_name(string project, string volume, string folder)
        => Assert.Equal(folder, RenderedStack.Settings(("STACK__NAMES__PROJECT", project), ("STACK__NAMES__LOGSVOLUME", volume)).Names.LogFolder);

    [Fact]
    public void Promtail_reads_the_logs_and_cannot_write_them()
    {
        using var stack = new RenderedStack();

        var mount = stack.Yaml("compose.yaml")["services"]["promtail"]["volumes"].Items.Single(volume => volume["source"].Text == "microservices-logs");

        Assert.Equal(("/var/log/microservices", "true"), (mount["target"].Text, mount["read_only"].Text));
    }

    [Fact]
    public void Each_service_gets_the_agreed_environment()
    {
        var services = RenderedStack.Default.Services;
        using var stack = new RenderedStack(
            RenderedStack.Default with { Sampling = "0.25", Services = [services[0], services[1] with { Calls = ["shop-inventory"] }] });

        var orders = stack.Yaml("services.compose.yaml")["services"]["shop-orders"];
        var environment = orders["environment"].Keys.ToDictionary(key => key, key => orders["environment"][key].Text);

        Assert.Equal(
            new Dictionary<string, string?>
            {
                ["ASPNETCORE_URLS"] = "http://+:8080",
                ["Monitoring__LogFolder"] = "/var/log/microservices",
                ["OTEL_SERVICE_NAME"] = "shop-orders",
                ["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://collector:4318",
                ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
                ["OTEL_TRACES_SAMPLER"] = "parentbased_traceidratio",
                ["OTEL_TRACES_SAMPLER_ARG"] = "0.25",
                ["OTEL_BSP_SCHEDULE_DELAY"] = "500",
                ["OTEL_DOTNET_EXPERIMENTAL_OTLP_RETRY"] = "in_memory",
                ["Monitoring__PeerPort"] = "8080",
                ["Services__shop-inventory__http__0"] = "http://shop-inventory:8080",
            },
            environment);
        Assert.Equal("sample-micro-app/shop-orders:local", orders["image"].Text);
        Assert.Equal("8081:8080", $"{orders["ports"].Items.Single()["published"].Text}:{orders["ports"].Items.Single()["target"].Text}");
    }

    [Fact]
    public void A_service_that_is_added_changes_no_other_container()
    {
        using var before = new RenderedStack();
        using var after = new RenderedStack(
            RenderedStack.Default with { Services = [new("shop-billing", "sample-micro-app/shop-billing:local", 12345), .. RenderedStack.Default.Services] });

        Assert.Equal(before.Text("compose.yaml"), after.Text("compose.yaml"));
        var lines = before.Text("services.compose.yaml").Split('\n');
        var added = after.Text("services.compose.yaml").Split('\n').Except(lines).Where(line => !line.Contains("shop-billing", StringComparison.Ordinal));
        Assert.Equal("12345", System.Text.RegularExpressions.Regex.Match(Assert.Single(added), "published: \"([0-9]+)\"").Groups[1].Value);
        Assert.Subset(after.Text("services.compose.yaml").Split('\n').ToHashSet(), lines.ToHashSet());
    }

    [Fact]
    public void Without_alerting_there_is_no_Alertmanager_anywhere()
    {
        using var stack = new RenderedStack(RenderedStack.Default with { Alerting = false });

        Assert.DoesNotContain("alertmanager", Containers(stack, "compose.yaml").Select(container => container.Name));
        Assert.All(stack.Files.Where(file => Path.GetExtension(file.Path) is ".yaml" or ".yml"),
            file => Assert.DoesNotContain("alertmanager", stack.Text(file.Path), StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public void The_containers_that_read_a_secret_join_its_group()
    {
        using var stack = new RenderedStack(Notifying with { SecretsGroup = 1234 });
        using var silent = new RenderedStack(RenderedStack.Default with { SecretsGroup = 1234 });

        Assert.Equal(["grafana", "alertmanager"], WithGroup(stack));
        Assert.Equal(["grafana"], WithGroup(silent));

        static IEnumerable<string> WithGroup(RenderedStack stack)
            => Containers(stack, "compose.yaml").Where(container => container.Container.Find("group_add")?.Texts is ["1234"])
                .Select(container => container.Name);
    }

    [Fact]
    public void Nothing_phones_home()
    {
        using var stack = new RenderedStack();
        var grafana = stack.Yaml("compose.yaml")["services"]["grafana"]["environment"];

        foreach (var off in (string[])["GF_ANALYTICS_REPORTING_ENABLED", "GF_ANALYTICS_CHECK_FOR_UPDATES", "GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES",
            "GF_NEWS_NEWS_FEED_ENABLED", "GF_USERS_ALLOW_SIGN_UP", "GF_AUTH_ANONYMOUS_ENABLED"])
            Assert.Equal("false", grafana[off].Text);
        Assert.Equal("true", grafana["GF_PLUGINS_PREINSTALL_DISABLED"].Text);
        Assert.Equal("false", stack.Yaml("tempo/tempo.yaml")["usage_report"]["reporting_enabled"].Text);
    }

    private static IEnumerable<(string Name, YamlNode Container)> Containers(RenderedStack stack, string file)
    {
        var services = stack.Yaml(file)["services"];
        return services.Keys.Select(name => (name, services[name]));
    }
}
