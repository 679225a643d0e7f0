using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using MicroMonitored.Embedded.Ingest;
using MicroMonitored.Embedded.Ingest.Wire;
using MicroMonitored.Embedded.Query;
using MicroMonitored.Embedded.Query.LogQL;
using MicroMonitored.Embedded.Store;

namespace MicroMonitored.Embedded.Web;

internal sealed record LokiPushRequest(IReadOnlyList<LokiPushStream>? Streams);

internal sealed record LokiPushStream(Dictionary<string, string?>? Stream, IReadOnlyList<LokiEntry>? Values);

[JsonConverter(typeof(LokiEntryConverter))]
internal sealed record LokiEntry(long TimestampNs, string Line, Dictionary<string, string?> Metadata);

/// <summary>Reads Loki's push API in JSON and in snappy protobuf; nothing is stored unless all of it is valid.</summary>
internal static class LokiPush
{
    private const int MaxLineLength = 256 * 1024;
    private const int MaxLabels = 15;
    private const int MaxMetadata = 128;
    private const int MaxNameLength = 1024;
    private const int MaxValueLength = 2048;

    /// <exception cref="BadHttpRequestException">400 or 415 with the reason.</exception>
    /// <exception cref="IngestException">413 and what else is wrong with a body as such.</exception>
    public static async Task<IReadOnlyList<LogRecord>> ReadAsync(HttpRequest request, RequestBody body, CancellationToken cancellation)
    {
        if (IngestApi.MediaType(request.HttpContext) == "application/x-protobuf")
        {
            var message = await body.ReadSnappyAsync(
                request, "a Loki push", static bytes => ParseBudget.Message<PushRequest>(bytes.Span), cancellation);
            return [.. message.Streams.Select(Stream).SelectMany(Records)];
        }

        if (!request.HasJsonContentType())
        {
            throw new BadHttpRequestException(
                $"content type \"{request.ContentType}\" is not supported; push application/json or application/x-protobuf (snappy)",
                StatusCodes.Status415UnsupportedMediaType);
        }

        try
        {
            var push = await body.ReadAsync(
                request, "a Loki push", static json => JsonSerializer.Deserialize(ParseBudget.Json(json).Span, AnswerJson.Default.LokiPushRequest),
                cancellation);
            var streams = push?.Streams ?? throw new BadHttpRequestException("expected an object with an array \"streams\"");
            return [.. streams.SelectMany(Records)];
        }
        catch (JsonException e)
        {
            throw new BadHttpRequestException(
                $"invalid JSON at {e.Path ?? "$"}, line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}: expected "
                + "{\"streams\":[{\"stream\":{\"<label>\":\"<text>\"},\"values\":[[\"<nanoseconds>\",\"<line>\",{\"<metadata>\":\"<text>\"}]]}]}");
        }
    }

    private static LokiPushStream Stream(Ingest.Wire.Stream stream)
    {
        try
        {
            var labels = LogParser.Matchers(stream.Labels);
            if (labels.FirstOrDefault(static label => label.Operator != MatchOperator.Equal) is { } other)
                throw new BadHttpRequestException($"stream: the label {other.Name} needs =");
            return new(labels.ToDictionary(static label => label.Name, static label => (string?)label.Value), [.. stream.Entries.Select(Entry)]);
        }
        catch (Exception exception) when (exception is QuerySyntaxException or ArgumentException)
        {
            throw new BadHttpRequestException($"stream: {exception.Message}; expected {{label=\"text\", ...}}", exception);
        }
    }

    private static LokiEntry Entry(Ingest.Wire.Entry entry)
    {
        var time = entry.Timestamp ?? throw new BadHttpRequestException("an entry has no timestamp");
        if (time.Seconds is < 0 or > long.MaxValue / 1_000_000_000 - 1 || time.Nanos is < 0 or > 999_999_999)
            throw new BadHttpRequestException("the timestamp of an entry is out of range");
        var metadata = new Dictionary<string, string?>();
        foreach (var pair in entry.StructuredMetadata)
            metadata[pair.Name] = pair.Value;
        return new((time.Seconds * 1_000_000_000) + time.Nanos, entry.Line, metadata);
    }

    private static IEnumerable<LogRecord> Records(LokiPushStream stream)
    {
        if (stream is not { Stream: { } named, Values: { } values })
            throw new BadHttpRequestException("each stream needs an object \"stream\" and an array \"values\"");
        if (named.Keys.FirstOrDefault(static name => name != LogParsers.Sanitize(name)) is { } bad)
            throw new BadHttpRequestException($"stream: \"{bad}\" is not a label name");
        var labels = Texts(named, "stream", MaxLabels);
        if (labels.Count == 0)
            throw new BadHttpRequestException("error at least one label pair is required per stream");
        if (labels.All(static label => label.Key != "service_name"))
        {
            var service = labels.FirstOrDefault(static label => label.Key is "service" or "app" or "application" or "name" or "container" or "job");
            labels.Add(new("service_name", service.Value ?? "unknown_service"));
        }

        return values.Select(entry => Record(labels, entry ?? throw new BadHttpRequestException(LokiEntryConverter.Expected)));
    }

    private static LogRecord Record(IReadOnlyList<KeyValuePair<string, string>> labels, LokiEntry entry)
    {
        var (line, metadata) = (entry.Line, Texts(entry.Metadata, "structured metadata", MaxMetadata));
        if (line.Length > MaxLineLength)
        {
            line = line[..(char.IsHighSurrogate(line[MaxLineLength - 1]) ? MaxLineLength - 1 : MaxLineLength)];
            metadata.Add(new("truncated", "true"));
        }

        return new(labels, entry.TimestampNs, line, metadata);
    }

    private static List<KeyValuePair<string, string>> Texts(Dictionary<string, string?> texts, string what, int most)
    {
        if (texts.Count > most)
            throw new BadHttpRequestException($"{what}: more than {most} entries");
        foreach (var (name, value) in texts)
        {
            if (value is null)
                throw new BadHttpRequestException($"{what}: the value of \"{name}\" must be a text");
            if (name.Length is 0 or > MaxNameLength || value.Length > MaxValueLength)
                throw new BadHttpRequestException($"{what}: names have 1 to {MaxNameLength} characters, values at most {MaxValueLength}");
        }

        return [.. texts.Select(static text => KeyValuePair.Create(text.Key, text.Value!))];
    }
}

/// <summary><c>["nanoseconds", "line"]</c> or <c>["nanoseconds", "line", { metadata }]</c></summary>
internal sealed class LokiEntryConverter : JsonConverter<LokiEntry>
{
    public const string Expected = "each value must be [\"<nanoseconds>\", \"<line>\"] or [\"<nanoseconds>\", \"<line>\", { metadata }]";

    public override LokiEntry Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        Require(reader.TokenType == JsonTokenType.StartArray);
        Require(reader.Read() && reader.TokenType == JsonTokenType.String);
        var timestamp = reader.GetString();
        if (!long.TryParse(timestamp, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var nanoseconds) || nanoseconds < 0)
            throw new BadHttpRequestException($"timestamp \"{timestamp}\" is not nanoseconds since the Unix epoch");
        Require(reader.Read() && reader.TokenType == JsonTokenType.String);
        var line = reader.GetString()!;
        var metadata = new Dictionary<string, string?>();
        reader.Read();
        if (reader.TokenType != JsonTokenType.EndArray)
        {
            Require(reader.TokenType == JsonTokenType.StartObject);
            metadata = JsonSerializer.Deserialize(ref reader, AnswerJson.Default.DictionaryStringString)!;
            Require(reader.Read() && reader.TokenType == JsonTokenType.EndArray);
        }

        return new(nanoseconds, line, metadata);
    }

    public override void Write(Utf8JsonWriter writer, LokiEntry value, JsonSerializerOptions options) => throw new NotSupportedException();

    private static void Require(bool condition)
    {
        if (!condition)
            throw new BadHttpRequestException(Expected);
    }
}
