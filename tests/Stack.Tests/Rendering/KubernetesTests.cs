using System.Text.Json;
using k8s;
using k8s.Models;
using MicroMonitored.Model.Components;
using MicroMonitored.Model.Rendering;
using YamlDotNet.Core;

namespace Stack.Tests.Rendering;

/// <summary>What <c>Render --for=kubernetes</c> writes, against the API's types and the charts' published keys.</summary>
public sealed class KubernetesTests
{
    private static readonly StackModel Model = RenderedStack.Default with { Form = StackForm.Kubernetes };

    private static readonly YamlNode Keys = YamlNode.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Fixtures", "charts", "keys.yaml")));

    // The operator's kind, as its custom resource definition describes it, of what is in use here.
    private static readonly Dictionary<string, Type> Kinds = new() { ["monitoring.coreos.com/v1/ServiceMonitor"] = typeof(ServiceMonitor) };

    public static TheoryData<string> Charts => ["loki", "tempo", "prometheus", "grafana", "alloy"];

    [Fact]
    public void Manifests_are_what_the_api_takes()
    {
        var services = Model.Services;
        using var stack = new RenderedStack(Model with { Services = [services[0], services[1] with { Calls = ["shop-inventory"], FaultPath = "/broken" }] });

        var objects = Load(stack, "services/services.yaml");

        Assert.Equal(
            ["Namespace sample-micro-app", "ServiceMonitor services", "Service shop-inventory", "Deployment shop-inventory", "Service shop-orders",
                "Deployment shop-orders"],
            objects.Select(thing => $"{((IKubernetesObject)thing).Kind} {((IMetadata<V1ObjectMeta>)thing).Metadata.Name}"));
        Assert.Equal(["Service prometheus", "Service alertmanager", "ServiceMonitor alloy"],
            Load(stack, "stack/names.yaml").Select(thing => $"{((IKubernetesObject)thing).Kind} {((IMetadata<V1ObjectMeta>)thing).Metadata.Name}"));
    }

    [Theory]
    [InlineData("replicas: 1", "replica: 1")]
    [InlineData("containerPort: 8080", "containerport: 8080")]
    [InlineData("sampleLimit: 50000", "samplesLimit: 50000")]
    public void A_key_that_the_api_does_not_know_is_found(string known, string unknown)
    {
        using var stack = new RenderedStack(Model);
        var file = stack.PathOf("services/services.yaml");
        File.WriteAllText(file, File.ReadAllText(file).Replace(known, unknown, StringComparison.Ordinal));

        Assert.ThrowsAny<YamlException>(() => Load(stack, "services/services.yaml"));
    }

    [Fact]
    public void A_service_runs_restricted_is_probed_and_says_who_it_is()
    {
        using var stack = new RenderedStack(Model);
        var objects = Load(stack, "services/services.yaml");
        var orders = objects.OfType<V1Deployment>().Single(deployment => deployment.Metadata.Name == "shop-orders");
        var pod = orders.Spec.Template.Spec;
        var container = pod.Containers.Single();
        var environment = container.Env.ToDictionary(variable => variable.Name, variable => variable.Value);

        Assert.Equal("restricted", objects.OfType<V1Namespace>().Single().Metadata.Labels["pod-security.kubernetes.io/enforce"]);
        Assert.True(pod.SecurityContext.RunAsNonRoot);
        Assert.Equal("RuntimeDefault", pod.SecurityContext.SeccompProfile.Type);
        Assert.False(pod.AutomountServiceAccountToken);
        Assert.False(container.SecurityContext.AllowPrivilegeEscalation);
        Assert.True(container.SecurityContext.ReadOnlyRootFilesystem);
        Assert.Equal(["ALL"], container.SecurityContext.Capabilities.Drop);
        Assert.Equal(
            ["/health/live", "/health/live", "/health/ready"],
            new[] { container.StartupProbe, container.LivenessProbe, container.ReadinessProbe }.Select(probe => probe.HttpGet.Path));
        Assert.Equal(("256Mi", "128Mi"), (container.Resources.Limits["memory"].ToString(), container.Resources.Requests["memory"].ToString()));
        Assert.Equal(("shop-orders", "job=shop-orders", "otlp", "http://otlp-receiver.sample-micro-app-monitoring:4318"),
            (environment["OTEL_SERVICE_NAME"], environment["OTEL_RESOURCE_ATTRIBUTES"], environment["OTEL_LOGS_EXPORTER"],
                environment["OTEL_EXPORTER_OTLP_ENDPOINT"]));
        // Four files of that size are what the folder holds at most.
        Assert.InRange(4 * long.Parse(environment["Monitoring__LogFileBytes"], System.Globalization.CultureInfo.InvariantCulture), 1,
            pod.Volumes.Single(volume => volume.Name == "logs").EmptyDir.SizeLimit.ToInt64());
    }

    [Fact]
    public void Selectors_and_ports_meet()
    {
        using var stack = new RenderedStack(Model);
        var objects = Load(stack, "services/services.yaml");
        var monitor = objects.OfType<ServiceMonitor>().Single();

        Assert.All(objects.OfType<V1Service>(), service =>
        {
            var deployment = objects.OfType<V1Deployment>().Single(deployment => deployment.Metadata.Name == service.Metadata.Name);
            Assert.Subset(deployment.Spec.Template.Metadata.Labels.ToHashSet(), service.Spec.Selector.ToHashSet());
            Assert.Subset(deployment.Spec.Template.Metadata.Labels.ToHashSet(), deployment.Spec.Selector.MatchLabels.ToHashSet());
            Assert.Subset(service.Metadata.Labels.ToHashSet(), monitor.Spec.Selector.MatchLabels.ToHashSet());
            Assert.Equal(service.Metadata.Name, service.Metadata.Labels[monitor.Spec.JobLabel]);
            Assert.Equal(deployment.Spec.Template.Spec.Containers.Single().Ports.Single().Name, service.Spec.Ports.Single().TargetPort.Value);
            Assert.Equal(monitor.Spec.Endpoints.Single().Port, service.Spec.Ports.Single().Name);
        });
    }

    [Theory]
    [MemberData(nameof(Charts))]
    public void Every_value_is_one_of_its_chart(string chart)
    {
        using var stack = new RenderedStack(Model with { Webhook = new Uri("http://hook") });

        Assert.Empty(Unknown(stack.Yaml($"values/{chart}.yaml"), Keys[chart], ""));
    }

    [Fact]
    public void A_value_that_its_chart_does_not_know_is_found()
        => Assert.Equal(["singleBinary.replica", "loki.storage.s3.bucket"],
            Unknown(YamlNode.Parse("{ singleBinary: { replica: 3 }, loki: { storage: { s3: { bucket: x } }, limits_config: { any: 1 } } }"), Keys["loki"], ""));

    [Fact]
    public void What_a_chart_hands_on_is_what_the_component_has_on_one_machine()
    {
        using var stack = new RenderedStack(Model with { Webhook = new Uri("http://hook/t0ken") });
        using var here = new RenderedStack(RenderedStack.Default);

        Assert.Equal(Texts(here.Yaml("loki/loki.yaml")["limits_config"]), Texts(stack.Yaml("values/loki.yaml")["loki"]["limits_config"]));
        Assert.Equal(Texts(here.Yaml("prometheus/rules/alerts.yml")),
            Texts(stack.Yaml("values/prometheus.yaml")["additionalPrometheusRulesMap"]["alerts"]));
        Assert.Equal(Texts(here.Yaml("grafana/provisioning/datasources/datasources.yaml")),
            Texts(stack.Yaml("values/grafana.yaml")["datasources"]["datasources.yaml"]));
        Assert.Equal("s3", YamlNode.Parse(stack.Yaml("values/tempo.yaml")["config"].Text!)["storage"]["trace"]["backend"].Text);
        var alertmanager = YamlNode.Parse(stack.Yaml("values/prometheus.yaml")["alertmanager"]["stringConfig"].Text!);
        Assert.Equal("/etc/alertmanager/secrets/alertmanager-webhook/webhook-url",
            alertmanager["receivers"].Items.Single(one => one["name"].Text == "webhook")["webhook_configs"].Items.Single()["url_file"].Text);
        Assert.All(stack.Files, file => Assert.DoesNotContain("t0ken", stack.Text(file.Path), StringComparison.Ordinal));
        Assert.All(stack.Files, file => Assert.False(file.Path.StartsWith(StackRenderer.SecretsFolder, StringComparison.Ordinal), file.Path));
    }

    [Fact]
    public void Without_alerting_there_is_no_Alertmanager()
    {
        using var stack = new RenderedStack(Model with { Alerting = false });

        Assert.Equal("false", stack.Yaml("values/prometheus.yaml")["alertmanager"]["enabled"].Text);
        Assert.Equal(["recording"], stack.Yaml("values/prometheus.yaml")["additionalPrometheusRulesMap"].Keys);
        Assert.Equal(["Service prometheus", "ServiceMonitor alloy"],
            Load(stack, "stack/names.yaml").Select(thing => $"{((IKubernetesObject)thing).Kind} {((IMetadata<V1ObjectMeta>)thing).Metadata.Name}"));
    }

    [Theory]
    [InlineData("grafana/loki:3.7.7", "docker.io grafana/loki 3.7.7 ")]
    [InlineData("haproxy:3.2", "docker.io library/haproxy 3.2 ")]
    [InlineData("localhost/a:1", "localhost a 1 ")]
    [InlineData("registry.example:5000/a/b:1@sha256:ab", "registry.example:5000 a/b 1 sha256:ab")]
    [InlineData("registry.example/a@sha256:ab", "registry.example a  sha256:ab")]
    public void An_image_is_named_in_the_parts_that_charts_ask_for(string reference, string parts)
    {
        var image = ImageReference.Parse(reference);

        Assert.Equal(parts, $"{image.Registry} {image.Repository} {image.Tag} {image.Digest}");
    }

    [Theory]
    [InlineData(StackForm.Kubernetes)]
    [InlineData(StackForm.ComposeHa)]
    public void Verify_reads_where_the_stack_is(StackForm form)
    {
        using var stack = new RenderedStack(Model with { Form = form, Ports = RenderedStack.Settings(("STACK__PORTS__FIRST", "100")).Ports });

        var file = StackFile.Read(stack.PathOf("verify.json"), new Dictionary<string, string> { ["GRAFANA_PASSWORD"] = "x" });

        Assert.Equal(102, file["loki"]!.Address.Port);
        Assert.Equal(109, file["alertmanager"]!.Address.Port);
        Assert.Equal(TimeSpan.FromSeconds(2), file.ScrapeInterval);
        Assert.Contains("verify.json", stack.Text("README.md"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("services", "Deployment")]
    [InlineData("stack", "ConfigMap")]
    public async Task Kubectl_puts_each_folder_together(string folder, string kind)
    {
        var kubectl = RealTools.Find("kubectl");
        Assert.SkipWhen(kubectl is null, "kubectl is not on the PATH");
        using var stack = new RenderedStack(Model);

        var (code, output) = await RealTools.Run(kubectl!, stack.Folder, "kustomize", folder);

        Assert.True(code == 0, output);
        Assert.Contains($"kind: {kind}", output, StringComparison.Ordinal);
        if (folder == "services")
            Assert.Contains("image: registry.example.com/sample-micro-app/shop-orders:1.0.0", output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_project_without_services_is_a_stack_alone()
    {
        using var stack = new RenderedStack(Model with { Services = [] });

        Assert.Equal(2, Load(stack, "services/services.yaml").Count);
        Assert.Empty(stack.Yaml("services/kustomization.yaml")["images"].Items);
    }

    private static List<object> Load(RenderedStack stack, string file) => KubernetesYaml.LoadAllFromString(stack.Text(file), Kinds, strict: true);

    private static string Texts(YamlNode node)
        => node.IsMap ? "{" + string.Join(',', node.Keys.Select(key => $"{key}:{Texts(node[key])}")) + "}"
            : node.IsList ? "[" + string.Join(',', node.Items.Select(Texts)) + "]"
            : JsonSerializer.Serialize(node.Text);

    private static IEnumerable<string> Unknown(YamlNode values, YamlNode known, string path)
        => known.Text == "free" || !values.IsMap ? [] : values.Keys.SelectMany(key =>
            known.Find(key) is { } child ? Unknown(values[key], child, $"{path}{key}.") : [path + key]);

    private sealed class ServiceMonitor : IKubernetesObject, IMetadata<V1ObjectMeta>
    {
        public string ApiVersion { get; set; } = "";

        public string Kind { get; set; } = "";

        public V1ObjectMeta Metadata { get; set; } = new();

        public ServiceMonitorSpec Spec { get; set; } = new();
    }

    private sealed class ServiceMonitorSpec
    {
        public string JobLabel { get; set; } = "";

        public V1LabelSelector Selector { get; set; } = new();

        public long SampleLimit { get; set; }

        public string BodySizeLimit { get; set; } = "";

        public string FallbackScrapeProtocol { get; set; } = "";

        public List<MonitoredEndpoint> Endpoints { get; set; } = [];
    }

    private sealed class MonitoredEndpoint
    {
        public string Port { get; set; } = "";

        public string Path { get; set; } = "";

        public string Interval { get; set; } = "";

        public string ScrapeTimeout { get; set; } = "";

        public bool FollowRedirects { get; set; }

        public List<Relabeling> Relabelings { get; set; } = [];
    }

    private sealed class Relabeling
    {
        public string TargetLabel { get; set; } = "";

        public string Replacement { get; set; } = "";
    }
}
