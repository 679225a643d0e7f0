using MicroMonitored.Verification.Clients;
using MicroMonitored.Verification.Probes;
using Microsoft.Extensions.Logging;

namespace MicroMonitored.Testing;

/// <summary>One log line.</summary>
public sealed record RecordedLine
{
    private static readonly string[] Ids = ["trace_id", "span_id"];

    internal RecordedLine(StoredLine line)
    {
        var fields = new Dictionary<string, string>(LogLines.Fields(line), StringComparer.Ordinal);
        foreach (var (name, value) in line.Metadata)
            fields.TryAdd(name, value);
        Message = fields.GetValueOrDefault("message") ?? line.Line;
        Service = line.Labels.GetValueOrDefault("service_name") ?? line.Labels.GetValueOrDefault("job") ?? "";
        (TraceId, SpanId) = (fields.GetValueOrDefault("trace_id", ""), fields.GetValueOrDefault("span_id", ""));
        Template = fields.GetValueOrDefault("_OriginalFormat_") ?? fields.GetValueOrDefault("{OriginalFormat}");
        var level = line.Labels.GetValueOrDefault("level") ?? fields.GetValueOrDefault("level") ?? fields.GetValueOrDefault("severity_text")
            ?? fields.GetValueOrDefault("detected_level") ?? "";
        Level = level.ToLowerInvariant() switch
        {
            "trace" or "trc" => LogLevel.Trace,
            "debug" or "dbg" => LogLevel.Debug,
            "information" or "info" or "inf" => LogLevel.Information,
            "warning" or "warn" or "wrn" => LogLevel.Warning,
            "error" or "err" => LogLevel.Error,
            "critical" or "fatal" => LogLevel.Critical,
            _ => LogLevel.None,
        };
        Fields = fields.Where(field => !Ids.Contains(field.Key) && field.Key is not ("message" or "_OriginalFormat_" or "{OriginalFormat}" or "detected_level"))
            .ToDictionary(StringComparer.Ordinal);
    }

    /// <summary>The service that wrote it.</summary>
    public string Service { get; }

    /// <summary><see cref="LogLevel.None"/> where it tells none.</summary>
    public LogLevel Level { get; }

    /// <summary>The message as a person reads it, or its template where the service sends only that.</summary>
    public string Message { get; }

    /// <summary>What the message was made from; null where the service does not send it.</summary>
    public string? Template { get; }

    /// <summary>Structured fields.</summary>
    public IReadOnlyDictionary<string, string> Fields { get; }

    /// <summary>32 lower-case hex digits; empty where it has none.</summary>
    public string TraceId { get; }

    /// <summary>16 lower-case hex digits; empty where it has none.</summary>
    public string SpanId { get; }

    /// <summary>As a failure shows it.</summary>
    public override string ToString() => $"{Service} {Level.ToString().ToLowerInvariant()} {Message}";
}
