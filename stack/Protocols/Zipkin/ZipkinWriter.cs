using System.Globalization;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Collections;
using OpenTelemetry.Proto.Collector.Trace.V1;
using OpenTelemetry.Proto.Common.V1;
using OpenTelemetry.Proto.Trace.V1;
using SpanKind = OpenTelemetry.Proto.Trace.V1.Span.Types.SpanKind;
using StatusCode = OpenTelemetry.Proto.Trace.V1.Status.Types.StatusCode;

namespace MicroMonitored.Protocols.Zipkin;

/// <summary>OTLP spans as Zipkin v2 JSON, which <see cref="ZipkinReader"/> reads: microseconds, text tags, no kind for an internal span.</summary>
public static class ZipkinWriter
{
    /// <summary>Writes a list of spans as UTF-8.</summary>
    public static byte[] Write(ExportTraceServiceRequest request)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartArray();
            foreach (var resource in request.ResourceSpans)
            {
                var service = resource.Resource?.Attributes.FirstOrDefault(attribute => attribute.Key == "service.name")?.Value.StringValue ?? "";
                foreach (var scope in resource.ScopeSpans)
                    foreach (var span in scope.Spans)
                        Write(json, span, service, scope.Scope?.Name ?? "");
            }

            json.WriteEndArray();
        }

        return buffer.ToArray();
    }

    private static void Write(Utf8JsonWriter json, Span span, string service, string scope)
    {
        json.WriteStartObject();
        json.WriteString("traceId", Convert.ToHexStringLower(span.TraceId.Span));
        json.WriteString("id", Convert.ToHexStringLower(span.SpanId.Span));
        if (!span.ParentSpanId.IsEmpty)
            json.WriteString("parentId", Convert.ToHexStringLower(span.ParentSpanId.Span));
        json.WriteString("name", span.Name);
        if (span.Kind is SpanKind.Client or SpanKind.Server or SpanKind.Producer or SpanKind.Consumer)
            json.WriteString("kind", span.Kind.ToString().ToUpperInvariant());
        json.WriteNumber("timestamp", span.StartTimeUnixNano / 1000);
        json.WriteNumber("duration", (span.EndTimeUnixNano / 1000) - (span.StartTimeUnixNano / 1000));
        json.WriteStartObject("localEndpoint");
        json.WriteString("serviceName", service);
        json.WriteEndObject();
        json.WriteStartArray("annotations");
        foreach (var annotation in span.Events)
        {
            json.WriteStartObject();
            json.WriteNumber("timestamp", annotation.TimeUnixNano / 1000);
            json.WriteString("value", annotation.Name);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartObject("tags");
        Tags(json, span.Attributes);
        if (span.Kind == SpanKind.Internal)
            json.WriteString("span.kind", "internal");
        if (span.Status?.Code == StatusCode.Ok)
            json.WriteString("otel.status_code", "OK");
        if (span.Status?.Code == StatusCode.Error)
            json.WriteString("error", span.Status.Message is { Length: > 0 } message ? message : "true");
        if (scope.Length > 0)
            json.WriteString("otel.scope.name", scope);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void Tags(Utf8JsonWriter json, RepeatedField<KeyValue> attributes)
    {
        foreach (var attribute in attributes)
            json.WriteString(attribute.Key, attribute.Value.ValueCase switch
            {
                AnyValue.ValueOneofCase.StringValue => attribute.Value.StringValue,
                AnyValue.ValueOneofCase.BoolValue => attribute.Value.BoolValue ? "true" : "false",
                AnyValue.ValueOneofCase.IntValue => attribute.Value.IntValue.ToString(CultureInfo.InvariantCulture),
                AnyValue.ValueOneofCase.DoubleValue => attribute.Value.DoubleValue.ToString("R", CultureInfo.InvariantCulture),
                _ => JsonFormatter.Default.Format(attribute.Value),
            });
    }
}
