using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using MicroMonitored.Protocols;

namespace MicroMonitored.Embedded.Ingest.Tail;

/// <summary>What the log agent's pipeline takes from one line.</summary>
/// <param name="Text">The line as written; invalid UTF-8 replaced.</param>
/// <param name="TimestampNs">From its <c>timestamp</c>; null where it has none that can be read.</param>
/// <param name="Level">From its <c>level</c>; null where it has none.</param>
/// <param name="Metadata"><c>trace_id</c>, <c>span_id</c> and the flags <c>malformed</c>, <c>truncated</c>, <c>invalid_utf8</c>.</param>
internal sealed record LogLine(string Text, long? TimestampNs, string? Level, IReadOnlyList<KeyValuePair<string, string>> Metadata)
{
    /// <summary>Longer lines are cut to this many bytes.</summary>
    public const int MaxBytes = 256 * 1024;
    private const int MaxDepth = 64;

    /// <summary>Takes one line, without its line end; never fails.</summary>
    /// <param name="cut">Whether the bytes are only the beginning of the line.</param>
    public static LogLine Parse(ReadOnlySpan<byte> bytes, bool cut = false)
    {
        if (bytes.Length > MaxBytes)
        {
            bytes = bytes[..MaxBytes];
            cut = true;
        }

        if (cut)
            bytes = WholeCharacters(bytes);
        var metadata = new List<KeyValuePair<string, string>>(3);
        var valid = Utf8.IsValid(bytes);
        var text = Encoding.UTF8.GetString(bytes);
        var fields = Read(valid ? bytes : Encoding.UTF8.GetBytes(text), cut);
        if (fields.TraceId is { } trace)
            metadata.Add(new("trace_id", trace));
        if (fields.SpanId is { } span)
            metadata.Add(new("span_id", span));
        if (fields.Malformed)
            metadata.Add(new("malformed", "true"));
        if (cut)
            metadata.Add(new("truncated", "true"));
        if (!valid)
            metadata.Add(new("invalid_utf8", "true"));
        return new LogLine(
            text,
            fields.Timestamp is not null && Rfc3339.TryParse(fields.Timestamp, out var nanoseconds) ? nanoseconds : null,
            fields.Level,
            metadata.Count == 0 ? [] : metadata);
    }

    private static (string? Timestamp, string? Level, string? TraceId, string? SpanId, bool Malformed) Read(ReadOnlySpan<byte> json, bool cut)
    {
        string? timestamp = null, level = null, trace = null, span = null;
        var reader = new Utf8JsonReader(json, isFinalBlock: !cut, new JsonReaderState(new JsonReaderOptions { MaxDepth = MaxDepth }));
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
                return (null, null, null, null, true);
            while (reader.Read())
            {
                if (reader.TokenType != JsonTokenType.PropertyName || reader.CurrentDepth != 1)
                    continue;
                var field = reader.ValueTextEquals("timestamp"u8) ? 1
                    : reader.ValueTextEquals("level"u8) ? 2
                    : reader.ValueTextEquals("trace_id"u8) ? 3
                    : reader.ValueTextEquals("span_id"u8) ? 4
                    : 0;
                if (field == 0)
                    continue;
                if (!reader.Read())
                    break;
                if (reader.TokenType != JsonTokenType.String || reader.ValueSpan.Length > 128)
                    continue;
                var value = reader.GetString()!;
                switch (field)
                {
                    case 1: timestamp = value; break;
                    case 2: level = IsLevel(value) ? value : null; break;
                    case 3: trace = value.Length > 0 ? value : null; break;
                    default: span = value.Length > 0 ? value : null; break;
                }
            }

            return (timestamp, level, trace, span, false);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return (null, null, null, null, true);
        }
    }

    /// <summary>A level becomes a label, so only what can be a level's name is taken as one.</summary>
    private static bool IsLevel(string value) => value.Length is > 0 and <= 32 && value.All(char.IsAsciiLetter);

    private static ReadOnlySpan<byte> WholeCharacters(ReadOnlySpan<byte> bytes)
    {
        var start = bytes.Length - 1;
        while (start >= 0 && start > bytes.Length - 4 && (bytes[start] & 0xC0) == 0x80)
            start--;
        if (start < 0 || bytes[start] < 0xC0)
            return bytes;
        var length = bytes[start] >= 0xF0 ? 4 : bytes[start] >= 0xE0 ? 3 : 2;
        return start + length > bytes.Length ? bytes[..start] : bytes;
    }
}
