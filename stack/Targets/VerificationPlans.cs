using System.Text.Json;
using MicroMonitored.Model.Components;
using MicroMonitored.Model.Expectations;
using MicroMonitored.Model.Settings;
using MicroMonitored.Verification;

namespace MicroMonitored.Targets;

/// <summary>Tells Verify what runs where.</summary>
internal static class VerificationPlans
{
    /// <summary>Of the stack that the command line names, or of the one that runs here.</summary>
    public static VerificationPlan Asked(BuildContext context, string? stack, EngineChoice? engine, TimeSpan timeout)
        => stack is null
            ? Of(context, EngineSelection.Running(context, engine), timeout)
            : VerificationPlan.Of(StackFile.Read(Path.GetFullPath(stack), context.Variables), timeout);

    public static VerificationPlan Of(BuildContext context, IStackEngine engine, TimeSpan timeout)
    {
        var settings = context.Settings;
        var alerting = engine.Kind.Has(Capabilities.Rules) && settings.Alerting.Enabled;
        var expectations = ExpectationsReader.Of(context.Services, context.Paths.Root);
        static Uri At(int port) => Endpoint.Local(port).Address;
        return new VerificationPlan
        {
            Engine = engine.Name,
            Capabilities = engine.Kind.Capabilities,
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
                Alertmanager = alerting && Component.Of(engine.Kind, settings).Contains(Component.Alertmanager) ? At(settings.Ports.Alertmanager) : null,
            },
            Services = [.. context.Services.Select(service => new ServiceUnderTest(service.Name, service.Endpoint.Address, service.ProbePath, service.Calls)
            {
                FaultPath = service.FaultPath,
                Expectations = expectations.GetValueOrDefault(service.Name),
            })],
            LogProbe = engine.LogProbe,
            Timeout = timeout,
            ScrapeInterval = settings.ScrapeInterval.Value,
            Grafana = engine.Kind.Has(Capabilities.Containers) ? new GrafanaCredentials(settings.Grafana.User, settings.Grafana.Password) : null,
            DashboardUids = engine.Kind.Has(Capabilities.Dashboards) ? Dashboards(context) : [],
            Alerting = alerting,
            Exposure = alerting ? engine.Expose("verify") : null,
            PublishedPorts = Component.PortsOf(engine.Kind, settings)
                .Select(port => KeyValuePair.Create(port.Port.Key, port.Number))
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
