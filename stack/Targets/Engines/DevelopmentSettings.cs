using System.Globalization;
using System.Text.Json;
using MicroMonitored.Model.Components;

namespace MicroMonitored.Targets.Engines;

/// <summary>Lets a service that a person starts in this checkout join the stack: in Development it reads its lowest layer of configuration here.</summary>
internal static class DevelopmentSettings
{
    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true };

    /// <summary>Writes it for the engine that is up.</summary>
    public static void Write(BuildContext context, StackEngine engine)
    {
        var ports = context.Settings.Ports;
        var settings = new Dictionary<string, string>
        {
            // A copy of the folder owns nothing of the original's stack.
            ["Checkout"] = context.Paths.Root,
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = Endpoint.Local(ports.OtlpHttp).ToString(),
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
            ["OTEL_TRACES_SAMPLER"] = "parentbased_traceidratio",
            ["OTEL_TRACES_SAMPLER_ARG"] = context.Settings.Sampling.ToString(CultureInfo.InvariantCulture),
            ["OTEL_BSP_SCHEDULE_DELAY"] = "500",
        };
        if (engine.Has(Capabilities.Containers))
        {
            // Containers reach neither a process of the host nor its log folder: it sends all three signals itself.
            foreach (var (signal, address) in new[]
                { ("LOGS", Endpoint.Local(ports.Loki).At("/otlp/v1/logs")), ("METRICS", Endpoint.Local(ports.Prometheus).At("/api/v1/otlp/v1/metrics")) })
            {
                settings[$"OTEL_{signal}_EXPORTER"] = "otlp";
                settings[$"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT"] = address.ToString();
                settings[$"OTEL_EXPORTER_OTLP_{signal}_PROTOCOL"] = "http/protobuf";
            }
        }
        else
        {
            settings["Monitoring:LogFolder"] = context.Paths.Logs;
        }

        foreach (var service in context.Services)
        {
            settings[$"Services:{service.Name}:http:0"] = service.Endpoint.ToString();
            if (service.FaultPath is { } fault)
                settings[$"Faults:{service.ProjectName}"] = fault;
        }

        ChangedFile.Write(context.Paths.Development, JsonSerializer.Serialize(settings, Readable) + "\n");
    }
}
