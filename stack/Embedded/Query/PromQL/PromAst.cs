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
    /// <summary>Every selector within.</summary>
    public IEnumerable<PromSelector> Selectors() => this switch
    {
        PromSelector selector => [selector],
        PromCall call => call.Arguments.SelectMany(static argument => argument.Selectors()),
        PromAggregate aggregate => aggregate.Body.Selectors().Concat(aggregate.Parameter?.Selectors() ?? []),
        PromBinary binary => binary.Left.Selectors().Concat(binary.Right.Selectors()),
        PromNegate negate => negate.Body.Selectors(),
        _ => [],
    };
}

internal sealed record PromNumber(double Value, int Offset) : PromNode(PromType.Scalar, Offset);

internal sealed record PromString(string Value, int Offset) : PromNode(PromType.String, Offset);

/// <summary>A selector; with <see cref="RangeMs"/> set it yields a matrix.</summary>
internal sealed record PromSelector(IReadOnlyList<LabelMatcher> Matchers, long? RangeMs, long ShiftMs, int Offset)
    : PromNode(RangeMs is null ? PromType.Vector : PromType.Matrix, Offset);

internal sealed record PromCall(PromFunction Function, IReadOnlyList<PromNode> Arguments, int Offset) : PromNode(Function.Result, Offset);

internal sealed record PromAggregate(string Operator, PromNode Body, PromNode? Parameter, IReadOnlyCollection<string> Grouping, bool Without, int Offset)
    : PromNode(PromType.Vector, Offset);

internal sealed record PromNegate(PromNode Body, int Offset) : PromNode(Body.Type, Offset);

internal sealed record PromBinary(string Operator, PromNode Left, PromNode Right, bool ReturnBool, PromMatching Matching, int Offset)
    : PromNode(Left.Type == PromType.Scalar && Right.Type == PromType.Scalar ? PromType.Scalar : PromType.Vector, Offset);

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

/// <summary>What of PromQL is answered.</summary>
internal static class PromSubset
{
    public static readonly IReadOnlyDictionary<string, PromFunction> Functions = Build();

    public static readonly IReadOnlySet<string> Aggregations = new HashSet<string>(StringComparer.Ordinal)
    {
        "sum", "avg", "min", "max", "count", "group", "stddev", "stdvar", "topk", "bottomk", "quantile",
    };

    /// <summary>Says that <paramref name="what"/> is not answered here, what is, and where to go instead.</summary>
    public static string Refuse(string what) =>
        $"{what} is not supported by the embedded engine; it answers selectors, range selectors, offset, the aggregations {string.Join(" ", Aggregations)}, "
        + $"arithmetic, comparison and set operators, and the functions {string.Join(" ", Functions.Keys)}. "
        + "Run the stack with --engine=docker for all of PromQL";

    private static Dictionary<string, PromFunction> Build()
    {
        var functions = new Dictionary<string, PromFunction>(StringComparer.Ordinal);
        void Add(PromType result, PromType[] arguments, string names, int optional = 0, bool variadic = false)
        {
            foreach (var name in names.Split(' '))
                functions[name] = new(name, result, arguments, optional, variadic);
        }

        const PromType Scalar = PromType.Scalar, Vector = PromType.Vector, Matrix = PromType.Matrix, String = PromType.String;
        Add(Vector, [Matrix], "rate irate increase delta idelta changes resets");
        Add(Vector, [Matrix], "avg_over_time min_over_time max_over_time sum_over_time count_over_time last_over_time present_over_time absent_over_time");
        Add(Vector, [Scalar, Vector], "histogram_quantile");
        Add(Vector, [Vector], "abs ceil floor exp ln log2 log10 sqrt sgn absent sort sort_desc timestamp");
        Add(Vector, [Vector, Scalar], "clamp_min clamp_max");
        Add(Vector, [Vector, Scalar, Scalar], "clamp");
        Add(Vector, [Vector, Scalar], "round", optional: 1);
        Add(Vector, [Vector, String, String, String, String], "label_replace");
        Add(Vector, [Vector, String, String, String], "label_join", variadic: true);
        Add(Vector, [Scalar], "vector");
        Add(Scalar, [Vector], "scalar");
        Add(Scalar, [], "time");
        return functions;
    }
}
