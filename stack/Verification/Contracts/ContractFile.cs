using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using MicroMonitored.Model;

namespace MicroMonitored.Verification.Contracts;

/// <summary>Reads and writes <c>telemetry.lock</c>: JSON in ordinal order, the same text for the same telemetry.</summary>
public static class ContractFile
{
    /// <summary>Where a repository has the file's JSON Schema, from the folder of <c>telemetry.lock</c>.</summary>
    public const string Schema = "./stack/telemetry.schema.json";

    private const int Version = 1;

    private static readonly JsonWriterOptions Readable =
        new() { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly (EmittedSignal Signal, string Key, string Parts)[] Signals =
    [
        (EmittedSignal.Metric, "metrics", "labels"), (EmittedSignal.Span, "spans", "attributes"), (EmittedSignal.Log, "logs", "fields"),
    ];

    /// <summary>The file's text.</summary>
    /// <param name="contract">What it holds.</param>
    /// <param name="schema">Where its JSON Schema is; null where there is none.</param>
    public static string Write(TelemetryContract contract, string? schema = Schema)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Readable))
        {
            json.WriteStartObject();
            if (schema is not null)
                json.WriteString("$schema", schema);
            json.WriteNumber("version", Version);
            json.WriteStartObject("services");
            foreach (var service in contract.Items.GroupBy(item => item.Service))
            {
                json.WriteStartObject(service.Key);
                foreach (var (signal, key, parts) in Signals)
                {
                    json.WriteStartObject(key);
                    foreach (var item in service.Where(item => item.Signal == signal))
                        Write(json, item, parts);
                    json.WriteEndObject();
                }
                json.WriteEndObject();
            }
            json.WriteEndObject();
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.ToArray()) + "\n";
    }

    /// <summary>Reads a file's text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="file">How a fault names the file.</param>
    /// <param name="accept">What writes it anew.</param>
    /// <exception cref="FaultException">It is no such file.</exception>
    public static TelemetryContract Read(string text, string file = TelemetryContract.FileName, string accept = "--accept")
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            var root = document.RootElement;
            if (root.GetProperty("version").GetInt32() is var version && version != Version)
                throw new FaultException($"{file}: version is {version}; this one reads {Version}: write it anew with {accept}");
            return TelemetryContract.Of(
                from service in root.GetProperty("services").EnumerateObject()
                from signal in Signals
                from item in service.Value.GetProperty(signal.Key).EnumerateObject()
                select Item(service.Name, signal.Signal, signal.Parts, item));
        }
        catch (JsonException exception)
        {
            var reason = exception.Message.Split(" LineNumber:")[0].TrimEnd('.');
            throw new FaultException(
                $"{file}:{exception.LineNumber + 1}: is not valid JSON: {reason}; restore it, or write it anew with {accept}");
        }
        catch (Exception exception) when (exception is KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new FaultException($"{file}: is no record of telemetry; restore it, or write it anew with {accept}");
        }
    }

    private static EmittedItem Item(string service, EmittedSignal signal, string parts, JsonProperty item) => new(
        service, signal, item.Name,
        Texts(item.Value.EnumerateObject().Where(trait => trait.Value.ValueKind == JsonValueKind.String)),
        Texts(item.Value.GetProperty(parts).EnumerateObject()),
        item.Value.TryGetProperty("parents", out var parents) ? [.. parents.EnumerateArray().Select(parent => parent.GetString()!)] : []);

    private static Dictionary<string, string> Texts(IEnumerable<JsonProperty> properties) =>
        properties.ToDictionary(property => property.Name, property => property.Value.GetString()!, StringComparer.Ordinal);

    private static void Write(Utf8JsonWriter json, EmittedItem item, string parts)
    {
        json.WriteStartObject(item.Name);
        foreach (var (name, value) in item.Traits.OrderBy(trait => trait.Key, StringComparer.Ordinal))
            json.WriteString(name, value);
        json.WriteStartObject(parts);
        foreach (var (name, value) in item.Parts.OrderBy(part => part.Key, StringComparer.Ordinal))
            json.WriteString(name, value);
        json.WriteEndObject();
        if (item.Parents.Count > 0)
        {
            json.WriteStartArray("parents");
            foreach (var parent in item.Parents.Order(StringComparer.Ordinal))
                json.WriteStringValue(parent);
            json.WriteEndArray();
        }
        json.WriteEndObject();
    }
}
