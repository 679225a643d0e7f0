using System.Globalization;
using System.IO.Compression;
using System.Text.Json;
using MicroMonitored.Embedded.Query;
using MicroMonitored.Embedded.Store;

namespace MicroMonitored.Embedded.Web;

/// <summary>Reads the JSON form of Loki's push API; nothing is stored unless all of it is valid.</summary>
internal static class LokiPush
{
    private const int MaxBytes = 16 * 1024 * 1024;
    private const int MaxLineLength = 256 * 1024;
    private const int MaxLabels = 15;
    private const int MaxMetadata = 128;
    private const int MaxNameLength = 1024;
    private const int MaxValueLength = 2048;

    /// <exception cref="BadHttpRequestException">400, 413 or 415 with the reason.</exception>
    public static async Task<IReadOnlyList<LogRecord>> ReadAsync(HttpRequest request, CancellationToken cancellation)
    {
        var type = request.ContentType?.Split(';')[0].Trim() ?? "";
        if (!type.Equals("application/json", StringComparison.OrdinalIgnoreCase))
        {
            throw new BadHttpRequestException(
                $"content type \"{type}\" is not supported by the embedded engine; push application/json, or run the stack with --engine=docker for protobuf", 415);
        }

        var body = await BodyAsync(request, cancellation);
        try
        {
            using var document = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = 16 });
            return Records(document.RootElement);
        }
        catch (JsonException e)
        {
            throw new BadHttpRequestException($"invalid JSON: {e.Message}");
        }
        catch (InvalidOperationException)
        {
            throw new BadHttpRequestException("invalid JSON: a text holds an unpaired surrogate");
        }
    }

    // The limit holds for what comes out of the decompressor, read piece by piece.
    private static async Task<ReadOnlyMemory<byte>> BodyAsync(HttpRequest request, CancellationToken cancellation)
    {
        var encoding = request.Headers.ContentEncoding.ToString();
        await using Stream source = encoding.ToLowerInvariant() switch
        {
            "" or "identity" => request.Body,
            "gzip" => new GZipStream(request.Body, CompressionMode.Decompress),
            "deflate" => new ZLibStream(request.Body, CompressionMode.Decompress),
            _ => throw new BadHttpRequestException($"content encoding \"{encoding}\" is not supported; use gzip, deflate or none", 415),
        };
        var body = new MemoryStream();
        var buffer = new byte[32 * 1024];
        try
        {
            int read;
            while ((read = await source.ReadAsync(buffer, cancellation)) > 0)
            {
                if (body.Length + read > MaxBytes)
                    throw new BadHttpRequestException($"the body is larger than {MaxBytes} bytes after decompression", 413);
                body.Write(buffer, 0, read);
            }
        }
        catch (InvalidDataException e)
        {
            throw new BadHttpRequestException($"the body cannot be decompressed: {e.Message}");
        }

        return body.GetBuffer().AsMemory(0, (int)body.Length);
    }

    private static List<LogRecord> Records(JsonElement root)
    {
        var records = new List<LogRecord>();
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("streams", out var streams) || streams.ValueKind != JsonValueKind.Array)
            throw new BadHttpRequestException("expected an object with an array \"streams\"");

        foreach (var stream in streams.EnumerateArray())
        {
            if (stream.ValueKind != JsonValueKind.Object || !stream.TryGetProperty("stream", out var named) || !stream.TryGetProperty("values", out var values)
                || values.ValueKind != JsonValueKind.Array)
            {
                throw new BadHttpRequestException("each stream needs an object \"stream\" and an array \"values\"");
            }

            var labels = Texts(named, "stream", MaxLabels);
            if (labels.Count == 0)
                throw new BadHttpRequestException("error at least one label pair is required per stream");
            if (labels.All(static l => l.Key != "service_name"))
                labels.Add(new("service_name", labels.FirstOrDefault(static l => l.Key is "service" or "app" or "application" or "name" or "container" or "job").Value ?? "unknown_service"));
            foreach (var value in values.EnumerateArray())
                records.Add(Record(labels, value));
        }

        return records;
    }

    private static LogRecord Record(IReadOnlyList<KeyValuePair<string, string>> labels, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() is not (2 or 3)
            || value[0].ValueKind != JsonValueKind.String || value[1].ValueKind != JsonValueKind.String)
        {
            throw new BadHttpRequestException("each value must be [\"<nanoseconds>\", \"<line>\"] or [\"<nanoseconds>\", \"<line>\", { metadata }]");
        }

        if (!long.TryParse(value[0].GetString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var timestamp) || timestamp < 0)
            throw new BadHttpRequestException($"timestamp \"{value[0].GetString()}\" is not nanoseconds since the Unix epoch");

        var metadata = value.GetArrayLength() == 3 ? Texts(value[2], "structured metadata", MaxMetadata) : [];
        var line = value[1].GetString()!;
        if (line.Length > MaxLineLength)
        {
            line = line[..(char.IsHighSurrogate(line[MaxLineLength - 1]) ? MaxLineLength - 1 : MaxLineLength)];
            metadata.Add(new("truncated", "true"));
        }

        return new(labels, timestamp, line, metadata);
    }

    private static List<KeyValuePair<string, string>> Texts(JsonElement element, string what, int most)
    {
        if (element.ValueKind != JsonValueKind.Object)
            throw new BadHttpRequestException($"{what} must be an object of texts");

        var texts = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var property in element.EnumerateObject())
        {
            if (property.Value.ValueKind != JsonValueKind.String)
                throw new BadHttpRequestException($"{what}: the value of \"{property.Name}\" must be a text");
            var value = property.Value.GetString()!;
            if (property.Name.Length is 0 or > MaxNameLength || value.Length > MaxValueLength)
                throw new BadHttpRequestException($"{what}: names have 1 to {MaxNameLength} characters, values at most {MaxValueLength}");
            if (what == "stream" && property.Name != Query.LogQL.LogParsers.Sanitize(property.Name))
                throw new BadHttpRequestException($"stream: \"{property.Name}\" is not a label name");
            texts[property.Name] = value;
            if (texts.Count > most)
                throw new BadHttpRequestException($"{what}: more than {most} entries");
        }

        return [.. texts];
    }
}
