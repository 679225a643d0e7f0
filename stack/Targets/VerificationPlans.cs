using System.Text.Json;
using MicroMonitored.Verification;

namespace MicroMonitored.Targets;

/// <summary>Tells Verify what runs where.</summary>
public static class VerificationPlans
{
    public static VerificationPlan Of(BuildContext context, IStackEngine engine, TimeSpan timeout)
    {
        var settings = context.Settings;
        var docker = engine is DockerEngine;
        Uri At(int port) => new($"http://127.0.0.1:{port}");
        return new VerificationPlan
        {
            Engine = engine.Name,
            Endpoints = new StackEndpoints
            {
                Prometheus = At(settings.Ports.Prometheus),
                Loki = At(settings.Ports.Loki),
                Tempo = At(settings.Ports.Tempo),
                OtlpGrpc = At(settings.Ports.OtlpGrpc),
                OtlpHttp = At(settings.Ports.OtlpHttp),
                Zipkin = At(settings.Ports.Zipkin),
                JaegerThrift = At(settings.Ports.JaegerThrift),
                Grafana = At(settings.Ports.Grafana),
                OtlpTakesEverySignal = !docker,
                Alertmanager = docker && settings.Alerting.Enabled ? At(settings.Ports.Alertmanager) : null,
            },
            Services = [.. context.Services.Select(service => new ServiceUnderTest(service.Name, At(service.Port), service.ProbePath, service.Calls))],
            LogProbe = engine.LogProbe,
            Timeout = timeout,
            ScrapeInterval = settings.ScrapeInterval.Value,
            Grafana = docker ? new GrafanaCredentials(settings.Grafana.User, settings.Grafana.Password) : null,
            DashboardUids = docker ? Dashboards(context) : [],
            ServiceGraph = docker,
            Alerting = docker && settings.Alerting.Enabled,
            PublishedPorts = settings.Ports.ByName()
                .Where(port => docker ? settings.Alerting.Enabled || port.Key != "alertmanager" : port.Key is not ("jaegerGrpc" or "alertmanager"))
                .Concat(context.Services.Select(service => KeyValuePair.Create(service.Name, service.Port)))
                .ToDictionary(),
        };
    }

    private static List<string> Dashboards(BuildContext context)
    {
        var uids = new List<string>();
        foreach (var file in Directory.EnumerateFiles(Path.Combine(context.Paths.Assets, "grafana", "dashboards"), "*.json").Order(StringComparer.Ordinal))
        {
            using var dashboard = JsonDocument.Parse(File.ReadAllBytes(file));
            uids.Add(dashboard.RootElement.GetProperty("uid").GetString()!);
        }

        return uids;
    }
}
