using System.Globalization;
using System.Text.RegularExpressions;
using Google.Protobuf.Collections;
using MicroMonitored.Embedded.Query.Otlp;
using OpenTelemetry.Proto.Common.V1;

namespace MicroMonitored.Embedded.Query.TraceQL;

/// <summary>What of TraceQL is answered.</summary>
internal static class TraceSubset
{
    public static string Refuse(string what) =>
        $"{what} is not supported by the embedded engine; it answers one spanset {{ … }} of comparisons (= != =~ !~ > >= < <=) joined by && and || over "
        + $"resource., span. and . attributes and the intrinsics {string.Join(" ", TraceField.Intrinsics.Order(StringComparer.Ordinal))}. "
        + "Run the stack with --engine=docker for all of TraceQL";
}

/// <summary>Where an attribute is looked for.</summary>
internal enum TraceScope
{
    Intrinsic,
    Span,
    Resource,
    Any,
}

/// <summary>A field of a span that a condition compares.</summary>
internal sealed record TraceField(TraceScope Scope, string Name)
{
    public static readonly IReadOnlySet<string> Intrinsics = new HashSet<string>(StringComparer.Ordinal)
    {
        "duration", "name", "status", "statusMessage", "kind", "rootName", "rootServiceName", "traceDuration",
        "span:duration", "span:name", "span:status", "span:statusMessage", "span:kind", "span:id", "span:parentID",
        "trace:duration", "trace:id", "trace:rootName", "trace:rootService", "instrumentation:name", "instrumentation:version",
    };

    /// <summary>The value: text, number (durations in nanoseconds), boolean or null where the span has none.</summary>
    public object? Of(TraceView trace, SpanView span) => Scope switch
    {
        TraceScope.Span => Find(span.Span.Attributes),
        TraceScope.Resource => Find(span.ResourceAttributes),
        TraceScope.Any => Find(span.Span.Attributes) ?? Find(span.ResourceAttributes),
        _ => Name switch
        {
            "duration" or "span:duration" => (double)span.DurationNs,
            "name" or "span:name" => span.Stored.Name,
            "status" or "span:status" => (int)(span.Span.Status?.Code ?? 0) switch { 1 => "ok", 2 => "error", _ => "unset" },
            "statusMessage" or "span:statusMessage" => span.Span.Status?.Message ?? "",
            "kind" or "span:kind" => KindName(span.Stored.Kind),
            "span:id" => span.SpanId,
            "span:parentID" => span.IsRoot ? null : Convert.ToHexStringLower(span.Stored.ParentSpanId!),
            "rootName" or "trace:rootName" => trace.RootName,
            "rootServiceName" or "trace:rootService" => trace.RootService,
            "traceDuration" or "trace:duration" => (double)trace.DurationNs,
            "trace:id" => trace.HexId,
            "instrumentation:name" => span.Scope.Name,
            "instrumentation:version" => span.Scope.Version,
            _ => null,
        },
    };

    /// <summary>The attribute that a tag of the search API names: <c>span.a</c>, <c>resource.a</c>, <c>.a</c> or <c>a</c>.</summary>
    public static TraceField FromTag(string tag) => tag.Split('.', 2) switch
    {
        ["span", var name] => new(TraceScope.Span, name),
        ["resource", var name] => new(TraceScope.Resource, name),
        ["", var name] => new(TraceScope.Any, name),
        _ => new(TraceScope.Any, tag),
    };

    /// <summary>The attributes among which the field is looked for.</summary>
    public IEnumerable<KeyValue> Attributes(SpanView span) => Scope switch
    {
        TraceScope.Span => span.Span.Attributes,
        TraceScope.Resource => span.ResourceAttributes,
        _ => span.Span.Attributes.Concat(span.ResourceAttributes),
    };

    public static string KindName(int kind) => kind switch
    {
        1 => "internal",
        2 => "server",
        3 => "client",
        4 => "producer",
        5 => "consumer",
        _ => "unspecified",
    };

    /// <summary>The attribute as OTLP has it, for answers that repeat it.</summary>
    public AnyValue? Attribute(SpanView span) => Scope switch
    {
        TraceScope.Span => Raw(span.Span.Attributes),
        TraceScope.Resource => Raw(span.ResourceAttributes),
        TraceScope.Any => Raw(span.Span.Attributes) ?? Raw(span.ResourceAttributes),
        _ => null,
    };

    private AnyValue? Raw(RepeatedField<KeyValue> attributes) => attributes.FirstOrDefault(a => a.Key == Name)?.Value;

    private object? Find(RepeatedField<KeyValue> attributes) => Raw(attributes) is { } value ? Plain(value) : null;

    public static object? Plain(AnyValue value) => value.ValueCase switch
    {
        AnyValue.ValueOneofCase.StringValue => value.StringValue,
        AnyValue.ValueOneofCase.BoolValue => value.BoolValue,
        AnyValue.ValueOneofCase.IntValue => (double)value.IntValue,
        AnyValue.ValueOneofCase.DoubleValue => value.DoubleValue,
        _ => null,
    };
}

/// <summary>A condition on one span of a trace.</summary>
internal abstract record TraceCondition
{
    public abstract bool Holds(TraceView trace, SpanView span);

    /// <summary>The comparisons that must all hold; what stands under an <c>||</c> is not among them.</summary>
    public abstract IEnumerable<TraceComparison> Required();

    /// <summary>Every field named.</summary>
    public abstract IEnumerable<TraceField> Fields();
}

internal sealed record TraceEverything : TraceCondition
{
    public override bool Holds(TraceView trace, SpanView span) => true;

    public override IEnumerable<TraceComparison> Required() => [];

    public override IEnumerable<TraceField> Fields() => [];
}

internal sealed record TraceBoth(TraceCondition Left, TraceCondition Right, bool Or) : TraceCondition
{
    public override bool Holds(TraceView trace, SpanView span) =>
        Or ? Left.Holds(trace, span) || Right.Holds(trace, span) : Left.Holds(trace, span) && Right.Holds(trace, span);

    public override IEnumerable<TraceComparison> Required() => Or ? [] : Left.Required().Concat(Right.Required());

    public override IEnumerable<TraceField> Fields() => Left.Fields().Concat(Right.Fields());
}

/// <summary><c>field operator value</c>; the value is text, number, boolean or null for <c>nil</c>.</summary>
internal sealed record TraceComparison(TraceField Field, string Operator, object? Value, Regex? Pattern = null, bool Loose = false) : TraceCondition
{
    public override IEnumerable<TraceComparison> Required() => [this];

    public override IEnumerable<TraceField> Fields() => [Field];

    public override bool Holds(TraceView trace, SpanView span)
    {
        var actual = Field.Of(trace, span);
        if (Value is null)
            return actual is null == (Operator == "=");
        if (actual is null)
            return false;
        if (Loose)
            return Convert.ToString(actual, CultureInfo.InvariantCulture)!.Equals((string)Value, StringComparison.OrdinalIgnoreCase);
        if (Pattern is not null)
            return actual is string text && Pattern.IsMatch(text) == (Operator == "=~");

        if (actual is double number && Value is double wanted)
        {
            return Operator switch
            {
                "=" => number == wanted,
                "!=" => number != wanted,
                ">" => number > wanted,
                ">=" => number >= wanted,
                "<" => number < wanted,
                _ => number <= wanted,
            };
        }

        if (actual.GetType() != Value.GetType())
            return false;

        return Operator switch
        {
            "=" => actual.Equals(Value),
            "!=" => !actual.Equals(Value),
            _ when actual is string a && Value is string b => Operator switch
            {
                ">" => string.CompareOrdinal(a, b) > 0,
                ">=" => string.CompareOrdinal(a, b) >= 0,
                "<" => string.CompareOrdinal(a, b) < 0,
                _ => string.CompareOrdinal(a, b) <= 0,
            },
            _ => false,
        };
    }
}
