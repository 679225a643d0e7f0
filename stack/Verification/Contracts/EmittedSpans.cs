using MicroMonitored.Verification.Probes;

namespace MicroMonitored.Verification.Contracts;

/// <summary>Spans as items of a contract.</summary>
internal static class EmittedSpans
{
    public static IEnumerable<EmittedItem> Of(IReadOnlyList<TraceSpan> spans)
    {
        var byId = spans.DistinctBy(span => (span.TraceId, span.SpanId)).ToDictionary(span => (span.TraceId, span.SpanId));
        foreach (var kind in spans.Where(span => span.Service != SyntheticTrace.Service).GroupBy(span => (span.Service, Name: Name(span))))
        {
            var attributes = kind.SelectMany(span => span.Attributes).Select(attribute => (attribute.Key, Type: Type(attribute.Value)))
                .Concat(kind.SelectMany(span => span.Events).Select(occurrence => (Key: $"event {occurrence.Name}", Type: "event")));
            var parents = kind.Select(span => span.ParentId is { } id && byId.TryGetValue((span.TraceId, id), out var parent) ? parent : null)
                .OfType<TraceSpan>().Where(parent => parent.Service != SyntheticTrace.Service).Select(parent => $"{parent.Service} {Name(parent)}");
            yield return new EmittedItem(
                kind.Key.Service, EmittedSignal.Span, kind.Key.Name, new Dictionary<string, string>(),
                attributes.GroupBy(attribute => attribute.Key, attribute => attribute.Type)
                    .ToDictionary(types => types.Key, types => string.Join('|', types.Distinct().Order(StringComparer.Ordinal)), StringComparer.Ordinal),
                [.. parents.Distinct().Order(StringComparer.Ordinal)]);
        }
    }

    private static string Name(TraceSpan span) => $"{span.Kind.ToString().ToLowerInvariant()} {span.Name}";

    private static string Type(object value) => value switch
    {
        long => "int",
        double => "double",
        bool => "bool",
        _ => "string",
    };
}
