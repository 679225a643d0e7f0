using Google.Protobuf;
using MicroMonitored.Protocols.Otlp;
using OpenTelemetry.Proto.Collector.Logs.V1;
using OpenTelemetry.Proto.Collector.Metrics.V1;
using OpenTelemetry.Proto.Collector.Trace.V1;
using OpenTelemetry.Proto.Common.V1;
using OpenTelemetry.Proto.Logs.V1;
using OpenTelemetry.Proto.Metrics.V1;
using OpenTelemetry.Proto.Resource.V1;
using OpenTelemetry.Proto.Trace.V1;

namespace MicroMonitored.Verification.Probes;

/// <summary>What Verify sends, as OTLP messages; and spans as OTLP messages hold them.</summary>
internal static class OtlpTraces
{
    private const string ScopeName = "micromonitored.verify";

    public static ExportTraceServiceRequest Request(IReadOnlyList<TraceSpan> spans) => new()
    {
        ResourceSpans =
        {
            spans.GroupBy(span => span.Service).Select(service => new ResourceSpans
            {
                Resource = Resource(service.Key),
                ScopeSpans = { new ScopeSpans { Scope = Scope(), Spans = { service.Select(Span) } } },
            }),
        },
    };

    /// <summary>One gauge of one data point with the attribute <c>run_id</c>.</summary>
    public static ExportMetricsServiceRequest Gauge(string service, string name, string runId, double value, long timestampNs)
    {
        var point = new NumberDataPoint { TimeUnixNano = (ulong)timestampNs, AsDouble = value, Attributes = { OtlpValues.Text("run_id", runId) } };
        var metric = new Metric { Name = name, Description = "A value pushed by Verify.", Gauge = new Gauge { DataPoints = { point } } };
        var metrics = new ResourceMetrics { Resource = Resource(service), ScopeMetrics = { new ScopeMetrics { Scope = Scope(), Metrics = { metric } } } };
        return new ExportMetricsServiceRequest { ResourceMetrics = { metrics } };
    }

    /// <summary>One log record that belongs to a trace.</summary>
    public static ExportLogsServiceRequest Line(string service, string text, long timestampNs, string traceId)
    {
        var record = new LogRecord
        {
            TimeUnixNano = (ulong)timestampNs,
            ObservedTimeUnixNano = (ulong)timestampNs,
            SeverityNumber = 9,
            SeverityText = "information",
            Body = new AnyValue { StringValue = text },
            TraceId = Bytes(traceId),
        };
        var logs = new ResourceLogs { Resource = Resource(service), ScopeLogs = { new ScopeLogs { Scope = Scope(), LogRecords = { record } } } };
        return new ExportLogsServiceRequest { ResourceLogs = { logs } };
    }

    /// <summary>The spans in the order of the message.</summary>
    public static IEnumerable<TraceSpan> Spans(IEnumerable<ResourceSpans> resources) =>
        from resource in resources
        let service = Attributes(resource.Resource?.Attributes ?? []).GetValueOrDefault("service.name") as string ?? ""
        from scope in resource.ScopeSpans
        from span in scope.Spans
        select new TraceSpan(
            Hex(span.TraceId, 16) ?? "",
            Hex(span.SpanId, 8) ?? "",
            Hex(span.ParentSpanId, 8),
            span.Name,
            span.Kind,
            (long)span.StartTimeUnixNano,
            (long)span.EndTimeUnixNano,
            service,
            Attributes(span.Attributes))
        {
            IsError = span.Status?.Code == Status.Types.StatusCode.Error,
            StatusMessage = span.Status?.Message ?? "",
            Events = [.. span.Events.Select(occurred => (occurred.Name, (IReadOnlyDictionary<string, object>)Attributes(occurred.Attributes)))],
            ExceptionStack = span.Events.Where(occurred => occurred.Name == "exception")
                .Select(occurred => Attributes(occurred.Attributes).GetValueOrDefault("exception.stacktrace") as string).FirstOrDefault(),
        };

    private static Span Span(TraceSpan span) => new()
    {
        TraceId = Bytes(span.TraceId),
        SpanId = Bytes(span.SpanId),
        ParentSpanId = Bytes(span.ParentId ?? ""),
        Name = span.Name,
        Kind = span.Kind,
        StartTimeUnixNano = (ulong)span.StartNs,
        EndTimeUnixNano = (ulong)span.EndNs,
        Attributes = { span.Attributes.Select(pair => new KeyValue { Key = pair.Key, Value = Value(pair.Value) }) },
        Events = { span.ExceptionStack is { } stack ? [Thrown(stack)] : Array.Empty<Span.Types.Event>() },
        Status = span.IsError ? new Status { Code = Status.Types.StatusCode.Error } : null,
    };

    private static Span.Types.Event Thrown(string stack) => new() { Name = "exception", Attributes = { OtlpValues.Text("exception.stacktrace", stack) } };

    private static Resource Resource(string service) => new() { Attributes = { OtlpValues.Text("service.name", service) } };

    private static InstrumentationScope Scope() => new() { Name = ScopeName };

    private static ByteString Bytes(string hex) => ByteString.CopyFrom(Convert.FromHexString(hex));

    /// <summary>An id in hex digits, also one that was written in hex where base64 was read; null when absent or all zero.</summary>
    private static string? Hex(ByteString id, int length)
    {
        var hex = id.Length == length / 2 * 3 ? id.ToBase64().ToLowerInvariant() : Convert.ToHexStringLower(id.Span);
        return hex.All(digit => digit == '0') ? null : hex;
    }

    private static AnyValue Value(object value) => value switch
    {
        string text => new AnyValue { StringValue = text },
        bool flag => new AnyValue { BoolValue = flag },
        long whole => new AnyValue { IntValue = whole },
        double number => new AnyValue { DoubleValue = number },
        _ => throw new ArgumentOutOfRangeException(nameof(value), value.GetType().Name, "not an attribute type"),
    };

    private static Dictionary<string, object> Attributes(IEnumerable<KeyValue> attributes)
    {
        var values = new Dictionary<string, object>(StringComparer.Ordinal);
        foreach (var attribute in attributes)
        {
            values[attribute.Key] = attribute.Value?.ValueCase switch
            {
                AnyValue.ValueOneofCase.StringValue => attribute.Value.StringValue,
                AnyValue.ValueOneofCase.BoolValue => attribute.Value.BoolValue,
                AnyValue.ValueOneofCase.IntValue => attribute.Value.IntValue,
                AnyValue.ValueOneofCase.DoubleValue => attribute.Value.DoubleValue,
                _ => attribute.Value?.ToString() ?? "",
            };
        }
        return values;
    }
}
