using System.Collections;
using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace MicroMonitored.Protocols.Otlp;

/// <summary>
/// OTLP/JSON: protobuf's JSON mapping, except that trace and span ids are hex and enums are numbers
/// (https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding). Unknown fields are ignored.
/// </summary>
public static class OtlpJson
{
    private const int MaxDepth = 64;
    private static readonly JsonFormatter Formatter = new(JsonFormatter.Settings.Default.WithFormatEnumsAsIntegers(true));
    private static readonly ConcurrentDictionary<MessageDescriptor, Dictionary<string, FieldDescriptor>> Fields = new();

    /// <summary>Reads one message.</summary>
    /// <exception cref="FormatException">The text is no such message.</exception>
    public static T Parse<T>(ReadOnlyMemory<byte> json)
        where T : IMessage<T>, new()
    {
        try
        {
            var message = new T();
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = MaxDepth });
            Read(document.RootElement, message);
            return message;
        }
        catch (Exception exception) when (exception is JsonException or OverflowException or InvalidOperationException)
        {
            throw new FormatException(exception.Message, exception);
        }
    }

    /// <summary>Writes one message as UTF-8.</summary>
    public static byte[] Format(IMessage message)
    {
        var json = JsonNode.Parse(Formatter.Format(message))!;
        WriteIdsInHex(json);
        return JsonSerializer.SerializeToUtf8Bytes(json);
    }

    private static void WriteIdsInHex(JsonNode? json)
    {
        if (json is JsonArray items)
        {
            foreach (var item in items)
                WriteIdsInHex(item);
        }
        else if (json is JsonObject properties)
        {
            foreach (var (name, value) in properties.ToList())
            {
                if (name is "traceId" or "spanId" or "parentSpanId")
                    properties[name] = Convert.ToHexStringLower(Convert.FromBase64String(value!.GetValue<string>()));
                else
                    WriteIdsInHex(value);
            }
        }
    }

    private static void Read(JsonElement json, IMessage message)
    {
        if (json.ValueKind != JsonValueKind.Object)
            throw new FormatException($"{message.Descriptor.Name} must be an object.");
        var fields = Fields.GetOrAdd(message.Descriptor, descriptor =>
            descriptor.Fields.InDeclarationOrder().ToDictionary(field => field.JsonName, StringComparer.Ordinal));
        foreach (var property in json.EnumerateObject())
        {
            if (property.Value.ValueKind == JsonValueKind.Null || !fields.TryGetValue(property.Name, out var field))
                continue;
            if (!field.IsRepeated)
            {
                field.Accessor.SetValue(message, Value(property.Value, field));
                continue;
            }

            if (property.Value.ValueKind != JsonValueKind.Array)
                throw new FormatException($"{property.Name} must be a list.");
            var list = (IList)field.Accessor.GetValue(message);
            foreach (var item in property.Value.EnumerateArray())
                list.Add(Value(item, field));
        }
    }

    private static object Value(JsonElement json, FieldDescriptor field)
    {
        switch (field.FieldType)
        {
            case FieldType.Message:
                var message = field.MessageType.Parser.ParseFrom(ByteString.Empty);
                Read(json, message);
                return message;
            case FieldType.String:
                return json.GetString() ?? "";
            case FieldType.Bytes:
                return Bytes(json.GetString() ?? "", field.Name);
            case FieldType.Bool:
                return json.GetBoolean();
            case FieldType.Double:
                return Double(json);
            case FieldType.Enum:
                return json.ValueKind != JsonValueKind.String ? json.GetInt32()
                    : field.EnumType.FindValueByName(json.GetString()!)?.Number ?? throw new FormatException($"{field.JsonName} has an unknown value.");
            case FieldType.Int32 or FieldType.SInt32:
                return checked((int)Integer(json));
            case FieldType.UInt32 or FieldType.Fixed32:
                return checked((uint)Integer(json));
            case FieldType.Int64 or FieldType.SFixed64 or FieldType.SInt64:
                return Integer(json);
            case FieldType.UInt64 or FieldType.Fixed64:
                return json.ValueKind != JsonValueKind.String ? json.GetUInt64()
                    : ulong.Parse(json.GetString()!, NumberStyles.None, CultureInfo.InvariantCulture);
            default:
                throw new FormatException($"{field.JsonName} cannot be read.");
        }
    }

    private static ByteString Bytes(string text, string field) => ByteString.CopyFrom(
        field is "trace_id" or "span_id" or "parent_span_id" ? Convert.FromHexString(text) : Convert.FromBase64String(text));

    private static long Integer(JsonElement json) =>
        json.ValueKind != JsonValueKind.String ? json.GetInt64()
            : long.Parse(json.GetString()!, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);

    private static double Double(JsonElement json) => json.ValueKind != JsonValueKind.String
        ? json.GetDouble()
        : json.GetString() switch
        {
            "NaN" => double.NaN,
            "Infinity" => double.PositiveInfinity,
            "-Infinity" => double.NegativeInfinity,
            var text => double.Parse(text!, NumberStyles.Float, CultureInfo.InvariantCulture),
        };
}
