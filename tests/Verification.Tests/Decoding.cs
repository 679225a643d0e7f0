using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using MicroMonitored.Verification.Probes;

namespace MicroMonitored.Verification.Tests;

/// <summary>Reads what Verify sends, written apart from the code that encodes it.</summary>
internal static class Decoding
{
    public static List<TraceSpan> OtlpProtobuf(byte[] body)
    {
        var spans = new List<TraceSpan>();
        foreach (var resourceSpans in Fields(body).Where(field => field.Number == 1))
        {
            var service = "";
            foreach (var part in Fields(resourceSpans.Bytes))
            {
                if (part.Number == 1)
                    service = (string)Fields(part.Bytes).Select(field => Attribute(field.Bytes)).First(pair => pair.Key == "service.name").Value;
                if (part.Number == 2)
                    spans.AddRange(Fields(part.Bytes).Where(field => field.Number == 2).Select(field => Span(field.Bytes, service)));
            }
        }
        return spans;
    }

    public static (string RunId, double Value) Gauge(byte[] body)
    {
        var metric = Only(Only(Only(Only(body, 1), 2), 2), 5);
        var point = Only(metric, 1);
        var value = BitConverter.UInt64BitsToDouble(Fields(point).First(field => field.Number == 4).Value);
        return ((string)Attribute(Only(point, 7)).Value, value);
    }

    public static List<TraceSpan> OtlpJson(byte[] body)
    {
        using var document = JsonDocument.Parse(body);
        return [.. from resource in document.RootElement.GetProperty("resourceSpans").EnumerateArray()
                   let service = resource.GetProperty("resource").GetProperty("attributes")[0].GetProperty("value").GetProperty("stringValue").GetString()!
                   from scope in resource.GetProperty("scopeSpans").EnumerateArray()
                   from span in scope.GetProperty("spans").EnumerateArray()
                   select new TraceSpan(
                       span.GetProperty("traceId").GetString()!,
                       span.GetProperty("spanId").GetString()!,
                       span.TryGetProperty("parentSpanId", out var parent) ? parent.GetString() : null,
                       span.GetProperty("name").GetString()!,
                       (SpanKind)span.GetProperty("kind").GetInt32(),
                       long.Parse(span.GetProperty("startTimeUnixNano").GetString()!),
                       long.Parse(span.GetProperty("endTimeUnixNano").GetString()!),
                       service,
                       span.GetProperty("attributes").EnumerateArray().ToDictionary(item => item.GetProperty("key").GetString()!, item => JsonValue(item.GetProperty("value"))))
                   {
                       IsError = span.GetProperty("status").TryGetProperty("code", out var code) && code.GetInt32() == 2,
                   }];
    }

    public static List<TraceSpan> Zipkin(byte[] body)
    {
        using var document = JsonDocument.Parse(body);
        return [.. from span in document.RootElement.EnumerateArray()
                   let start = span.GetProperty("timestamp").GetInt64() * 1000
                   select new TraceSpan(
                       span.GetProperty("traceId").GetString()!,
                       span.GetProperty("id").GetString()!,
                       span.TryGetProperty("parentId", out var parent) ? parent.GetString() : null,
                       span.GetProperty("name").GetString()!,
                       Enum.Parse<SpanKind>(span.GetProperty("kind").GetString()!, ignoreCase: true),
                       start,
                       start + (span.GetProperty("duration").GetInt64() * 1000),
                       span.GetProperty("localEndpoint").GetProperty("serviceName").GetString()!,
                       span.GetProperty("tags").EnumerateObject().ToDictionary(tag => tag.Name, tag => (object)tag.Value.GetString()!))];
    }

    public static List<TraceSpan> Jaeger(byte[] body)
    {
        var at = 0;
        var batch = (Dictionary<int, object>)Thrift(body, ref at, 12);
        if (at != body.Length)
            throw new InvalidDataException($"{body.Length - at} bytes after the batch");
        var service = (string)((Dictionary<int, object>)batch[1])[1];
        return [.. ((List<object>)batch[2]).Cast<Dictionary<int, object>>().Select(span =>
        {
            var tags = ((List<object>)span[10]).Cast<Dictionary<int, object>>().ToDictionary(tag => (string)tag[1], tag => tag[(int)tag[2] switch { 0 => 3, 1 => 4, 2 => 5, _ => 6 }]);
            var kind = Enum.Parse<SpanKind>((string)tags["span.kind"], ignoreCase: true);
            tags.Remove("span.kind");
            return new TraceSpan(
                $"{(long)span[2]:x16}{(long)span[1]:x16}",
                $"{(long)span[3]:x16}",
                (long)span[4] == 0 ? null : $"{(long)span[4]:x16}",
                (string)span[5],
                kind,
                (long)span[8] * 1000,
                ((long)span[8] + (long)span[9]) * 1000,
                service,
                tags);
        })];
    }

    private static byte[] Only(byte[] message, int number) => Fields(message).First(field => field.Number == number).Bytes;

    private static TraceSpan Span(byte[] message, string service)
    {
        var fields = Fields(message).ToList();
        byte[]? Bytes(int number) => fields.Where(field => field.Number == number).Select(field => field.Bytes).FirstOrDefault();
        ulong Value(int number) => fields.Where(field => field.Number == number).Select(field => field.Value).FirstOrDefault();
        return new TraceSpan(
            Convert.ToHexStringLower(Bytes(1)!),
            Convert.ToHexStringLower(Bytes(2)!),
            Bytes(4) is { } parent ? Convert.ToHexStringLower(parent) : null,
            Encoding.UTF8.GetString(Bytes(5)!),
            (SpanKind)Value(6),
            (long)Value(7),
            (long)Value(8),
            service,
            fields.Where(field => field.Number == 9).Select(field => Attribute(field.Bytes)).ToDictionary())
        {
            IsError = Bytes(15) is { } status && Fields(status).Any(field => field is { Number: 3, Value: 2 }),
        };
    }

    private static KeyValuePair<string, object> Attribute(byte[] message)
    {
        var fields = Fields(message).ToList();
        var value = Fields(fields.First(field => field.Number == 2).Bytes).Single();
        return new(Encoding.UTF8.GetString(fields.First(field => field.Number == 1).Bytes), value.Number switch
        {
            1 => Encoding.UTF8.GetString(value.Bytes),
            2 => value.Value == 1,
            3 => (long)value.Value,
            4 => BitConverter.UInt64BitsToDouble(value.Value),
            _ => throw new InvalidDataException($"AnyValue field {value.Number}"),
        });
    }

    private static object JsonValue(JsonElement value)
    {
        var typed = value.EnumerateObject().Single();
        return typed.Name switch
        {
            "stringValue" => typed.Value.GetString()!,
            "intValue" => long.Parse(typed.Value.GetString()!),
            "boolValue" => typed.Value.GetBoolean(),
            _ => typed.Value.GetDouble(),
        };
    }

    private static IEnumerable<(int Number, ulong Value, byte[] Bytes)> Fields(byte[] message)
    {
        var at = 0;
        while (at < message.Length)
        {
            var key = Varint(message, ref at);
            var number = (int)(key >> 3);
            switch (key & 7)
            {
                case 0:
                    yield return (number, Varint(message, ref at), []);
                    break;
                case 1:
                    at += 8;
                    yield return (number, BinaryPrimitives.ReadUInt64LittleEndian(message.AsSpan(at - 8)), []);
                    break;
                case 2:
                    var length = (int)Varint(message, ref at);
                    at += length;
                    yield return (number, 0, message[(at - length)..at]);
                    break;
                default:
                    throw new InvalidDataException($"wire type {key & 7}");
            }
        }
    }

    private static ulong Varint(byte[] message, ref int at)
    {
        ulong value = 0;
        for (var shift = 0; ; shift += 7)
        {
            value |= (ulong)(message[at] & 0x7f) << shift;
            if (message[at++] < 0x80)
                return value;
        }
    }

    private static object Thrift(byte[] data, ref int at, byte type)
    {
        switch (type)
        {
            case 2:
                return data[at++] == 1;
            case 4:
                at += 8;
                return BinaryPrimitives.ReadDoubleBigEndian(data.AsSpan(at - 8));
            case 8:
                at += 4;
                return BinaryPrimitives.ReadInt32BigEndian(data.AsSpan(at - 4));
            case 10:
                at += 8;
                return BinaryPrimitives.ReadInt64BigEndian(data.AsSpan(at - 8));
            case 11:
                var length = BinaryPrimitives.ReadInt32BigEndian(data.AsSpan(at));
                at += 4 + length;
                return Encoding.UTF8.GetString(data, at - length, length);
            case 12:
                var fields = new Dictionary<int, object>();
                while (data[at] != 0)
                {
                    var id = BinaryPrimitives.ReadInt16BigEndian(data.AsSpan(at + 1));
                    var fieldType = data[at];
                    at += 3;
                    fields[id] = Thrift(data, ref at, fieldType);
                }
                at++;
                return fields;
            case 15:
                var element = data[at];
                var count = BinaryPrimitives.ReadInt32BigEndian(data.AsSpan(at + 1));
                at += 5;
                var list = new List<object>();
                for (var item = 0; item < count; item++)
                    list.Add(Thrift(data, ref at, element));
                return list;
            default:
                throw new InvalidDataException($"Thrift type {type}");
        }
    }
}
