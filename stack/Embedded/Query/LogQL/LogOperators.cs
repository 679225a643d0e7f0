using MicroMonitored.Embedded.Query.PromQL;

namespace MicroMonitored.Embedded.Query.LogQL;

/// <summary>The binary operators over numbers, and over the points of one moment.</summary>
internal static class LogOperators
{
    public static bool IsComparison(string sign) => sign is "==" or "!=" or ">" or ">=" or "<" or "<=";

    public static double Numbers(string sign, double left, double right) => sign switch
    {
        "+" => left + right,
        "-" => left - right,
        "*" => left * right,
        "/" => right == 0 ? double.NaN : left / right,
        "%" => right == 0 ? double.NaN : left % right,
        "^" => Math.Pow(left, right),
        _ => Compare(sign, left, right) ? 1 : 0,
    };

    private static bool Compare(string sign, double left, double right) => sign switch
    {
        "==" => left == right,
        "!=" => left != right,
        ">" => left > right,
        ">=" => left >= right,
        "<" => left < right,
        _ => left <= right,
    };

    // A comparison keeps the point of the left or drops it; with bool it is one or zero.
    private static double? Combine(LogBinary node, double left, double right, double kept) =>
        !IsComparison(node.Operator) || node.ReturnBool ? Numbers(node.Operator, left, right)
        : Compare(node.Operator, left, right) ? kept : null;

    /// <summary>Each point with a number.</summary>
    public static List<PromPoint> WithNumber(LogBinary node, List<PromPoint> points, double number, bool numberLeft)
    {
        var result = new List<PromPoint>(points.Count);
        foreach (var point in points)
        {
            var (left, right) = numberLeft ? (number, point.Value) : (point.Value, number);
            if (Combine(node, left, right, point.Value) is { } value)
                result.Add(new(point.Labels, value));
        }

        return result;
    }

    /// <summary>The points of two sides: a set operation, or those that match.</summary>
    public static List<PromPoint> Vectors(LogBinary node, List<PromPoint> left, List<PromPoint> right)
    {
        switch (node.Operator)
        {
            case "or":
                var present = left.Select(point => Signature(node, point.Labels)).ToHashSet();
                return [.. left, .. right.Where(point => !present.Contains(Signature(node, point.Labels)))];
            case "and" or "unless":
                var others = right.Select(point => Signature(node, point.Labels)).ToHashSet();
                return [.. left.Where(point => others.Contains(Signature(node, point.Labels)) == (node.Operator == "and"))];
            default:
                return Match(node, left, right);
        }
    }

    private static Labels Signature(LogBinary node, Labels labels) =>
        node.Matching.On ? labels.Only(node.Matching.Names) : node.Matching.Names.Count == 0 ? labels : labels.Without(node.Matching.Names);

    private static List<PromPoint> Match(LogBinary node, List<PromPoint> leftSide, List<PromPoint> rightSide)
    {
        var swapped = node.Matching.Many == "right";
        var (many, one) = swapped ? (rightSide, leftSide) : (leftSide, rightSide);
        var bySignature = new Dictionary<Labels, PromPoint>();
        foreach (var point in one)
        {
            if (!bySignature.TryAdd(Signature(node, point.Labels), point))
                throw new QueryExecutionException($"found duplicate series on the {(swapped ? "left" : "right")} hand-side;many-to-many matching not allowed: "
                    + "matching labels must be unique on one side");
        }

        var result = new List<PromPoint>();
        var used = new HashSet<Labels>();
        foreach (var point in many)
        {
            var signature = Signature(node, point.Labels);
            if (!bySignature.TryGetValue(signature, out var match))
                continue;
            var labels = Result(node, point.Labels, match.Labels);
            if (!used.Add(node.Matching.Many is null ? signature : labels))
            {
                throw new QueryExecutionException(node.Matching.Many is null
                    ? "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)"
                    : "multiple matches for labels: grouping labels must ensure unique matches");
            }

            var (left, right) = swapped ? (match.Value, point.Value) : (point.Value, match.Value);
            if (Combine(node, left, right, left) is { } value)
                result.Add(new(labels, value));
        }

        return result;
    }

    private static Labels Result(LogBinary node, Labels many, Labels one)
    {
        if (node.Matching.Many is null)
            return Signature(node, many);
        foreach (var name in node.Matching.Include)
            many = many.With(name, one[name]);
        return many;
    }
}
