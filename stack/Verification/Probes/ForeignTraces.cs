using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace MicroMonitored.Verification.Probes;

/// <summary>Zipkin v2 JSON (<c>POST /api/v2/spans</c>): microseconds, text tags, the kind left out when internal.</summary>
internal static class ZipkinEncoding
{
    public static byte[] Spans(IReadOnlyList<TraceSpan> spans)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartArray();
            foreach (var span in spans)
            {
                json.WriteStartObject();
                json.WriteString("traceId", span.TraceId);
                json.WriteString("id", span.SpanId);
                if (span.ParentId is { } parent)
                    json.WriteString("parentId", parent);
                json.WriteString("name", span.Name);
                if (span.Kind is SpanKind.Client or SpanKind.Server or SpanKind.Producer or SpanKind.Consumer)
                    json.WriteString("kind", span.Kind.ToString().ToUpperInvariant());
                json.WriteNumber("timestamp", span.StartNs / 1000);
                json.WriteNumber("duration", (span.EndNs - span.StartNs) / 1000);
                json.WriteStartObject("localEndpoint");
                json.WriteString("serviceName", span.Service);
                json.WriteEndObject();
                json.WriteStartObject("tags");
                foreach (var (key, value) in span.Attributes)
                    json.WriteString(key, Convert.ToString(value, CultureInfo.InvariantCulture));
                json.WriteEndObject();
                json.WriteEndObject();
            }
            json.WriteEndArray();
        }
        return buffer.ToArray();
    }
}

/// <summary>A Jaeger <c>Batch</c> in Thrift's binary protocol (<c>POST /api/traces</c>), after jaeger-idl's <c>jaeger.thrift</c>.</summary>
internal static class JaegerEncoding
{
    public static byte[] Batch(string service, IReadOnlyList<TraceSpan> spans)
    {
        var thrift = new ThriftWriter();
        thrift.Field(ThriftType.Struct, 1);
        thrift.Text(1, service);
        thrift.Stop();
        thrift.List(2, ThriftType.Struct, spans.Count);
        foreach (var span in spans)
        {
            thrift.Whole(1, Part(span.TraceId, 16));
            thrift.Whole(2, Part(span.TraceId, 0));
            thrift.Whole(3, Part(span.SpanId, 0));
            thrift.Whole(4, span.ParentId is { } parent ? Part(parent, 0) : 0);
            thrift.Text(5, span.Name);
            thrift.Number(7, 1);
            thrift.Whole(8, span.StartNs / 1000);
            thrift.Whole(9, (span.EndNs - span.StartNs) / 1000);
            thrift.List(10, ThriftType.Struct, span.Attributes.Count + 1);
            Tag(thrift, "span.kind", span.Kind.ToString().ToLowerInvariant());
            foreach (var (key, value) in span.Attributes)
                Tag(thrift, key, value);
            thrift.Stop();
        }
        thrift.Stop();
        return thrift.ToArray();
    }

    private static void Tag(ThriftWriter thrift, string key, object value)
    {
        thrift.Text(1, key);
        switch (value)
        {
            case string text:
                thrift.Number(2, 0);
                thrift.Text(3, text);
                break;
            case double number:
                thrift.Number(2, 1);
                thrift.Double(4, number);
                break;
            case bool flag:
                thrift.Number(2, 2);
                thrift.Flag(5, flag);
                break;
            case long whole:
                thrift.Number(2, 3);
                thrift.Whole(6, whole);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(value), value.GetType().Name, "not a tag type");
        }
        thrift.Stop();
    }

    private static long Part(string hex, int from) => unchecked((long)ulong.Parse(hex.AsSpan(from, 16), NumberStyles.HexNumber, CultureInfo.InvariantCulture));

    private enum ThriftType : byte
    {
        Flag = 2,
        Double = 4,
        Number = 8,
        Whole = 10,
        Text = 11,
        Struct = 12,
        List = 15,
    }

    /// <summary>Thrift's binary protocol: big-endian, each field a type byte and a 16-bit id, a struct ended by zero.</summary>
    private sealed class ThriftWriter
    {
        private readonly ArrayBufferWriter<byte> buffer = new();

        public byte[] ToArray() => buffer.WrittenSpan.ToArray();

        public void Field(ThriftType type, short id)
        {
            buffer.Write([(byte)type]);
            Span<byte> bytes = stackalloc byte[2];
            BinaryPrimitives.WriteInt16BigEndian(bytes, id);
            buffer.Write(bytes);
        }

        public void Stop() => buffer.Write([(byte)0]);

        public void Text(short id, string value)
        {
            Field(ThriftType.Text, id);
            var bytes = Encoding.UTF8.GetBytes(value);
            Raw32(bytes.Length);
            buffer.Write(bytes);
        }

        public void Number(short id, int value)
        {
            Field(ThriftType.Number, id);
            Raw32(value);
        }

        public void Whole(short id, long value)
        {
            Field(ThriftType.Whole, id);
            Raw64(value);
        }

        public void Double(short id, double value)
        {
            Field(ThriftType.Double, id);
            Raw64(BitConverter.DoubleToInt64Bits(value));
        }

        public void Flag(short id, bool value)
        {
            Field(ThriftType.Flag, id);
            buffer.Write([value ? (byte)1 : (byte)0]);
        }

        public void List(short id, ThriftType element, int count)
        {
            Field(ThriftType.List, id);
            buffer.Write([(byte)element]);
            Raw32(count);
        }

        private void Raw32(int value)
        {
            Span<byte> bytes = stackalloc byte[4];
            BinaryPrimitives.WriteInt32BigEndian(bytes, value);
            buffer.Write(bytes);
        }

        private void Raw64(long value)
        {
            Span<byte> bytes = stackalloc byte[8];
            BinaryPrimitives.WriteInt64BigEndian(bytes, value);
            buffer.Write(bytes);
        }
    }
}
