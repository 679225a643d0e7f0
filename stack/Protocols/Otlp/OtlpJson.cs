using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Google.Protobuf;

namespace MicroMonitored.Protocols.Otlp;

/// <summary>
/// OTLP/JSON: protobuf's JSON mapping, except that trace and span ids are hex
/// (https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding). Unknown fields are ignored.
/// </summary>
public static class OtlpJson
{
    private const int MaxDepth = 64;
    private static readonly JsonFormatter Formatter = new(JsonFormatter.Settings.Default.WithFormatEnumsAsIntegers(true));
    private static readonly JsonParser Parser = new(new JsonParser.Settings(MaxDepth).WithIgnoreUnknownFields(true));

    /// <summary>Reads one message.</summary>
    /// <exception cref="FormatException">The text is no such message.</exception>
    public static T Parse<T>(ReadOnlyMemory<byte> json)
        where T : IMessage<T>, new()
    {
        try
        {
            using var text = new StreamReader(WithBase64Ids(json.Span), Encoding.UTF8);
            return Parser.Parse<T>(text);
        }
        catch (Exception exception) when (exception is JsonException or InvalidJsonException or InvalidProtocolBufferException or InvalidOperationException)
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

    private static MemoryStream WithBase64Ids(ReadOnlySpan<byte> json)
    {
        var text = new MemoryStream(json.Length);
        var copied = 0;
        var isId = false;
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = MaxDepth });
        Span<byte> id = stackalloc byte[32];
        Span<byte> encoded = stackalloc byte[44];
        while (reader.Read())
        {
            if (isId && reader.TokenType == JsonTokenType.String)
            {
                if (Convert.FromHexString(reader.ValueSpan, id, out _, out var length) != OperationStatus.Done)
                    throw new FormatException("An id is not hex of at most 32 bytes.");
                Base64.EncodeToUtf8(id[..length], encoded, out _, out var written);
                text.Write(json[copied..((int)reader.TokenStartIndex + 1)]);
                text.Write(encoded[..written]);
                copied = (int)reader.BytesConsumed - 1;
            }

            isId = reader.TokenType == JsonTokenType.PropertyName
                && (reader.ValueTextEquals("traceId") || reader.ValueTextEquals("spanId") || reader.ValueTextEquals("parentSpanId"));
        }

        text.Write(json[copied..]);
        text.Position = 0;
        return text;
    }
}
