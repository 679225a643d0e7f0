using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using MicroMonitored.Embedded.Store;
using OpenTelemetry.Proto.Collector.Logs.V1;
using OpenTelemetry.Proto.Common.V1;
using OpenTelemetry.Proto.Resource.V1;

namespace MicroMonitored.Embedded.Ingest.Otlp;

/// <summary>Turns OTLP log records into log lines.</summary>
internal static class OtlpLogs
{
    private const int MaxMetadata = 64;

    /// <summary>
    /// One line per record: the body as it is when a text, as JSON otherwise. Labels are <c>job</c>, <c>service_name</c> and <c>level</c>;
    /// ids and attributes become structured metadata.
    /// </summary>
    public static IReadOnlyList<LogRecord> From(ExportLogsServiceRequest request, long nowNs, EngineCounters counters)
    {
        var records = new List<LogRecord>();
        foreach (var resourceLogs in request.ResourceLogs)
        {
            var service = OtlpSpans.ServiceName(resourceLogs.Resource ?? new Resource());
            var labels = new Dictionary<string, KeyValuePair<string, string>[]>(StringComparer.Ordinal);
            foreach (var record in resourceLogs.ScopeLogs.SelectMany(scope => scope.LogRecords))
            {
                OtlpLimits.Cut(record.Attributes, MaxMetadata, counters);
                OtlpLimits.Apply(record.Attributes, counters);
                var level = Level(record.SeverityNumber);
                if (!labels.TryGetValue(level, out var stream))
                    labels.Add(level, stream = [new("job", service), new("service_name", service), new("level", level)]);

                var metadata = new List<KeyValuePair<string, string>>();
                if (record.TraceId.Length == 16)
                    metadata.Add(new("trace_id", Convert.ToHexStringLower(record.TraceId.Span)));
                if (record.SpanId.Length == 8)
                    metadata.Add(new("span_id", Convert.ToHexStringLower(record.SpanId.Span)));
                foreach (var attribute in record.Attributes)
                    metadata.Add(new(OtlpNames.Label(attribute.Key), OtlpText.Of(attribute.Value)));

                var text = OtlpText.Of(record.Body);
                if (text.Length > Tail.LogLine.MaxBytes)
                {
                    text = text[..(char.IsHighSurrogate(text[Tail.LogLine.MaxBytes - 1]) ? Tail.LogLine.MaxBytes - 1 : Tail.LogLine.MaxBytes)];
                    metadata.Add(new("truncated", "true"));
                    counters.Add("flagged_log_lines", "truncated");
                }

                var time = record.TimeUnixNano != 0 ? record.TimeUnixNano : record.ObservedTimeUnixNano;
                records.Add(new LogRecord(stream, time is 0 or > long.MaxValue ? nowNs : (long)time, text, metadata));
            }
        }

        return records;
    }

    /// <summary>Severity numbers in the names .NET gives its levels.</summary>
    private static string Level(int severity) => severity switch
    {
        >= 21 => "critical",
        >= 17 => "error",
        >= 13 => "warning",
        >= 9 => "information",
        >= 5 => "debug",
        >= 1 => "trace",
        _ => "",
    };
}

/// <summary>OTLP values as text.</summary>
internal static class OtlpText
{
    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, MaxDepth = 128 };

    public static string Of(AnyValue? value) => value?.ValueCase switch
    {
        AnyValue.ValueOneofCase.StringValue => value.StringValue,
        AnyValue.ValueOneofCase.BoolValue => value.BoolValue ? "true" : "false",
        AnyValue.ValueOneofCase.IntValue => value.IntValue.ToString(CultureInfo.InvariantCulture),
        AnyValue.ValueOneofCase.DoubleValue => value.DoubleValue.ToString("R", CultureInfo.InvariantCulture),
        AnyValue.ValueOneofCase.BytesValue => value.BytesValue.ToBase64(),
        AnyValue.ValueOneofCase.ArrayValue or AnyValue.ValueOneofCase.KvlistValue => Json(value)!.ToJsonString(Relaxed),
        _ => "",
    };

    private static JsonNode? Json(AnyValue? value) => value?.ValueCase switch
    {
        null or AnyValue.ValueOneofCase.None => null,
        AnyValue.ValueOneofCase.BoolValue => value.BoolValue,
        AnyValue.ValueOneofCase.IntValue => value.IntValue,
        AnyValue.ValueOneofCase.DoubleValue when double.IsFinite(value.DoubleValue) => value.DoubleValue,
        AnyValue.ValueOneofCase.ArrayValue => new JsonArray([.. value.ArrayValue.Values.Select(Json)]),
        AnyValue.ValueOneofCase.KvlistValue => new JsonObject(
            value.KvlistValue.Values.DistinctBy(item => item.Key).Select(item => KeyValuePair.Create(item.Key, Json(item.Value)))),
        _ => Of(value),
    };
}
