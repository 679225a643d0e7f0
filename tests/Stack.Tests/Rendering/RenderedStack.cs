using System.Net;
using MicroMonitored.Model.Rendering;
using MicroMonitored.Model.Settings;

namespace Stack.Tests.Rendering;

/// <summary>The shipped assets rendered into a folder of the test's own.</summary>
internal sealed class RenderedStack : IDisposable
{
    public static string Assets { get; } = Path.Combine(AppContext.BaseDirectory, "stack", "assets");

    public RenderedStack(StackModel? model = null, string? assets = null)
    {
        Model = model ?? Default;
        Folder = Directory.CreateTempSubdirectory("micromonitored-render-").FullName;
        Files = StackRenderer.Render(Model, assets ?? Assets, Folder);
    }

    public static StackModel Default { get; } = new()
    {
        StackProject = "sample-micro-app-monitoring",
        ServicesProject = "sample-micro-app-services",
        Network = "monitoring",
        LogsVolume = "sample-micro-app_microservices_logs",
        BindAddress = IPAddress.Loopback,
        Ports = new StackPorts(3000, 9090, 3100, 3200, 4317, 4318, 9411, 14268, 14250, 9093, 8080),
        Images = new StackImages("prom/prometheus:v3.13.3", "grafana/loki:3.7.7", "grafana/promtail:3.6.11", "grafana/tempo:3.0.3", "grafana/grafana:13.2.1", "prom/alertmanager:v0.34.0", "mcr.microsoft.com/dotnet/aspnet:10.0-noble-chiseled"),
        Memory = new StackMemory("512m", "768m", "256m", "1g", "512m", "128m", "256m"),
        ScrapeInterval = "2s",
        Sampling = "1",
        MetricsRetention = "360h",
        LogsRetention = "168h",
        TracesRetention = "48h",
        Grafana = new GrafanaSettings("admin", "password"),
        Alerting = true,
        Webhook = null,
        Services = Containers("shop-inventory", "shop-orders"),
        SecretsGroup = 1000,
    };

    public StackModel Model { get; }

    public string Folder { get; }

    public IReadOnlyList<RenderedFile> Files { get; }

    public static IReadOnlyList<ServiceContainer> Containers(params string[] names)
        => [.. names.Select((name, index) => new ServiceContainer(name, $"sample-micro-app/{name}:local", 8080 + index))];

    public string PathOf(string file) => Path.Combine(Folder, file);

    public string Text(string file) => File.ReadAllText(PathOf(file));

    public YamlNode Yaml(string file) => YamlNode.Parse(Text(file));

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
