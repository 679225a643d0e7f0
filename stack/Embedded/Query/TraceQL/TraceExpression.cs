using System.Text.RegularExpressions;
using MicroMonitored.Embedded.Query.Otlp;

namespace MicroMonitored.Embedded.Query.TraceQL;

/// <summary>An expression over the fields of one span.</summary>
internal abstract record TraceExpression
{
    /// <summary>Its type as far as the query tells.</summary>
    public abstract TraceType Type { get; }

    public abstract object? Of(TraceView trace, SpanView span);

    /// <summary>Every field named.</summary>
    public abstract IEnumerable<TraceField> Fields();

    /// <summary>The comparisons of a field with a value that must all hold; what stands under an <c>||</c> is not among them.</summary>
    public virtual IEnumerable<TraceBinary> Required() => [];

    public bool Holds(TraceView trace, SpanView span) => Of(trace, span) is true;
}

internal sealed record TraceStatic(object? Value) : TraceExpression
{
    public static readonly TraceStatic True = new(true);

    public override TraceType Type => TraceValues.TypeOf(Value);

    public override object? Of(TraceView trace, SpanView span) => Value;

    public override IEnumerable<TraceField> Fields() => [];

    public override string ToString() => Value is string text ? $"`{text}`" : TraceValues.Text(Value);
}

internal sealed record TraceOfField(TraceField Field) : TraceExpression
{
    public override TraceType Type => Field.Type;

    public override object? Of(TraceView trace, SpanView span) => Field.Of(trace, span);

    public override IEnumerable<TraceField> Fields() => [Field];

    public override string ToString() => Field.ToString();
}

/// <summary><c>-x</c> and <c>!x</c>.</summary>
internal sealed record TraceUnary(bool Not, TraceExpression Body) : TraceExpression
{
    public override TraceType Type => Not ? TraceType.Bool : Body.Type;

    public override object? Of(TraceView trace, SpanView span) => Body.Of(trace, span) switch
    {
        bool flag when Not => !flag,
        long whole when !Not => unchecked(-whole),
        double number when !Not => -number,
        TraceDuration duration when !Not => new TraceDuration(unchecked(-duration.Ns)),
        _ => null,
    };

    public override IEnumerable<TraceField> Fields() => Body.Fields();

    public override string ToString() => (Not ? "!" : "-") + Body;
}

/// <summary>Two expressions joined; <see cref="Pattern"/> is the compiled right side of <c>=~</c> and <c>!~</c>.</summary>
internal sealed record TraceBinary(string Sign, TraceExpression Left, TraceExpression Right, Regex? Pattern = null) : TraceExpression
{
    public override TraceType Type => Sign is "&&" or "||" || TraceValues.IsComparison(Sign) ? TraceType.Bool
        : (Left.Type, Right.Type) switch
        {
            (TraceType.Attribute, _) or (_, TraceType.Attribute) => TraceType.Attribute,
            (TraceType.Int, TraceType.Int) => TraceType.Int,
            (TraceType.Duration, _) or (_, TraceType.Duration) => TraceType.Duration,
            _ => TraceType.Float,
        };

    public override object? Of(TraceView trace, SpanView span)
    {
        var left = Left.Of(trace, span);
        if (Sign == "&&" && left is false or null)
            return false;
        if (Sign == "||" && left is true)
            return true;
        var right = Right.Of(trace, span);
        if (Sign is "=" or "!=" && (Left is TraceStatic { Value: null } || Right is TraceStatic { Value: null }))
            return (left is null && right is null) == (Sign == "=");
        return TraceValues.Apply(Sign, left, right, Pattern);
    }

    public override IEnumerable<TraceField> Fields() => Left.Fields().Concat(Right.Fields());

    public override IEnumerable<TraceBinary> Required() => Sign switch
    {
        "&&" => Left.Required().Concat(Right.Required()),
        "||" => [],
        _ => Left is TraceOfField { Field.Parent: false } && Right is TraceStatic ? [this] : [],
    };

    public override string ToString() => $"{Left} {Sign} {Right}";
}

/// <summary>What the <c>tags</c> parameter compares: an attribute of any type by its text.</summary>
internal sealed record TraceTag(TraceField Field, string Value) : TraceExpression
{
    public override TraceType Type => TraceType.Bool;

    public override object? Of(TraceView trace, SpanView span) =>
        Field.Of(trace, span) is { } actual && TraceValues.Text(actual).Equals(Value, StringComparison.OrdinalIgnoreCase);

    public override IEnumerable<TraceField> Fields() => [Field];
}
