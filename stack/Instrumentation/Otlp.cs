using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Exporter;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace MicroMonitored.Instrumentation;

/// <summary>
/// OTLP exporters as the standard variables ask for them, signal by signal: <c>OTEL_TRACES_EXPORTER</c>,
/// <c>OTEL_METRICS_EXPORTER</c>, <c>OTEL_LOGS_EXPORTER</c>, and <c>OTEL_EXPORTER_OTLP_TRACES_ENDPOINT</c> and the like, which
/// <c>AddOtlpExporter</c> does not read.
/// </summary>
public static class Otlp
{
    /// <summary>
    /// OpenTelemetry's meter that counts what passes its queues: <c>otel.sdk.processor.{span,log}.processed</c>; those with an
    /// <c>error.type</c> are lost, <c>queue_full</c> because the receiver was away for longer than the queue lasts.
    /// </summary>
    public const string MeterName = "otel.sdk.experimental";

    private const string Prefix = "OTEL_EXPORTER_OTLP";

    /// <summary>Sends spans when <c>OTEL_TRACES_EXPORTER</c> says so, or says nothing and an endpoint is set.</summary>
    public static TracerProviderBuilder AddOtlp(this TracerProviderBuilder traces, IConfiguration configuration)
        => IsAsked(configuration, "TRACES", byEndpoint: true)
            ? traces
                .ConfigureServices(static services => OtlpAttempt.Use(services, "OtlpTraceExporter"))
                .AddOtlpExporter("traces", otlp => Apply(otlp, configuration, "TRACES"))
            : traces;

    /// <summary>Sends metrics when <c>OTEL_METRICS_EXPORTER</c> says so.</summary>
    public static MeterProviderBuilder AddOtlp(this MeterProviderBuilder metrics, IConfiguration configuration)
        => IsAsked(configuration, "METRICS", byEndpoint: false)
            ? metrics
                .ConfigureServices(static services => OtlpAttempt.Use(services, "OtlpMetricExporter"))
                .AddOtlpExporter("metrics", otlp => Apply(otlp, configuration, "METRICS"))
            : metrics;

    /// <summary>Sends log records when <c>OTEL_LOGS_EXPORTER</c> says so.</summary>
    public static LoggerProviderBuilder AddOtlp(this LoggerProviderBuilder logs, IConfiguration configuration)
        => IsAsked(configuration, "LOGS", byEndpoint: false)
            ? logs
                .AddProcessor(new Redaction.Processor())
                .ConfigureServices(static services => OtlpAttempt.Use(services, "OtlpLogExporter"))
                .AddOtlpExporter("logs", otlp => Apply(otlp, configuration, "LOGS"))
            : logs;

    private static bool IsAsked(IConfiguration configuration, string signal, bool byEndpoint)
        => configuration[$"OTEL_{signal}_EXPORTER"] is { Length: > 0 } exporters
            ? exporters.Split(',', StringSplitOptions.TrimEntries).Contains("otlp", StringComparer.OrdinalIgnoreCase)
            : byEndpoint && (configuration[$"{Prefix}_ENDPOINT"] ?? configuration[$"{Prefix}_{signal}_ENDPOINT"]) is { Length: > 0 };

    private static void Apply(OtlpExporterOptions otlp, IConfiguration configuration, string signal)
    {
        // The protocol first: the default endpoint follows it.
        if (configuration[$"{Prefix}_{signal}_PROTOCOL"] is { Length: > 0 } protocol)
            otlp.Protocol = protocol == "grpc" ? OtlpExportProtocol.Grpc : OtlpExportProtocol.HttpProtobuf;
        if (Uri.TryCreate(configuration[$"{Prefix}_{signal}_ENDPOINT"], UriKind.Absolute, out var endpoint))
            otlp.Endpoint = endpoint;
        if (configuration[$"{Prefix}_{signal}_HEADERS"] is { Length: > 0 } headers)
            otlp.Headers = headers;
        if (int.TryParse(configuration[$"{Prefix}_{signal}_TIMEOUT"], out var milliseconds))
            otlp.TimeoutMilliseconds = milliseconds;
    }
}
