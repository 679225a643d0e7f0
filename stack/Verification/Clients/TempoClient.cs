using System.Text.Json;
using System.Text.Json.Nodes;
using Google.Protobuf;
using MicroMonitored.Verification.Probes;
using OpenTelemetry.Proto.Trace.V1;

namespace MicroMonitored.Verification.Clients;

/// <summary>The parts of Tempo's HTTP API that Verify asks.</summary>
internal sealed class TempoClient(SignalHttp http, Uri address)
{
    private const string Component = "tempo";
    private static readonly JsonParser Parser = new(JsonParser.Settings.Default.WithIgnoreUnknownFields(true));

    public Uri Address { get; } = address;

    /// <summary>The spans of one trace by start time; empty when the store does not know it.</summary>
    public async Task<IReadOnlyList<TraceSpan>> TraceAsync(string traceId, CancellationToken cancellation) =>
        ReadTrace(await RawTraceAsync(traceId, cancellation).ConfigureAwait(false));

    /// <summary>The answer as written; null when the store does not know the trace.</summary>
    public async Task<string?> RawTraceAsync(string traceId, CancellationToken cancellation)
    {
        var uri = new Uri(Address, $"api/v2/traces/{traceId}");
        var answer = await http.GetAsync(Component, uri, cancellation, ("Accept", "application/json")).ConfigureAwait(false);
        if (answer.Status == 404)
            return null;
        if (!answer.IsSuccess)
            throw new SignalException($"{Component} answered {answer.Status} on {uri}: {HttpAnswer.Excerpt(answer.Body)}", answer.Status);
        return answer.Body;
    }

    /// <summary>The ids (32 hex digits) of traces with a span of that service and, where given, that name.</summary>
    public async Task<IReadOnlySet<string>> SearchAsync(
        string service, string? spanName, DateTimeOffset from, DateTimeOffset to, int limit, CancellationToken cancellation)
    {
        var query = spanName is null
            ? $"{{ resource.service.name = \"{service}\" }}"
            : $"{{ resource.service.name = \"{service}\" && name = \"{spanName}\" }}";
        var window = $"&start={from.ToUnixTimeSeconds()}&end={to.ToUnixTimeSeconds() + 1}&limit={limit}";
        try
        {
            return await AskAsync($"q={Uri.EscapeDataString(query)}").ConfigureAwait(false);
        }
        catch (SignalException exception) when (exception.Status == 400)
        {
            var tags = spanName is null ? $"service.name={service}" : $"service.name={service} name=\"{spanName}\"";
            return await AskAsync($"tags={Uri.EscapeDataString(tags)}").ConfigureAwait(false);
        }

        Task<IReadOnlySet<string>> AskAsync(string what) =>
            http.GetJsonAsync(Component, new Uri(Address, $"api/search?{what}{window}"), ReadSearch, cancellation);
    }

    /// <summary>Tempo strips leading zeros of the ids it answers to a search.</summary>
    internal static IReadOnlySet<string> ReadSearch(JsonElement answer) =>
        answer.Items("traces").Select(trace => (trace.Text("traceID") ?? "").PadLeft(32, '0')).ToHashSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>Reads protobuf's JSON of <c>TracesData</c>, which Tempo wraps as <c>trace</c> (v2) or calls <c>batches</c> (v1).</summary>
    internal static IReadOnlyList<TraceSpan> ReadTrace(string? answer)
    {
        if (answer is null)
            return [];
        try
        {
            var root = JsonNode.Parse(answer) as JsonObject;
            var trace = root?["trace"] as JsonObject ?? root;
            var data = new JsonObject { ["resourceSpans"] = (trace?["resourceSpans"] ?? trace?["batches"])?.DeepClone() };
            return [.. OtlpTraces.Spans(Parser.Parse<TracesData>(data.ToJsonString()).ResourceSpans).OrderBy(span => span.StartNs)];
        }
        catch (Exception exception) when (exception is JsonException or InvalidProtocolBufferException or InvalidJsonException
            or InvalidOperationException or FormatException or ArgumentException)
        {
            throw new SignalException($"{Component} answered no trace: {exception.Message}");
        }
    }
}
