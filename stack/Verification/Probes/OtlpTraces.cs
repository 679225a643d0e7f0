using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using System.Text.Json;

namespace MicroMonitored.Verification.Probes;

/// <summary>Writes protobuf fields; only the wire types that OTLP's trace and metric messages use.</summary>
internal sealed class ProtobufWriter
{
    private readonly ArrayBufferWriter<byte> buffer = new();

    public byte[] ToArray() => buffer.WrittenSpan.ToArray();

    public ProtobufWriter Varint(int field, ulong value)
    {
        Raw((ulong)field << 3);
        Raw(value);
        return this;
    }

    public ProtobufWriter Fixed64(int field, ulong value)
    {
        Raw(((ulong)field << 3) | 1);
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        buffer.Write(bytes);
        return this;
    }

    public ProtobufWriter Double(int field, double value) => Fixed64(field, BitConverter.DoubleToUInt64Bits(value));

    public ProtobufWriter Bytes(int field, ReadOnlySpan<byte> value)
    {
        Raw(((ulong)field << 3) | 2);
        Raw((ulong)value.Length);
        buffer.Write(value);
        return this;
    }

    public ProtobufWriter Text(int field, string value) => Bytes(field, Encoding.UTF8.GetBytes(value));

    public ProtobufWriter Message(int field, ProtobufWriter value) => Bytes(field, value.buffer.WrittenSpan);

    private void Raw(ulong value)
    {
        while (value >= 0x80)
        {
            buffer.Write([(byte)(value | 0x80)]);
            value >>= 7;
        }
        buffer.Write([(byte)value]);
    }
}

/// <summary>OTLP encodings of traces and metrics, after opentelemetry-proto 1.x (<c>collector/{trace,metrics}/v1</c>).</summary>
internal static class OtlpEncoding
{
    private const string ScopeName = "micromonitored.verify";

    /// <summary>An <c>ExportTraceServiceRequest</c>.</summary>
    public static byte[] Traces(IReadOnlyList<TraceSpan> spans)
    {
        var request = new ProtobufWriter();
        foreach (var service in spans.GroupBy(span => span.Service))
        {
            var scope = new ProtobufWriter().Message(1, new ProtobufWriter().Text(1, ScopeName));
            foreach (var span in service)
                scope.Message(2, Span(span));
            request.Message(1, new ProtobufWriter().Message(1, Resource(service.Key)).Message(2, scope));
        }
        return request.ToArray();
    }

    /// <summary>The same in OTLP/JSON: ids in hex, enums as numbers, 64-bit integers as strings.</summary>
    public static byte[] TracesJson(IReadOnlyList<TraceSpan> spans)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteStartArray("resourceSpans");
            foreach (var service in spans.GroupBy(span => span.Service))
            {
                json.WriteStartObject();
                json.WriteStartObject("resource");
                WriteAttributes(json, new Dictionary<string, object> { ["service.name"] = service.Key });
                json.WriteEndObject();
                json.WriteStartArray("scopeSpans");
                json.WriteStartObject();
                json.WriteStartObject("scope");
                json.WriteString("name", ScopeName);
                json.WriteEndObject();
                json.WriteStartArray("spans");
                foreach (var span in service)
                {
                    json.WriteStartObject();
                    json.WriteString("traceId", span.TraceId);
                    json.WriteString("spanId", span.SpanId);
                    if (span.ParentId is { } parent)
                        json.WriteString("parentSpanId", parent);
                    json.WriteString("name", span.Name);
                    json.WriteNumber("kind", (int)span.Kind);
                    json.WriteString("startTimeUnixNano", $"{span.StartNs}");
                    json.WriteString("endTimeUnixNano", $"{span.EndNs}");
                    WriteAttributes(json, span.Attributes);
                    json.WriteStartObject("status");
                    if (span.IsError)
                        json.WriteNumber("code", 2);
                    json.WriteEndObject();
                    json.WriteEndObject();
                }
                json.WriteEndArray();
                json.WriteEndObject();
                json.WriteEndArray();
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }
        return buffer.ToArray();
    }

    /// <summary>An <c>ExportMetricsServiceRequest</c> with one gauge of one data point.</summary>
    public static byte[] Gauge(string service, string name, string runId, double value, long timestampNs)
    {
        var point = new ProtobufWriter()
            .Fixed64(3, (ulong)timestampNs)
            .Double(4, value)
            .Message(7, Attribute("run_id", runId));
        var metric = new ProtobufWriter()
            .Text(1, name)
            .Text(2, "A value pushed by Verify.")
            .Message(5, new ProtobufWriter().Message(1, point));
        var scope = new ProtobufWriter().Message(1, new ProtobufWriter().Text(1, ScopeName)).Message(2, metric);
        return new ProtobufWriter()
            .Message(1, new ProtobufWriter().Message(1, Resource(service)).Message(2, scope))
            .ToArray();
    }

    private static ProtobufWriter Span(TraceSpan span)
    {
        var message = new ProtobufWriter()
            .Bytes(1, Convert.FromHexString(span.TraceId))
            .Bytes(2, Convert.FromHexString(span.SpanId));
        if (span.ParentId is { } parent)
            message.Bytes(4, Convert.FromHexString(parent));
        message
            .Text(5, span.Name)
            .Varint(6, (ulong)span.Kind)
            .Fixed64(7, (ulong)span.StartNs)
            .Fixed64(8, (ulong)span.EndNs);
        foreach (var (key, value) in span.Attributes)
            message.Message(9, Attribute(key, value));
        if (span.IsError)
            message.Message(15, new ProtobufWriter().Varint(3, 2));
        return message;
    }

    private static ProtobufWriter Resource(string service) => new ProtobufWriter().Message(1, Attribute("service.name", service));

    private static ProtobufWriter Attribute(string key, object value)
    {
        var any = new ProtobufWriter();
        _ = value switch
        {
            string text => any.Text(1, text),
            bool flag => any.Varint(2, flag ? 1UL : 0),
            long whole => any.Varint(3, (ulong)whole),
            double number => any.Double(4, number),
            _ => throw new ArgumentOutOfRangeException(nameof(value), value.GetType().Name, "not an attribute type"),
        };
        return new ProtobufWriter().Text(1, key).Message(2, any);
    }

    private static void WriteAttributes(Utf8JsonWriter json, IReadOnlyDictionary<string, object> attributes)
    {
        json.WriteStartArray("attributes");
        foreach (var (key, value) in attributes)
        {
            json.WriteStartObject();
            json.WriteString("key", key);
            json.WriteStartObject("value");
            switch (value)
            {
                case string text: json.WriteString("stringValue", text); break;
                case bool flag: json.WriteBoolean("boolValue", flag); break;
                case long whole: json.WriteString("intValue", $"{whole}"); break;
                case double number: json.WriteNumber("doubleValue", number); break;
                default: throw new ArgumentOutOfRangeException(nameof(attributes), value.GetType().Name, "not an attribute type");
            }
            json.WriteEndObject();
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }
}
