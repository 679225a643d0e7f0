using System.Globalization;
using System.Text.Json;
using Google.Protobuf;
using MicroMonitored.Protocols.Otlp;
using OpenTelemetry.Proto.Collector.Trace.V1;
using OpenTelemetry.Proto.Common.V1;
using OpenTelemetry.Proto.Resource.V1;
using OpenTelemetry.Proto.Trace.V1;
using SpanKind = OpenTelemetry.Proto.Trace.V1.Span.Types.SpanKind;
using StatusCode = OpenTelemetry.Proto.Trace.V1.Status.Types.StatusCode;

namespace MicroMonitored.Protocols.Zipkin;

/// <summary>Zipkin v2 JSON (https://zipkin.io/zipkin-api/) as OTLP spans, translated as the OpenTelemetry collector does.</summary>
public static class ZipkinReader
{
    private const int MaxTags = 1024;

    /// <summary>Reads a list of spans.</summary>
    /// <exception cref="LimitException">There are more than <paramref name="maxSpans"/> spans, or more than 1024 tags on one.</exception>
    /// <exception cref="FormatException">The text is no list of Zipkin spans.</exception>
    public static ExportTraceServiceRequest Read(ReadOnlyMemory<byte> json, int maxSpans = int.MaxValue)
    {
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 16 });
            if (document.RootElement.ValueKind != JsonValueKind.Array)
                throw new FormatException("a list of spans is expected");
            if (document.RootElement.GetArrayLength() > maxSpans)
                throw new LimitException($"More than {maxSpans} spans in one body.");
            var services = new Dictionary<(string, string), ScopeSpans>();
            var request = new ExportTraceServiceRequest();
            foreach (var element in document.RootElement.EnumerateArray())
                Add(request, services, element);
            return request;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or OverflowException)
        {
            throw new FormatException(exception.Message, exception);
        }
    }

    private static void Add(ExportTraceServiceRequest request, Dictionary<(string, string), ScopeSpans> services, JsonElement json)
    {
        var tags = Tags(json);
        var span = new Span
        {
            TraceId = TraceId(Text(json, "traceId") ?? throw new FormatException("a span has no traceId")),
            SpanId = SpanId(Text(json, "id") ?? throw new FormatException("a span has no id")),
            Name = Text(json, "name") ?? "",
            Kind = Text(json, "kind")?.ToUpperInvariant() switch
            {
                "CLIENT" => SpanKind.Client,
                "SERVER" => SpanKind.Server,
                "PRODUCER" => SpanKind.Producer,
                "CONSUMER" => SpanKind.Consumer,
                _ => SpanKind.Unspecified,
            },
        };
        if (Text(json, "parentId") is { Length: > 0 } parent)
            span.ParentSpanId = SpanId(parent);
        if (span.Kind == SpanKind.Unspecified && tags.Remove("span.kind", out var kind) && kind == "internal")
            span.Kind = SpanKind.Internal;

        var start = Micros(json, "timestamp");
        span.StartTimeUnixNano = checked(start * 1000);
        span.EndTimeUnixNano = checked((start + Micros(json, "duration")) * 1000);
        if (json.TryGetProperty("annotations", out var annotations) && annotations.ValueKind == JsonValueKind.Array)
            foreach (var annotation in annotations.EnumerateArray())
                span.Events.Add(new Span.Types.Event
                {
                    TimeUnixNano = checked(Micros(annotation, "timestamp") * 1000), Name = Text(annotation, "value") ?? "",
                });

        Status(span, tags);
        var scopeName = tags.Remove("otel.scope.name", out var scope) || tags.Remove("otel.library.name", out scope) ? scope : "";
        Endpoint(span, json, "localEndpoint", "net.host");
        if (Endpoint(span, json, "remoteEndpoint", "net.peer") is { } peer)
            span.Attributes.Add(OtlpValues.Text("peer.service", peer));
        foreach (var (key, value) in tags)
            span.Attributes.Add(OtlpValues.Text(key, value));

        var service = json.TryGetProperty("localEndpoint", out var local) && local.ValueKind == JsonValueKind.Object
            ? Text(local, "serviceName") ?? ""
            : "";
        if (!services.TryGetValue((service, scopeName), out var scopeSpans))
        {
            var resource = new Resource();
            if (service.Length > 0)
                resource.Attributes.Add(OtlpValues.Text("service.name", service));
            scopeSpans = new ScopeSpans { Scope = new InstrumentationScope { Name = scopeName } };
            services.Add((service, scopeName), scopeSpans);
            request.ResourceSpans.Add(new ResourceSpans { Resource = resource, ScopeSpans = { scopeSpans } });
        }

        scopeSpans.Spans.Add(span);
    }

    private static void Status(Span span, Dictionary<string, string> tags)
    {
        if (tags.Remove("otel.status_code", out var code))
        {
            span.Status = new Status
            {
                Code = code switch
                {
                    "OK" => StatusCode.Ok,
                    "ERROR" => StatusCode.Error,
                    _ => StatusCode.Unset,
                },
                Message = tags.Remove("otel.status_description", out var description) ? description : "",
            };
        }

        if (tags.Remove("error", out var error) && span.Status is null && error != "false")
            span.Status = new Status { Code = StatusCode.Error, Message = error is "true" ? "" : error };
    }

    private static string? Endpoint(Span span, JsonElement json, string name, string prefix)
    {
        if (!json.TryGetProperty(name, out var endpoint) || endpoint.ValueKind != JsonValueKind.Object)
            return null;
        if (Text(endpoint, "ipv4") is { } ipv4)
            span.Attributes.Add(OtlpValues.Text($"{prefix}.ip", ipv4));
        else if (Text(endpoint, "ipv6") is { } ipv6)
            span.Attributes.Add(OtlpValues.Text($"{prefix}.ip", ipv6));
        if (endpoint.TryGetProperty("port", out var port) && port.TryGetInt32(out var number) && number > 0)
            span.Attributes.Add(new KeyValue { Key = $"{prefix}.port", Value = new AnyValue { IntValue = number } });
        return Text(endpoint, "serviceName") is { Length: > 0 } service ? service : null;
    }

    private static Dictionary<string, string> Tags(JsonElement json)
    {
        var tags = new Dictionary<string, string>(StringComparer.Ordinal);
        if (json.ValueKind != JsonValueKind.Object)
            throw new FormatException("a span must be an object");
        if (!json.TryGetProperty("tags", out var element) || element.ValueKind != JsonValueKind.Object)
            return tags;
        foreach (var tag in element.EnumerateObject())
        {
            if (tags.Count == MaxTags)
                throw new LimitException($"More than {MaxTags} tags on one span.");
            tags[tag.Name] = tag.Value.ValueKind == JsonValueKind.String ? tag.Value.GetString()! : tag.Value.GetRawText();
        }

        return tags;
    }

    private static string? Text(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static ulong Micros(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetUInt64() : 0;

    private static ByteString TraceId(string text) => text.Length is > 0 and <= 32
        ? ByteString.CopyFrom(Convert.FromHexString(text.PadLeft(32, '0')))
        : throw new FormatException("a traceId must be 16 or 32 hex digits");

    private static ByteString SpanId(string text) => ulong.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var id)
        ? OtlpValues.Id(id)
        : throw new FormatException("a span id must be 16 hex digits");
}
