using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Google.Protobuf;
using MicroMonitored.Protocols.Exposition;
using MicroMonitored.Embedded.Query;
using MicroMonitored.Embedded.Rules;
using MicroMonitored.Embedded.Store;

namespace MicroMonitored.Embedded.Web;

/// <summary>Every answer that is JSON.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(SampleConverter), typeof(LogEntryConverter)])]
[JsonSerializable(typeof(BuildInfo))]
[JsonSerializable(typeof(Health))]
[JsonSerializable(typeof(PromError))]
[JsonSerializable(typeof(Success<BuildInfo>))]
[JsonSerializable(typeof(Success<IReadOnlyList<string>>))]
[JsonSerializable(typeof(Success<IEnumerable<Labels>>))]
[JsonSerializable(typeof(Success<PromData<Sample>>))]
[JsonSerializable(typeof(Success<PromData<TextSample>>))]
[JsonSerializable(typeof(Success<PromData<IEnumerable<InstantSeries>>>))]
[JsonSerializable(typeof(Success<PromData<IEnumerable<RangeSeries>>>))]
[JsonSerializable(typeof(Success<IEnumerable<ExemplarSeries>>))]
[JsonSerializable(typeof(Success<PromTargets>))]
[JsonSerializable(typeof(Success<Dictionary<string, MetricMetadata[]>>))]
[JsonSerializable(typeof(Success<RuleGroups>))]
[JsonSerializable(typeof(Success<ActiveAlerts>))]
[JsonSerializable(typeof(AlertMessage))]
[JsonSerializable(typeof(Success<LokiData<IEnumerable<InstantSeries>>>))]
[JsonSerializable(typeof(Success<LokiData<IEnumerable<RangeSeries>>>))]
[JsonSerializable(typeof(Success<LokiData<IEnumerable<LokiStream>>>))]
[JsonSerializable(typeof(Success<LokiData<Sample>>))]
[JsonSerializable(typeof(LokiPushRequest))]
[JsonSerializable(typeof(IEnumerable<Dashboards.FoundDashboard>))]
[JsonSerializable(typeof(System.Text.Json.Nodes.JsonObject))]
[JsonSerializable(typeof(TempoBatches))]
[JsonSerializable(typeof(TempoTrace))]
[JsonSerializable(typeof(TempoSearch))]
[JsonSerializable(typeof(TempoRange))]
[JsonSerializable(typeof(TempoInstant))]
[JsonSerializable(typeof(TempoTagNames))]
[JsonSerializable(typeof(TempoTagScopes))]
[JsonSerializable(typeof(TempoTagValues<string>))]
[JsonSerializable(typeof(TempoTagValues<TempoTagValue>))]
internal sealed partial class AnswerJson : JsonSerializerContext;

/// <summary>The envelope of Prometheus and Loki; no data, no member.</summary>
internal sealed record Success<T>(T? Data, [property: JsonPropertyOrder(-1)] string Status = "success");

/// <summary>What <c>status/buildinfo</c> says.</summary>
internal sealed record BuildInfo(string Version, string Revision, string Branch, string BuildUser, string BuildDate, string GoVersion)
{
    public static readonly BuildInfo Own = new(Answers.Version, "embedded", "", "", "", "");
}

/// <summary>What Grafana's <c>api/health</c> says.</summary>
internal sealed record Health(string Commit, string Database, string Version);

/// <summary>A message in protobuf's own JSON mapping: ids in base64, 64-bit integers as text, defaults left out.</summary>
[JsonConverter(typeof(ProtobufConverter))]
internal readonly record struct Protobuf(IMessage Message);

internal sealed class ProtobufConverter : JsonConverter<Protobuf>
{
    public override Protobuf Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => throw new NotSupportedException();

    public override void Write(Utf8JsonWriter writer, Protobuf value, JsonSerializerOptions options) =>
        writer.WriteRawValue(JsonFormatter.Default.Format(value.Message), skipInputValidation: true);
}

/// <summary><c>[seconds, "value"]</c></summary>
internal sealed class SampleConverter : JsonConverter<Sample>
{
    public override Sample Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => throw new NotSupportedException();

    public override void Write(Utf8JsonWriter writer, Sample value, JsonSerializerOptions options) =>
        Write(writer, value.TimestampMs, Quantities.Format(value.Value));

    public static void Write(Utf8JsonWriter writer, long timestampMs, string value)
    {
        writer.WriteStartArray();
        writer.WriteRawValue(Quantities.FormatSeconds(timestampMs), skipInputValidation: true);
        writer.WriteStringValue(value);
        writer.WriteEndArray();
    }
}

/// <summary><c>[seconds, "text"]</c></summary>
internal sealed class TextSampleConverter : JsonConverter<TextSample>
{
    public override TextSample Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => throw new NotSupportedException();

    public override void Write(Utf8JsonWriter writer, TextSample value, JsonSerializerOptions options) =>
        SampleConverter.Write(writer, value.TimestampMs, value.Text);
}

/// <summary><c>["nanoseconds", "line"]</c></summary>
internal sealed class LogEntryConverter : JsonConverter<LogEntry>
{
    public override LogEntry Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => throw new NotSupportedException();

    public override void Write(Utf8JsonWriter writer, LogEntry value, JsonSerializerOptions options)
    {
        writer.WriteStartArray();
        writer.WriteStringValue(value.TimestampNs.ToString(CultureInfo.InvariantCulture));
        writer.WriteStringValue(value.Line);
        writer.WriteEndArray();
    }
}
