using Google.Protobuf.Collections;
using MicroMonitored.Embedded.Store;
using OpenTelemetry.Proto.Common.V1;
using OpenTelemetry.Proto.Trace.V1;

namespace MicroMonitored.Embedded.Ingest.Otlp;

/// <summary>Caps on what one span, line or resource may carry; what goes over is cut and counted.</summary>
internal static class OtlpLimits
{
    public const int Attributes = 256;
    public const int Events = 1024;
    public const int Links = 1024;
    public const int Text = 64 * 1024;
    private const int Depth = 16;

    public static void Apply(Span span, EngineCounters counters)
    {
        span.DroppedAttributesCount += (uint)Apply(span.Attributes, counters);
        span.DroppedEventsCount += (uint)Cut(span.Events, Events, counters);
        span.DroppedLinksCount += (uint)Cut(span.Links, Links, counters);
        span.Name = Cut(span.Name, Text, counters);
        foreach (var spanEvent in span.Events)
            spanEvent.DroppedAttributesCount += (uint)Apply(spanEvent.Attributes, counters);
        foreach (var link in span.Links)
            link.DroppedAttributesCount += (uint)Apply(link.Attributes, counters);
    }

    /// <summary>How many attributes were dropped.</summary>
    public static int Apply(RepeatedField<KeyValue> attributes, EngineCounters counters)
    {
        var dropped = Cut(attributes, Attributes, counters);
        foreach (var attribute in attributes)
        {
            attribute.Key = Cut(attribute.Key, OtlpSpans.MaxNameLength, counters);
            Apply(attribute.Value, Depth, counters);
        }

        return dropped;
    }

    private static void Apply(AnyValue? value, int depth, EngineCounters counters)
    {
        switch (value?.ValueCase)
        {
            case AnyValue.ValueOneofCase.StringValue when value.StringValue.Length > Text:
                value.StringValue = Cut(value.StringValue, Text, counters);
                break;
            case AnyValue.ValueOneofCase.BytesValue when value.BytesValue.Length > Text:
                value.BytesValue = Google.Protobuf.ByteString.CopyFrom(value.BytesValue.Span[..Text]);
                counters.Add("truncated_attributes", "length");
                break;
            case AnyValue.ValueOneofCase.ArrayValue or AnyValue.ValueOneofCase.KvlistValue when depth == 0:
                value.ClearValue();
                counters.Add("truncated_attributes", "depth");
                break;
            case AnyValue.ValueOneofCase.ArrayValue:
                foreach (var item in value.ArrayValue.Values)
                    Apply(item, depth - 1, counters);
                break;
            case AnyValue.ValueOneofCase.KvlistValue:
                foreach (var item in value.KvlistValue.Values)
                    Apply(item.Value, depth - 1, counters);
                break;
        }
    }

    /// <summary>The text, or as much of its beginning as may stay.</summary>
    public static string Cut(string text, int length, EngineCounters counters)
    {
        if (text.Length <= length)
            return text;
        counters.Add("truncated_attributes", "length");
        return text[..(char.IsHighSurrogate(text[length - 1]) ? length - 1 : length)];
    }

    /// <summary>How many items were dropped.</summary>
    public static int Cut<T>(RepeatedField<T> items, int limit, EngineCounters counters)
    {
        var dropped = items.Count - limit;
        if (dropped <= 0)
            return 0;
        while (items.Count > limit)
            items.RemoveAt(items.Count - 1);
        counters.Add("truncated_attributes", "count", dropped);
        return dropped;
    }
}
