using System.Globalization;
using System.Text.Json;
using MicroMonitored.Verification.Probes;

namespace MicroMonitored.Verification.Clients;

/// <summary>The parts of Tempo's HTTP API that Verify asks.</summary>
internal sealed class TempoClient(SignalHttp http, Uri address)
{
    private const string Component = "tempo";

    public Uri Address { get; } = address;

    /// <summary>The spans of one trace by start time; empty when the store does not know it.</summary>
    public async Task<IReadOnlyList<TraceSpan>> TraceAsync(string traceId, CancellationToken cancellation) => ReadTrace(await RawTraceAsync(traceId, cancellation).ConfigureAwait(false));

    /// <summary>The answer as written; null when the store does not know the trace.</summary>
    public async Task<JsonElement?> RawTraceAsync(string traceId, CancellationToken cancellation)
    {
        var uri = new Uri(Address, $"/api/v2/traces/{traceId}");
        var answer = await http.GetAsync(Component, uri, cancellation, ("Accept", "application/json")).ConfigureAwait(false);
        if (answer.Status == 404)
            return null;
        if (!answer.IsSuccess)
            throw new SignalException($"{Component} answered {answer.Status} on {uri}: {HttpAnswer.Excerpt(answer.Body)}", answer.Status);
        return answer.Json(Component, uri);
    }

    /// <summary>The ids (32 hex digits) of traces with a span of that service and, where given, that name.</summary>
    public async Task<IReadOnlySet<string>> SearchAsync(string service, string? spanName, DateTimeOffset from, DateTimeOffset to, int limit, CancellationToken cancellation)
    {
        var query = spanName is null
            ? $"{{ resource.service.name = \"{service}\" }}"
            : $"{{ resource.service.name = \"{service}\" && name = \"{spanName}\" }}";
        var window = $"&start={from.ToUnixTimeSeconds()}&end={to.ToUnixTimeSeconds() + 1}&limit={limit}";
        try
        {
            return ReadSearch(await http.GetJsonAsync(Component, new Uri(Address, $"/api/search?q={Uri.EscapeDataString(query)}{window}"), cancellation).ConfigureAwait(false));
        }
        catch (SignalException exception) when (exception.Status == 400)
        {
            var tags = spanName is null ? $"service.name={service}" : $"service.name={service} name=\"{spanName}\"";
            return ReadSearch(await http.GetJsonAsync(Component, new Uri(Address, $"/api/search?tags={Uri.EscapeDataString(tags)}{window}"), cancellation).ConfigureAwait(false));
        }
    }

    /// <summary>Tempo strips leading zeros of the ids it answers to a search.</summary>
    internal static IReadOnlySet<string> ReadSearch(JsonElement answer) =>
        answer.Items("traces").Select(trace => (trace.Text("traceID") ?? "").PadLeft(32, '0')).ToHashSet(StringComparer.OrdinalIgnoreCase);

    internal static IReadOnlyList<TraceSpan> ReadTrace(JsonElement? answer)
    {
        if (answer is not { } root)
            return [];
        var trace = root.ValueKind == JsonValueKind.Object && root.TryGetProperty("trace", out var inner) ? inner : root;
        var spans = new List<TraceSpan>();
        foreach (var resource in trace.Items("resourceSpans").Concat(trace.Items("batches")))
        {
            var service = resource.TryGetProperty("resource", out var about) ? Attributes(about).GetValueOrDefault("service.name") as string ?? "" : "";
            foreach (var span in resource.Items("scopeSpans").SelectMany(scope => scope.Items("spans")))
                spans.Add(ReadSpan(span, service));
        }
        return [.. spans.OrderBy(span => span.StartNs)];
    }

    private static TraceSpan ReadSpan(JsonElement span, string service)
    {
        var parent = Id(span.Text("parentSpanId"), 8);
        return new TraceSpan(
            Id(span.Text("traceId"), 16) ?? "",
            Id(span.Text("spanId"), 8) ?? "",
            parent,
            span.Text("name") ?? "",
            Kind(span.Text("kind")),
            Number(span.Text("startTimeUnixNano")),
            Number(span.Text("endTimeUnixNano")),
            service,
            Attributes(span))
        {
            IsError = span.TryGetProperty("status", out var status) && status.Text("code") is "STATUS_CODE_ERROR" or "2",
        };
    }

    private static SpanKind Kind(string? text) => text switch
    {
        "SPAN_KIND_INTERNAL" or "1" => SpanKind.Internal,
        "SPAN_KIND_SERVER" or "2" => SpanKind.Server,
        "SPAN_KIND_CLIENT" or "3" => SpanKind.Client,
        "SPAN_KIND_PRODUCER" or "4" => SpanKind.Producer,
        "SPAN_KIND_CONSUMER" or "5" => SpanKind.Consumer,
        _ => SpanKind.Unspecified,
    };

    /// <summary>Hex digits of an id written in base64 (Tempo) or hex (OTLP/JSON); null when absent or all zero.</summary>
    private static string? Id(string? text, int bytes)
    {
        if (string.IsNullOrEmpty(text))
            return null;
        if (text.Length != bytes * 2)
        {
            try
            {
                text = Convert.ToHexStringLower(Convert.FromBase64String(text));
            }
            catch (FormatException)
            {
                return text;
            }
        }
        return text.All(digit => digit == '0') ? null : text.ToLowerInvariant();
    }

    private static long Number(string? text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : 0;

    private static Dictionary<string, object> Attributes(JsonElement owner)
    {
        var attributes = new Dictionary<string, object>(StringComparer.Ordinal);
        foreach (var attribute in owner.Items("attributes"))
        {
            if (attribute.Text("key") is not { } key || !attribute.TryGetProperty("value", out var value) || value.ValueKind != JsonValueKind.Object)
                continue;
            foreach (var typed in value.EnumerateObject())
            {
                attributes[key] = typed.Name switch
                {
                    "intValue" => Number(typed.Value.ValueKind == JsonValueKind.String ? typed.Value.GetString() : typed.Value.GetRawText()),
                    "boolValue" => typed.Value.ValueKind == JsonValueKind.True,
                    "doubleValue" when typed.Value.ValueKind == JsonValueKind.Number => typed.Value.GetDouble(),
                    "stringValue" => typed.Value.GetString() ?? "",
                    _ => typed.Value.GetRawText(),
                };
                break;
            }
        }
        return attributes;
    }
}
