using System.Globalization;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Collections;
using OpenTelemetry.Proto.Common.V1;
using OpenTelemetry.Proto.Trace.V1;

namespace MicroMonitored.Embedded.Query.Otlp;

/// <summary>Writes traces in the proto3 JSON mapping Tempo uses: ids in base64, 64-bit integers as text, defaults left out.</summary>
internal static class TraceJson
{
    private static readonly string[] Kinds =
        ["SPAN_KIND_UNSPECIFIED", "SPAN_KIND_INTERNAL", "SPAN_KIND_SERVER", "SPAN_KIND_CLIENT", "SPAN_KIND_PRODUCER", "SPAN_KIND_CONSUMER"];

    private static readonly string[] StatusCodes = ["STATUS_CODE_UNSET", "STATUS_CODE_OK", "STATUS_CODE_ERROR"];

    /// <summary>Writes one object per resource, each with its scopes and their spans, as an array named <paramref name="property"/>.</summary>
    public static void WriteResourceSpans(Utf8JsonWriter json, string property, TraceView trace)
    {
        json.WriteStartArray(property);
        foreach (var resource in trace.Spans.GroupBy(static s => Convert.ToBase64String(s.Stored.Resource)))
        {
            json.WriteStartObject();
            json.WriteStartObject("resource");
            Attributes(json, resource.First().ResourceAttributes);
            json.WriteEndObject();
            json.WriteStartArray("scopeSpans");
            foreach (var scope in resource.GroupBy(static s => Convert.ToBase64String(s.Stored.Scope)))
            {
                json.WriteStartObject();
                Scope(json, scope.First().Scope);
                json.WriteStartArray("spans");
                foreach (var span in scope)
                    WriteSpan(json, span);
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Scope(Utf8JsonWriter json, InstrumentationScope scope)
    {
        json.WriteStartObject("scope");
        Text(json, "name", scope.Name);
        Text(json, "version", scope.Version);
        Attributes(json, scope.Attributes);
        json.WriteEndObject();
    }

    private static void WriteSpan(Utf8JsonWriter json, SpanView view)
    {
        var span = view.Span;
        json.WriteStartObject();
        json.WriteBase64String("traceId", view.Stored.TraceId);
        json.WriteBase64String("spanId", view.Stored.SpanId);
        Text(json, "traceState", span.TraceState);
        if (!view.IsRoot)
            json.WriteBase64String("parentSpanId", view.Stored.ParentSpanId);
        Text(json, "name", view.Stored.Name);
        if (view.Stored.Kind > 0 && view.Stored.Kind < Kinds.Length)
            json.WriteString("kind", Kinds[view.Stored.Kind]);
        json.WriteString("startTimeUnixNano", view.Stored.StartNs.ToString(CultureInfo.InvariantCulture));
        json.WriteString("endTimeUnixNano", view.Stored.EndNs.ToString(CultureInfo.InvariantCulture));
        Attributes(json, span.Attributes);
        Count(json, "droppedAttributesCount", span.DroppedAttributesCount);
        if (span.Events.Count > 0)
        {
            json.WriteStartArray("events");
            foreach (var item in span.Events)
            {
                json.WriteStartObject();
                json.WriteString("timeUnixNano", item.TimeUnixNano.ToString(CultureInfo.InvariantCulture));
                Text(json, "name", item.Name);
                Attributes(json, item.Attributes);
                Count(json, "droppedAttributesCount", item.DroppedAttributesCount);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        Count(json, "droppedEventsCount", span.DroppedEventsCount);
        if (span.Links.Count > 0)
        {
            json.WriteStartArray("links");
            foreach (var link in span.Links)
            {
                json.WriteStartObject();
                Bytes(json, "traceId", link.TraceId);
                Bytes(json, "spanId", link.SpanId);
                Text(json, "traceState", link.TraceState);
                Attributes(json, link.Attributes);
                Count(json, "droppedAttributesCount", link.DroppedAttributesCount);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        Count(json, "droppedLinksCount", span.DroppedLinksCount);
        WriteStatus(json, span.Status);
        json.WriteEndObject();
    }

    private static void WriteStatus(Utf8JsonWriter json, Status? status)
    {
        if (status is null)
            return;

        json.WriteStartObject("status");
        Text(json, "message", status.Message);
        if ((int)status.Code is > 0 and < 3)
            json.WriteString("code", StatusCodes[(int)status.Code]);
        json.WriteEndObject();
    }

    /// <summary>Writes the array <c>attributes</c>; nothing where there are none.</summary>
    public static void Attributes(Utf8JsonWriter json, RepeatedField<KeyValue> attributes)
    {
        if (attributes.Count == 0)
            return;

        json.WriteStartArray("attributes");
        foreach (var attribute in attributes)
            Pair(json, attribute);
        json.WriteEndArray();
    }

    private static void Pair(Utf8JsonWriter json, KeyValue pair)
    {
        json.WriteStartObject();
        Text(json, "key", pair.Key);
        if (pair.Value is not null)
        {
            json.WritePropertyName("value");
            Value(json, pair.Value);
        }

        json.WriteEndObject();
    }

    /// <summary>Writes one value with the property that names its type.</summary>
    public static void Value(Utf8JsonWriter json, AnyValue value)
    {
        json.WriteStartObject();
        switch (value.ValueCase)
        {
            case AnyValue.ValueOneofCase.StringValue:
                json.WriteString("stringValue", value.StringValue);
                break;
            case AnyValue.ValueOneofCase.BoolValue:
                json.WriteBoolean("boolValue", value.BoolValue);
                break;
            case AnyValue.ValueOneofCase.IntValue:
                json.WriteString("intValue", value.IntValue.ToString(CultureInfo.InvariantCulture));
                break;
            case AnyValue.ValueOneofCase.DoubleValue when double.IsFinite(value.DoubleValue):
                json.WriteNumber("doubleValue", value.DoubleValue);
                break;
            case AnyValue.ValueOneofCase.DoubleValue:
                json.WriteString("doubleValue", double.IsNaN(value.DoubleValue) ? "NaN" : value.DoubleValue > 0 ? "Infinity" : "-Infinity");
                break;
            case AnyValue.ValueOneofCase.BytesValue:
                json.WriteBase64String("bytesValue", value.BytesValue.Span);
                break;
            case AnyValue.ValueOneofCase.ArrayValue:
                json.WriteStartObject("arrayValue");
                if (value.ArrayValue.Values.Count > 0)
                {
                    json.WriteStartArray("values");
                    foreach (var item in value.ArrayValue.Values)
                        Value(json, item);
                    json.WriteEndArray();
                }

                json.WriteEndObject();
                break;
            case AnyValue.ValueOneofCase.KvlistValue:
                json.WriteStartObject("kvlistValue");
                if (value.KvlistValue.Values.Count > 0)
                {
                    json.WriteStartArray("values");
                    foreach (var item in value.KvlistValue.Values)
                        Pair(json, item);
                    json.WriteEndArray();
                }

                json.WriteEndObject();
                break;
        }

        json.WriteEndObject();
    }

    private static void Text(Utf8JsonWriter json, string name, string value)
    {
        if (value.Length > 0)
            json.WriteString(name, value);
    }

    private static void Bytes(Utf8JsonWriter json, string name, ByteString value)
    {
        if (value.Length > 0)
            json.WriteBase64String(name, value.Span);
    }

    private static void Count(Utf8JsonWriter json, string name, uint value)
    {
        if (value > 0)
            json.WriteNumber(name, value);
    }
}
