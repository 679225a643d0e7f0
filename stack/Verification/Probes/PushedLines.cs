using System.Text.Json;
using MicroMonitored.Protocols;
using MicroMonitored.Verification.Clients;

namespace MicroMonitored.Verification.Probes;

/// <summary>Sends lines to Loki's push API as a log agent would label them: for a stack whose agent is out of reach.</summary>
internal sealed class PushedLines(LokiClient loki) : ILogProbe
{
    /// <exception cref="InvalidOperationException">Loki does not take them.</exception>
    public async Task AppendAsync(string fileName, IReadOnlyList<string> lines, CancellationToken cancellation)
    {
        try
        {
            var answer = await loki.PushAsync(Body(fileName, lines), cancellation).ConfigureAwait(false);
            if (!answer.IsSuccess)
                throw new InvalidOperationException($"loki answered {answer.Status} to a push: {HttpAnswer.Excerpt(answer.Body)}");
        }
        catch (SignalException exception)
        {
            throw new InvalidOperationException(exception.Message, exception);
        }
    }

    public Task RemoveAsync(string fileName, CancellationToken cancellation) => Task.CompletedTask;

    private static byte[] Body(string fileName, IReadOnlyList<string> lines)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteStartArray("streams");
            json.WriteStartObject();
            json.WriteStartObject("stream");
            var job = Path.GetFileNameWithoutExtension(fileName);
            json.WriteString("job", job);
            json.WriteString("service_name", job);
            json.WriteString("filename", $"/{fileName}");
            json.WriteString("level", "information");
            json.WriteEndObject();
            json.WriteStartArray("values");
            foreach (var line in lines)
                Write(json, line);
            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
        }
        return buffer.ToArray();
    }

    private static void Write(Utf8JsonWriter json, string line)
    {
        using var fields = JsonDocument.Parse(line);
        json.WriteStartArray();
        json.WriteStringValue(Rfc3339.TryParse(fields.RootElement.Text("timestamp"), out var nanoseconds) ? $"{nanoseconds}" : "0");
        json.WriteStringValue(line);
        json.WriteStartObject();
        foreach (var name in new[] { "trace_id", "span_id" })
            json.WriteString(name, fields.RootElement.Text(name));
        json.WriteEndObject();
        json.WriteEndArray();
    }
}
