using MicroMonitored.Embedded.Query.Otlp;

namespace MicroMonitored.Embedded.Query.TraceQL;

/// <summary>Spans of one trace that belong together.</summary>
/// <param name="Attributes">What grouping and aggregation say of them.</param>
internal sealed record TraceSpanset(IReadOnlyList<SpanView> Spans, IReadOnlyList<KeyValuePair<string, object?>> Attributes)
{
    public TraceSpanset With(string name, object? value) => this with { Attributes = [.. Attributes, new(name, value)] };
}

/// <summary>One stage of a query: makes spansets of spansets of the same trace.</summary>
internal abstract record TraceStage
{
    public abstract IReadOnlyList<TraceSpanset> Apply(TraceView trace, IReadOnlyList<TraceSpanset> input);

    /// <summary>Every field named.</summary>
    public abstract IEnumerable<TraceField> Fields();

    /// <summary>Comparisons of which all must hold for one span of a trace, or the stage yields nothing of it.</summary>
    public virtual IEnumerable<TraceBinary> Required() => [];
}

/// <summary><c>{ … }</c></summary>
internal sealed record TraceFilter(TraceExpression Condition) : TraceStage
{
    public static readonly TraceFilter Everything = new(TraceStatic.True);

    public override IReadOnlyList<TraceSpanset> Apply(TraceView trace, IReadOnlyList<TraceSpanset> input) =>
    [
        .. input.Select(set => set with { Spans = [.. set.Spans.Where(span => Condition.Holds(trace, span))] }).Where(static set => set.Spans.Count > 0),
    ];

    public override IEnumerable<TraceField> Fields() => Condition.Fields();

    public override IEnumerable<TraceBinary> Required() => Condition.Required();
}

/// <summary>Stages one after the other.</summary>
internal sealed record TracePipeline(IReadOnlyList<TraceStage> Stages) : TraceStage
{
    public override IReadOnlyList<TraceSpanset> Apply(TraceView trace, IReadOnlyList<TraceSpanset> input)
    {
        foreach (var stage in Stages)
        {
            if (input.Count == 0)
                break;
            input = stage.Apply(trace, input);
        }

        return input;
    }

    public override IEnumerable<TraceField> Fields() => Stages.SelectMany(static stage => stage.Fields());

    public override IEnumerable<TraceBinary> Required() => Stages[0].Required();
}

/// <summary>
/// Two sides joined: <c>&amp;&amp;</c>, <c>||</c> or a relation between their spans, plain, negated (<c>!</c>) or of both sides (<c>&amp;</c>).
/// </summary>
internal sealed record TraceRelation(string Sign, TraceStage Left, TraceStage Right) : TraceStage
{
    public override IReadOnlyList<TraceSpanset> Apply(TraceView trace, IReadOnlyList<TraceSpanset> input)
    {
        var output = new List<TraceSpanset>();
        foreach (var set in input)
        {
            var (left, right) = (Left.Apply(trace, [set]), Right.Apply(trace, [set]));
            if (Sign == "&&" && (left.Count == 0 || right.Count == 0))
                continue;
            if (Sign is not ("&&" or "||") && (left.Count > 1 || right.Count > 1))
                throw new QueryExecutionException($"{Sign} is not supported for several spansets of one trace; put coalesce() before it");
            var chosen = Joined(trace.Tree, Spans(left), Spans(right));
            if (chosen.Count > 0)
                output.Add(set with { Spans = [.. set.Spans.Where(chosen.Contains)] });
        }

        return output;
    }

    private static HashSet<SpanView> Spans(IEnumerable<TraceSpanset> sets) => 
        Set(sets.SelectMany(static set => set.Spans));

    private static HashSet<SpanView> Set(IEnumerable<SpanView> spans) => spans.ToHashSet<SpanView>(ReferenceEqualityComparer.Instance);

    private HashSet<SpanView> Joined(TraceTree tree, HashSet<SpanView> left, HashSet<SpanView> right)
    {
        switch (Sign[0])
        {
            case '&' when Sign == "&&":
            case '|':
                left.UnionWith(right);
                return left;
            case '!':
                right.ExceptWith([.. Related(tree, Sign[1..], left, right)]);
                return right;
            case '&':
                var relation = Sign[1..];
                var both = Set(Related(tree, relation, left, right));
                both.UnionWith(Related(tree, Inverse(relation), right, left));
                return both;
            default:
                return Set(Related(tree, Sign, left, right));
        }
    }

    private static string Inverse(string relation) => relation switch { ">" => "<", "<" => ">", ">>" => "<<", "<<" => ">>", _ => relation };

    /// <summary>Those at the right that stand in the relation to one at the left.</summary>
    private static IEnumerable<SpanView> Related(TraceTree tree, string relation, HashSet<SpanView> left, HashSet<SpanView> right)
    {
        switch (relation)
        {
            case ">":
                return right.Where(span => tree.Parent(span) is { } parent && left.Contains(parent));
            case ">>":
                return right.Where(span => tree.Ancestors(span).Any(left.Contains));
            case "<":
                return left.Select(tree.Parent).OfType<SpanView>().Where(right.Contains);
            case "<<":
                return left.SelectMany(tree.Ancestors).Where(right.Contains);
            default:
                var families = left.ToLookup(tree.Parent, ReferenceEqualityComparer.Instance);
                return right.Where(span => tree.Parent(span) is { } parent && families[parent].Any(other => !ReferenceEquals(other, span)));
        }
    }

    public override IEnumerable<TraceField> Fields() => Left.Fields().Concat(Right.Fields());

    public override IEnumerable<TraceBinary> Required() => Sign == "||" ? [] : Right.Required();
}

/// <summary><c>by(…)</c></summary>
internal sealed record TraceGroup(TraceExpression Key) : TraceStage
{
    public override IReadOnlyList<TraceSpanset> Apply(TraceView trace, IReadOnlyList<TraceSpanset> input) =>
    [
        .. input.SelectMany(set => set.Spans.Select(span => (Span: span, Value: Key.Of(trace, span)))
            .GroupBy(static one => (TraceValues.TypeOf(one.Value), TraceValues.Text(one.Value)))
            .Select(group => new TraceSpanset([.. group.Select(static one => one.Span)], set.Attributes).With($"by({Key})", group.First().Value))),
    ];

    public override IEnumerable<TraceField> Fields() => Key.Fields();
}

/// <summary><c>coalesce()</c></summary>
internal sealed record TraceCoalesce : TraceStage
{
    public override IReadOnlyList<TraceSpanset> Apply(TraceView trace, IReadOnlyList<TraceSpanset> input) =>
        [new([.. input.SelectMany(static set => set.Spans)], [])];

    public override IEnumerable<TraceField> Fields() => [];
}

/// <summary><c>select(…)</c>: fields that the answer repeats.</summary>
internal sealed record TraceSelect(IReadOnlyList<TraceField> Chosen) : TraceStage
{
    public override IReadOnlyList<TraceSpanset> Apply(TraceView trace, IReadOnlyList<TraceSpanset> input) => input;

    public override IEnumerable<TraceField> Fields() => Chosen;
}

/// <summary>An expression of aggregates: a number for each spanset.</summary>
internal abstract record TraceScalar
{
    public abstract object? Of(TraceView trace, TraceSpanset set);

    public abstract IEnumerable<TraceField> Fields();

    /// <summary>The aggregates within.</summary>
    public abstract IEnumerable<TraceAggregate> Aggregates();
}

internal sealed record TraceConstant(object Value) : TraceScalar
{
    public override object? Of(TraceView trace, TraceSpanset set) => Value;

    public override IEnumerable<TraceField> Fields() => [];

    public override IEnumerable<TraceAggregate> Aggregates() => [];
}

/// <summary><c>count()</c> or another aggregate over the spans, of those that <see cref="Source"/> chooses where it is given.</summary>
internal sealed record TraceAggregate(string Name, TraceExpression? Body, TraceStage? Source = null) : TraceScalar
{
    public override object? Of(TraceView trace, TraceSpanset set)
    {
        var spans = Source is null ? set.Spans : [.. Source.Apply(trace, [set]).SelectMany(static one => one.Spans)];
        if (Body is null)
            return (long)spans.Count;
        object? result = null;
        long count = 0;
        foreach (var span in spans)
        {
            var value = Body.Of(trace, span);
            if (!TraceValues.IsNumeric(TraceValues.TypeOf(value)))
                continue;
            count++;
            result = result is null ? value : Name switch
            {
                "max" => TraceValues.Number(value) > TraceValues.Number(result) ? value : result,
                "min" => TraceValues.Number(value) < TraceValues.Number(result) ? value : result,
                _ => (result, value) switch
                {
                    (TraceDuration a, _) => new TraceDuration(a.Ns + (long)TraceValues.Number(value)),
                    _ => TraceValues.Apply("+", result, value),
                },
            };
        }

        return Name != "avg" || result is null ? result
            : result is TraceDuration sum ? new TraceDuration(sum.Ns / count) : TraceValues.Number(result) / count;
    }

    public override IEnumerable<TraceField> Fields() => (Body?.Fields() ?? []).Concat(Source?.Fields() ?? []);

    public override IEnumerable<TraceAggregate> Aggregates() => [this];

    public override string ToString() => $"{Name}({Body})";
}

internal sealed record TraceScalarBinary(string Sign, TraceScalar Left, TraceScalar Right) : TraceScalar
{
    public override object? Of(TraceView trace, TraceSpanset set) => TraceValues.Apply(Sign, Left.Of(trace, set), Right.Of(trace, set));

    public override IEnumerable<TraceField> Fields() => Left.Fields().Concat(Right.Fields());

    public override IEnumerable<TraceAggregate> Aggregates() => Left.Aggregates().Concat(Right.Aggregates());
}

/// <summary>A comparison of aggregates: which spansets stay.</summary>
internal sealed record TraceScalarFilter(string Sign, TraceScalar Left, TraceScalar Right) : TraceStage
{
    public override IReadOnlyList<TraceSpanset> Apply(TraceView trace, IReadOnlyList<TraceSpanset> input)
    {
        var output = new List<TraceSpanset>();
        var aggregates = Left.Aggregates().Concat(Right.Aggregates()).ToList();
        foreach (var set in input)
        {
            if (TraceValues.Apply(Sign, Left.Of(trace, set), Right.Of(trace, set)) is not true)
                continue;
            var sources = aggregates.Where(static one => one.Source is not null).SelectMany(one => one.Source!.Apply(trace, [set]))
                .SelectMany(static one => one.Spans).ToHashSet<SpanView>(ReferenceEqualityComparer.Instance);
            var kept = sources.Count == 0 ? set : set with { Spans = [.. set.Spans.Where(sources.Contains)] };
            output.Add(aggregates.Aggregate(kept, (with, one) => with.With(one.ToString(), one.Of(trace, set))));
        }

        return output;
    }

    public override IEnumerable<TraceField> Fields() => Left.Fields().Concat(Right.Fields());
}
