using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace MicroMonitored.Model.Settings;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    Converters =
    [
        typeof(JsonStringEnumConverter<EngineChoice>), typeof(JsonStringEnumConverter<AgentChoice>), typeof(JsonStringEnumConverter<MetricsStore>),
        typeof(AddressConverter), typeof(DurationConverter),
    ])]
[JsonSerializable(typeof(StackSettings))]
[JsonSerializable(typeof(JsonNode))]
internal sealed partial class SettingsJson : JsonSerializerContext;

/// <summary>An IP address as its text.</summary>
internal sealed class AddressConverter : JsonConverter<IPAddress>
{
    public override IPAddress Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        => IPAddress.TryParse(reader.GetString(), out var address) ? address : throw new JsonException();

    public override void Write(Utf8JsonWriter writer, IPAddress value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
}

/// <summary>A duration as its text.</summary>
internal sealed class DurationConverter : JsonConverter<PrometheusDuration>
{
    public override PrometheusDuration Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        => PrometheusDuration.TryParse(reader.GetString(), out var duration) ? duration : throw new JsonException();

    public override void Write(Utf8JsonWriter writer, PrometheusDuration value, JsonSerializerOptions options) => writer.WriteStringValue(value.Text);
}
