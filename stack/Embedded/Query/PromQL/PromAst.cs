using MicroMonitored.Embedded.Store;

namespace MicroMonitored.Embedded.Query.PromQL;

internal enum PromType
{
    Scalar,
    Vector,
    Matrix,
    String,
}

/// <summary>A node of a parsed PromQL expression; <see cref="Offset"/> is where it starts in the query.</summary>
internal abstract record PromNode(PromType Type, int Offset)
{
    /// <summary>What the node is made of.</summary>
    public virtual IReadOnlyList<PromNode> Children => [];

    /// <summary>Every selector within.</summary>
    public IEnumerable<PromSelector> Selectors() => this is PromSelector selector ? [selector] : Children.SelectMany(static child => child.Selectors());
}

internal sealed record PromNumber(double Value, int Offset) : PromNode(PromType.Scalar, Offset);

internal sealed record PromString(string Value, int Offset) : PromNode(PromType.String, Offset);

/// <summary>Which moment an <c>@</c> holds on to.</summary>
internal enum PromAnchor
{
    None,
    Time,
    Start,
    End,
}

/// <summary>The modifiers <c>offset</c> and <c>@</c>; <see cref="AtMs"/> counts where the anchor is a time.</summary>
internal sealed record PromShift(long OffsetMs, PromAnchor Anchor, long AtMs)
{
    public static readonly PromShift None = new(0, PromAnchor.None, 0);

    /// <summary>The moment that is looked at, in a query from <paramref name="startMs"/> to <paramref name="endMs"/>.</summary>
    public long Of(long timeMs, long startMs, long endMs) => Anchor switch
    {
        PromAnchor.Time => AtMs,
        PromAnchor.Start => startMs,
        PromAnchor.End => endMs,
        _ => timeMs,
    } - OffsetMs;
}

/// <summary>A selector; with <see cref="RangeMs"/> set it yields a matrix.</summary>
internal sealed record PromSelector(IReadOnlyList<LabelMatcher> Matchers, long? RangeMs, PromShift Shift, int Offset)
    : PromNode(RangeMs is null ? PromType.Vector : PromType.Matrix, Offset);

/// <summary>A vector looked at again and again over a range, at whole multiples of the step; null is <see cref="QueryLimits.SubqueryStepMs"/>.</summary>
internal sealed record PromSubquery(PromNode Body, long RangeMs, long? StepMs, PromShift Shift, int Offset) : PromNode(PromType.Matrix, Offset)
{
    public override IReadOnlyList<PromNode> Children => [Body];
}

internal sealed record PromCall(PromFunction Function, IReadOnlyList<PromNode> Arguments, int Offset) : PromNode(Function.Result, Offset)
{
    public override IReadOnlyList<PromNode> Children => Arguments;
}

internal sealed record PromAggregate(string Operator, PromNode Body, PromNode? Parameter, IReadOnlyCollection<string> Grouping, bool Without, int Offset)
    : PromNode(PromType.Vector, Offset)
{
    public override IReadOnlyList<PromNode> Children => Parameter is null ? [Body] : [Body, Parameter];
}

internal sealed record PromNegate(PromNode Body, int Offset) : PromNode(Body.Type, Offset)
{
    public override IReadOnlyList<PromNode> Children => [Body];
}

internal sealed record PromBinary(string Operator, PromNode Left, PromNode Right, bool ReturnBool, PromMatching Matching, int Offset)
    : PromNode(Left.Type == PromType.Scalar && Right.Type == PromType.Scalar ? PromType.Scalar : PromType.Vector, Offset)
{
    public override IReadOnlyList<PromNode> Children => [Left, Right];
}

internal enum PromCardinality
{
    OneToOne,
    ManyToOne,
    OneToMany,
}

/// <summary>How the two sides of a binary operator find each other.</summary>
internal sealed record PromMatching(bool On, IReadOnlyCollection<string> Names, PromCardinality Cardinality, IReadOnlyCollection<string> Include)
{
    public static readonly PromMatching Default = new(false, [], PromCardinality.OneToOne, []);
}

/// <summary>The signature of a function; the last <see cref="Optional"/> arguments may be left out.</summary>
internal sealed record PromFunction(string Name, PromType Result, PromType[] Arguments, int Optional = 0, bool Variadic = false);
