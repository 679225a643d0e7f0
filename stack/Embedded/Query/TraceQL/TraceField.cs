using Google.Protobuf.Collections;
using MicroMonitored.Embedded.Query.Otlp;
using OpenTelemetry.Proto.Common.V1;

namespace MicroMonitored.Embedded.Query.TraceQL;

/// <summary>Where an attribute is looked for.</summary>
internal enum TraceScope
{
    Intrinsic,
    Span,
    Resource,
    Event,
    Link,
    Instrumentation,
    Any,
}

/// <summary>A field of a span, or with <see cref="Parent"/> of the span that called it.</summary>
internal sealed record TraceField(TraceScope Scope, string Name, bool Parent = false)
{
    private static readonly Dictionary<string, TraceType> Types = new(StringComparer.Ordinal)
    {
        ["duration"] = TraceType.Duration, ["name"] = TraceType.String, ["status"] = TraceType.Status, ["statusMessage"] = TraceType.String,
        ["kind"] = TraceType.Kind, ["rootName"] = TraceType.String, ["rootServiceName"] = TraceType.String, ["traceDuration"] = TraceType.Duration,
        ["nestedSetLeft"] = TraceType.Int, ["nestedSetRight"] = TraceType.Int, ["nestedSetParent"] = TraceType.Int,
        ["span:duration"] = TraceType.Duration, ["span:name"] = TraceType.String, ["span:status"] = TraceType.Status,
        ["span:statusMessage"] = TraceType.String, ["span:kind"] = TraceType.Kind, ["span:id"] = TraceType.String, ["span:parentID"] = TraceType.String,
        ["span:childCount"] = TraceType.Int, ["trace:duration"] = TraceType.Duration, ["trace:id"] = TraceType.String,
        ["trace:rootName"] = TraceType.String, ["trace:rootService"] = TraceType.String, ["event:name"] = TraceType.String,
        ["event:timeSinceStart"] = TraceType.Duration, ["link:traceID"] = TraceType.String, ["link:spanID"] = TraceType.String,
        ["instrumentation:name"] = TraceType.String, ["instrumentation:version"] = TraceType.String,
    };

    public static readonly IReadOnlySet<string> Intrinsics = Types.Keys.ToHashSet(StringComparer.Ordinal);

    private static readonly string[] Kinds = ["unspecified", "internal", "server", "client", "producer", "consumer"];
    private static readonly string[] Statuses = ["unset", "ok", "error"];

    public TraceType Type => Scope == TraceScope.Intrinsic ? Types[Name] : TraceType.Attribute;

    /// <summary>The intrinsic's name without its scope, where it has one of those before scopes came.</summary>
    private string Plain => Name switch
    {
        "trace:duration" => "traceDuration",
        "trace:rootName" => "rootName",
        "trace:rootService" => "rootServiceName",
        _ => Name.StartsWith("span:", StringComparison.Ordinal) && Types.ContainsKey(Name[5..]) ? Name[5..] : Name,
    };

    /// <summary>Whether an answer repeats it for each span; it does not for what every span of an answer has anyway.</summary>
    public bool IsShown => Scope != TraceScope.Intrinsic
        || Plain is not ("name" or "duration" or "traceDuration" or "rootName" or "rootServiceName" or "trace:id" or "span:id");

    /// <summary>The name under which an answer repeats it.</summary>
    public string ShownName => Scope == TraceScope.Intrinsic ? Plain : Name;

    public override string ToString() => (Parent ? "parent." : "") + Scope switch
    {
        TraceScope.Intrinsic => Plain,
        TraceScope.Any => Parent ? Name : "." + Name,
        _ => Scope.ToString().ToLowerInvariant() + "." + Name,
    };

    /// <summary>The attribute that a tag of the search API names: <c>span.a</c>, <c>resource.a</c>, <c>.a</c> or <c>a</c>.</summary>
    public static TraceField FromTag(string tag) => tag.Split('.', 2) switch
    {
        ["", var name] => new(TraceScope.Any, name),
        [var scope, var name] when ScopeOf(scope) is { } found => new(found, name),
        _ => new(TraceScope.Any, tag),
    };

    public static TraceScope? ScopeOf(string word) => word switch
    {
        "span" => TraceScope.Span,
        "resource" => TraceScope.Resource,
        "event" => TraceScope.Event,
        "link" => TraceScope.Link,
        "instrumentation" => TraceScope.Instrumentation,
        _ => null,
    };

    public static string KindName(int kind) => kind is >= 0 and < 6 ? Kinds[kind] : Kinds[0];

    /// <summary>A word that is a value.</summary>
    public static TraceKeyword? Keyword(string word) => Kinds.Contains(word) ? new(TraceType.Kind, word)
        : Statuses.Contains(word) ? new(TraceType.Status, word) : null;

    /// <summary>The value; null where the span has none.</summary>
    public object? Of(TraceView trace, SpanView span)
    {
        if (!Parent)
            return Own(trace, span);
        return trace.Tree.Parent(span) is { } parent ? Own(trace, parent) : null;
    }

    private object? Own(TraceView trace, SpanView span) => Scope switch
    {
        TraceScope.Span => Find(span.Span.Attributes),
        TraceScope.Resource => Find(span.ResourceAttributes),
        TraceScope.Instrumentation => Find(span.Scope.Attributes),
        TraceScope.Event => Many(span.Span.Events.Select(one => Find(one.Attributes))),
        TraceScope.Link => Many(span.Span.Links.Select(one => Find(one.Attributes))),
        TraceScope.Any => Find(span.Span.Attributes) ?? Find(span.ResourceAttributes) ?? Find(span.Scope.Attributes)
            ?? Many(span.Span.Events.Select(one => Find(one.Attributes))) ?? Many(span.Span.Links.Select(one => Find(one.Attributes))),
        _ => Intrinsic(trace, span),
    };

    private object? Intrinsic(TraceView trace, SpanView span) => Plain switch
    {
        "duration" => new TraceDuration(span.DurationNs),
        "name" => span.Stored.Name,
        "status" => Keyword(Statuses[(int)(span.Span.Status?.Code ?? 0) is > 0 and < 3 and var code ? code : 0]),
        "statusMessage" => span.Span.Status?.Message ?? "",
        "kind" => Keyword(KindName(span.Stored.Kind)),
        "span:id" => span.SpanId,
        "span:parentID" => span.IsRoot ? null : Convert.ToHexStringLower(span.Stored.ParentSpanId!),
        "span:childCount" => (long)trace.Tree.ChildCount(span),
        "nestedSetLeft" => (long)trace.Tree.Bounds(span).Left,
        "nestedSetRight" => (long)trace.Tree.Bounds(span).Right,
        "nestedSetParent" => trace.Tree.Parent(span) is { } parent ? trace.Tree.Bounds(parent).Left : -1L,
        "rootName" => trace.RootName,
        "rootServiceName" => trace.RootService,
        "traceDuration" => new TraceDuration(trace.DurationNs),
        "trace:id" => trace.HexId,
        "event:name" => Many(span.Span.Events.Select(static one => one.Name)),
        "event:timeSinceStart" => Many(span.Span.Events.Select(one => (object)new TraceDuration((long)one.TimeUnixNano - span.Stored.StartNs))),
        "link:traceID" => Many(span.Span.Links.Select(static one => Convert.ToHexStringLower(one.TraceId.Span))),
        "link:spanID" => Many(span.Span.Links.Select(static one => Convert.ToHexStringLower(one.SpanId.Span))),
        "instrumentation:name" => span.Scope.Name,
        "instrumentation:version" => span.Scope.Version,
        _ => null,
    };

    private static TraceMany? Many(IEnumerable<object?> values) => values.OfType<object>().ToList() is { Count: > 0 } found ? new(found) : null;

    /// <summary>The attributes among which the field is looked for.</summary>
    public IEnumerable<KeyValue> Attributes(SpanView span) => Scope switch
    {
        TraceScope.Span => span.Span.Attributes,
        TraceScope.Resource => span.ResourceAttributes,
        TraceScope.Instrumentation => span.Scope.Attributes,
        TraceScope.Event => span.Span.Events.SelectMany(static one => one.Attributes),
        TraceScope.Link => span.Span.Links.SelectMany(static one => one.Attributes),
        _ => span.Span.Attributes.Concat(span.ResourceAttributes),
    };

    private object? Find(RepeatedField<KeyValue> attributes) => TraceValues.Of(attributes.FirstOrDefault(a => a.Key == Name)?.Value);
}
