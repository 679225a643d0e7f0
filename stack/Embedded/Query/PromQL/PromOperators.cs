namespace MicroMonitored.Embedded.Query.PromQL;

/// <summary>Label sets made from others, made once for each node of a query.</summary>
internal sealed class PromDerived
{
    private readonly Dictionary<PromNode, Dictionary<Labels, Labels>> _known = new(ReferenceEqualityComparer.Instance);

    public Labels Of(PromNode node, Labels from, Func<Labels, Labels> make)
    {
        if (!_known.TryGetValue(node, out var cache))
            _known.Add(node, cache = []);
        if (!cache.TryGetValue(from, out var labels))
            cache.Add(from, labels = make(from));
        return labels;
    }

    public Labels NoName(PromNode node, Labels labels) => Of(node, labels, static l => l.WithoutName());
}

/// <summary>The binary operators over values that have been evaluated.</summary>
internal sealed class PromOperators(PromDerived derived)
{
    public static double Scalars(string name, double left, double right) =>
        IsComparison(name) ? (Compare(name, left, right) ? 1 : 0) : Arithmetic(name, left, right);

    /// <summary>Each point of a vector with a scalar, which stands at the left where <paramref name="scalarLeft"/> says so.</summary>
    public List<PromPoint> WithScalar(PromBinary node, List<PromPoint> points, double scalar, bool scalarLeft)
    {
        var result = new List<PromPoint>();
        foreach (var point in points)
        {
            var (left, right) = scalarLeft ? (scalar, point.Value) : (point.Value, scalar);
            if (Combine(node, left, right, point.Value) is { } value)
                result.Add(new(KeepsName(node) ? point.Labels : derived.NoName(node, point.Labels), value));
        }

        return result;
    }

    /// <summary>Two vectors: a set operation, or point by point of the same signature.</summary>
    public List<PromPoint> Vectors(PromBinary node, List<PromPoint> left, List<PromPoint> right) =>
        node.Operator is "and" or "or" or "unless" ? SetOperation(node, left, right) : Match(node, left, right);

    private static bool KeepsName(PromBinary node) => IsComparison(node.Operator) && !node.ReturnBool;

    private static double? Combine(PromBinary node, double left, double right, double kept)
    {
        if (!IsComparison(node.Operator))
            return Arithmetic(node.Operator, left, right);

        var holds = Compare(node.Operator, left, right);
        return node.ReturnBool ? (holds ? 1 : 0) : holds ? kept : null;
    }

    private Labels Signature(PromBinary node, Labels labels) =>
        derived.Of(node, labels, l => node.Matching.On ? l.Only(node.Matching.Names) : l.Except(node.Matching.Names));

    private List<PromPoint> SetOperation(PromBinary node, List<PromPoint> left, List<PromPoint> right)
    {
        if (node.Operator == "or")
        {
            var present = left.Select(p => Signature(node, p.Labels)).ToHashSet();
            left.AddRange(right.Where(p => !present.Contains(Signature(node, p.Labels))));
            return left;
        }

        var others = right.Select(p => Signature(node, p.Labels)).ToHashSet();
        var wanted = node.Operator == "and";
        return [.. left.Where(p => others.Contains(Signature(node, p.Labels)) == wanted)];
    }

    private List<PromPoint> Match(PromBinary node, List<PromPoint> leftSide, List<PromPoint> rightSide)
    {
        var swapped = node.Matching.Cardinality == PromCardinality.OneToMany;
        var (many, one) = swapped ? (rightSide, leftSide) : (leftSide, rightSide);
        var bySignature = new Dictionary<Labels, PromPoint>();
        foreach (var point in one)
        {
            var signature = Signature(node, point.Labels);
            if (!bySignature.TryAdd(signature, point))
            {
                throw new QueryExecutionException(
                    $"found duplicate series for the match group {signature} on the {(swapped ? "left" : "right")} hand-side of the operation: "
                    + $"[{point.Labels}, {bySignature[signature].Labels}]; "
                    + "many-to-many matching not allowed: matching labels must be unique on one side");
            }
        }

        var result = new List<PromPoint>();
        var used = new HashSet<(Labels, Labels)>();
        foreach (var point in many)
        {
            var signature = Signature(node, point.Labels);
            if (!bySignature.TryGetValue(signature, out var match))
                continue;

            var (left, right) = swapped ? (match.Value, point.Value) : (point.Value, match.Value);
            var labels = ResultLabels(node, point.Labels, match.Labels);
            var isPair = node.Matching.Cardinality == PromCardinality.OneToOne;
            if (!used.Add((signature, isPair ? signature : labels)))
            {
                throw new QueryExecutionException("multiple matches for labels: " + (isPair
                    ? "many-to-one matching must be explicit (group_left/group_right)"
                    : "grouping labels must ensure unique matches"));
            }

            if (Combine(node, left, right, left) is { } value)
                result.Add(new(labels, value));
        }

        return result;
    }

    private static Labels ResultLabels(PromBinary node, Labels many, Labels one)
    {
        var labels = KeepsName(node) ? many : many.WithoutName();
        if (node.Matching.Cardinality == PromCardinality.OneToOne)
        {
            if (node.Matching.On)
                return labels.Only(node.Matching.Names);
            return node.Matching.Names.Count == 0 ? labels : labels.Without(node.Matching.Names);
        }

        foreach (var name in node.Matching.Include)
            labels = labels.With(name, one[name]);
        return labels;
    }

    private static bool IsComparison(string name) => name is "==" or "!=" or "<" or "<=" or ">" or ">=";

    private static bool Compare(string name, double left, double right) => name switch
    {
        "==" => left == right,
        "!=" => left != right,
        "<" => left < right,
        "<=" => left <= right,
        ">" => left > right,
        _ => left >= right,
    };

    private static double Arithmetic(string name, double left, double right) => name switch
    {
        "+" => left + right,
        "-" => left - right,
        "*" => left * right,
        "/" => left / right,
        "%" => left % right,
        "atan2" => Math.Atan2(left, right),
        _ => Math.Pow(left, right),
    };
}
