using System.Text.RegularExpressions;
using MicroMonitored.Embedded.Store;

namespace MicroMonitored.Embedded.Query.PromQL;

/// <summary>One element of an instant vector.</summary>
internal readonly record struct PromPoint(Labels Labels, double Value);

/// <summary>One series of a range answer: ascending points.</summary>
internal sealed record PromSeries(Labels Labels, List<Sample> Points);

/// <summary>The value of an instant query; exactly one of the members is set, as <see cref="Type"/> says.</summary>
internal sealed record PromResult(PromType Type, double Scalar, string Text, IReadOnlyList<PromPoint> Vector, IReadOnlyList<PromSeries> Matrix);

/// <summary>Evaluates one parsed expression; loads each selector's samples once, then steps through time.</summary>
/// <remarks>Semantics follow Prometheus 3: ranges and the five-minute lookback are open at their start.</remarks>
internal sealed class PromEvaluator
{
    private const long LookbackMs = 300_000;

    private readonly IMetricReader reader;
    private readonly CancellationToken cancellation;
    private readonly long startMs;
    private readonly long endMs;
    private readonly Dictionary<PromSelector, Loaded[]> loaded = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<PromNode, Dictionary<Labels, Labels>> derived = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<PromNode, Regex> patterns = new(ReferenceEqualityComparer.Instance);
    private long samples;

    private sealed record Loaded(Labels Labels, IReadOnlyList<Sample> Samples);

    private PromEvaluator(IMetricReader reader, long startMs, long endMs, CancellationToken cancellation)
    {
        this.reader = reader;
        this.startMs = startMs;
        this.endMs = endMs;
        this.cancellation = cancellation;
    }

    /// <summary>The value at one moment.</summary>
    public static PromResult Instant(IMetricReader reader, PromNode node, long timeMs, CancellationToken cancellation)
    {
        var evaluator = new PromEvaluator(reader, timeMs, timeMs, cancellation);
        switch (node)
        {
            case PromString text:
                return new(PromType.String, 0, text.Value, [], []);
            case PromSelector { RangeMs: not null } selector:
                var matrix = evaluator.Window(selector, timeMs)
                    .Where(static series => series.Samples.Count > 0)
                    .Select(static series => new PromSeries(series.Labels, [.. series.Samples]))
                    .ToList();
                return new(PromType.Matrix, 0, "", [], matrix);
        }

        if (node.Type == PromType.Scalar)
            return new(PromType.Scalar, evaluator.Scalar(node, timeMs), "", [], []);

        var vector = evaluator.Vector(node, timeMs);
        RefuseDuplicates(vector);
        return new(PromType.Vector, 0, "", vector, []);
    }

    /// <summary>The values at every step from start to end, both included; at most <see cref="QueryLimits.Points"/> steps.</summary>
    public static IReadOnlyList<PromSeries> Range(IMetricReader reader, PromNode node, long startMs, long endMs, long stepMs, CancellationToken cancellation)
    {
        if (node.Type is PromType.String or PromType.Matrix)
        {
            var name = node.Type == PromType.Matrix ? "range vector" : "string";
            throw new QueryParameterException("query", $"invalid expression type \"{name}\" for range query, must be Scalar or instant Vector");
        }

        var evaluator = new PromEvaluator(reader, startMs, endMs, cancellation);
        var answer = new Dictionary<Labels, PromSeries>();
        long values = 0;
        for (var time = startMs; time <= endMs; time += stepMs)
        {
            cancellation.ThrowIfCancellationRequested();
            var points = node.Type == PromType.Scalar ? [new PromPoint(Labels.Empty, evaluator.Scalar(node, time))] : evaluator.Vector(node, time);
            foreach (var point in points)
            {
                if (!answer.TryGetValue(point.Labels, out var series))
                    answer.Add(point.Labels, series = new(point.Labels, []));
                if (series.Points.Count > 0 && series.Points[^1].TimestampMs == time)
                    throw Duplicate();
                series.Points.Add(new(time, point.Value));
            }

            if ((values += points.Count) > QueryLimits.AnswerValues)
                throw new QueryLimitException($"the answer would hold more than {QueryLimits.AnswerValues} values; narrow the query or raise the step");
        }

        return [.. answer.Values.OrderBy(static series => series.Labels)];
    }

    private static void RefuseDuplicates(IReadOnlyList<PromPoint> vector)
    {
        var seen = new HashSet<Labels>();
        foreach (var point in vector)
        {
            if (!seen.Add(point.Labels))
                throw Duplicate();
        }
    }

    private static QueryExecutionException Duplicate() => new("vector cannot contain metrics with the same labelset");

    private double Scalar(PromNode node, long time)
    {
        switch (node)
        {
            case PromNumber number:
                return number.Value;
            case PromNegate negate:
                return -Scalar(negate.Body, time);
            case PromBinary binary:
                var (left, right) = (Scalar(binary.Left, time), Scalar(binary.Right, time));
                return IsComparison(binary.Operator) ? (Compare(binary.Operator, left, right) ? 1 : 0) : Arithmetic(binary.Operator, left, right);
            case PromCall { Function.Name: "time" }:
                return time / 1000.0;
            case PromCall { Function.Name: "scalar" } call:
                var vector = Vector(call.Arguments[0], time);
                return vector.Count == 1 ? vector[0].Value : double.NaN;
            default:
                throw new QueryExecutionException($"cannot evaluate {node.GetType().Name} as a scalar");
        }
    }

    private List<PromPoint> Vector(PromNode node, long time)
    {
        cancellation.ThrowIfCancellationRequested();
        return node switch
        {
            PromSelector selector => Newest(selector, time),
            PromNegate negate => Map(node, Vector(negate.Body, time), static value => -value),
            PromBinary binary => Binary(binary, time),
            PromAggregate aggregate => Aggregate(aggregate, time),
            PromCall call => Call(call, time),
            _ => throw new QueryExecutionException($"cannot evaluate {node.GetType().Name} as a vector"),
        };
    }

    private Labels Derive(PromNode node, Labels from, Func<Labels, Labels> make)
    {
        if (!derived.TryGetValue(node, out var cache))
            derived.Add(node, cache = []);
        if (!cache.TryGetValue(from, out var labels))
            cache.Add(from, labels = make(from));
        return labels;
    }

    private Labels NoName(PromNode node, Labels labels) => Derive(node, labels, static l => l.WithoutName());

    private List<PromPoint> Map(PromNode node, List<PromPoint> points, Func<double, double> value)
    {
        for (var i = 0; i < points.Count; i++)
            points[i] = new(NoName(node, points[i].Labels), value(points[i].Value));
        return points;
    }

    private Loaded[] Load(PromSelector selector)
    {
        if (loaded.TryGetValue(selector, out var known))
            return known;

        var series = reader.Series(selector.Matchers, QueryLimits.Series, cancellation);
        var from = startMs - selector.ShiftMs - (selector.RangeMs ?? LookbackMs);
        var to = endMs - selector.ShiftMs;
        var result = new List<Loaded>(series.Count);
        if (selector.RangeMs is null && startMs == endMs)
        {
            var newest = reader.Newest([.. series.Select(static s => s.Id)], from, to, cancellation);
            foreach (var one in series)
            {
                if (newest.TryGetValue(one.Id, out var sample))
                    result.Add(new(Labels.From(one.Labels), [sample]));
            }
        }
        else
        {
            foreach (var one in series)
            {
                cancellation.ThrowIfCancellationRequested();
                var points = reader.Samples(one.Id, from, to, cancellation);
                if ((samples += points.Count) > QueryLimits.Samples)
                    throw new QueryLimitException($"the query would load more than {QueryLimits.Samples} samples; narrow its selectors or its range");
                if (selector.RangeMs is not null && points.Any(static p => p.IsStale))
                    points = [.. points.Where(static p => !p.IsStale)];
                if (points.Count > 0)
                    result.Add(new(Labels.From(one.Labels), points));
            }
        }

        return loaded[selector] = [.. result];
    }

    // The number of samples with timestamp <= time.
    private static int UpTo(IReadOnlyList<Sample> points, long time)
    {
        var (low, high) = (0, points.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (points[middle].TimestampMs <= time)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }

    private List<PromPoint> Newest(PromSelector selector, long time)
    {
        var at = time - selector.ShiftMs;
        var result = new List<PromPoint>();
        foreach (var (series, sample) in NewestSamples(selector, at))
            result.Add(new(series.Labels, sample.Value));
        return result;
    }

    private IEnumerable<(Loaded Series, Sample Sample)> NewestSamples(PromSelector selector, long at)
    {
        foreach (var series in Load(selector))
        {
            var index = UpTo(series.Samples, at) - 1;
            if (index >= 0 && series.Samples[index] is var sample && sample.TimestampMs > at - LookbackMs && !sample.IsStale)
                yield return (series, sample);
        }
    }

    private IEnumerable<(Labels Labels, ArraySegment<Sample> Samples)> Window(PromSelector selector, long time)
    {
        var to = time - selector.ShiftMs;
        var from = to - selector.RangeMs!.Value;
        foreach (var series in Load(selector))
        {
            var first = UpTo(series.Samples, from);
            var end = UpTo(series.Samples, to);
            var array = series.Samples as Sample[];
            yield return (series.Labels, array is not null
                ? new ArraySegment<Sample>(array, first, end - first)
                : new ArraySegment<Sample>([.. series.Samples.Skip(first).Take(end - first)]));
        }
    }

    private List<PromPoint> Call(PromCall call, long time)
    {
        var name = call.Function.Name;
        switch (name)
        {
            case "vector":
                return [new(Labels.Empty, Scalar(call.Arguments[0], time))];
            case "absent":
                return Vector(call.Arguments[0], time).Count > 0 ? [] : [new(AbsentLabels(call.Arguments[0]), 1)];
            case "absent_over_time":
                return Window((PromSelector)call.Arguments[0], time).Any(static w => w.Samples.Count > 0) ? [] : [new(AbsentLabels(call.Arguments[0]), 1)];
            case "sort":
                return [.. Vector(call.Arguments[0], time).OrderBy(static p => p.Value, NanLast.Ascending)];
            case "sort_desc":
                return [.. Vector(call.Arguments[0], time).OrderBy(static p => p.Value, NanLast.Descending)];
            case "histogram_quantile":
                return Histogram(call, time);
            case "label_replace":
                return LabelReplace(call, time);
            case "label_join":
                return LabelJoin(call, time);
            case "timestamp" when call.Arguments[0] is PromSelector selector:
                return [.. NewestSamples(selector, time - selector.ShiftMs)
                    .Select(s => new PromPoint(NoName(call, s.Series.Labels), s.Sample.TimestampMs / 1000.0))];
            case "timestamp":
                return Map(call, Vector(call.Arguments[0], time), _ => time / 1000.0);
            case "clamp_min":
                var least = Scalar(call.Arguments[1], time);
                return Map(call, Vector(call.Arguments[0], time), v => Math.Max(v, least));
            case "clamp_max":
                var most = Scalar(call.Arguments[1], time);
                return Map(call, Vector(call.Arguments[0], time), v => Math.Min(v, most));
            case "clamp":
                var (low, high) = (Scalar(call.Arguments[1], time), Scalar(call.Arguments[2], time));
                return low > high ? [] : Map(call, Vector(call.Arguments[0], time), v => Math.Max(low, Math.Min(high, v)));
            case "round":
                var nearest = call.Arguments.Count > 1 ? Scalar(call.Arguments[1], time) : 1;
                var inverse = 1 / nearest;
                return Map(call, Vector(call.Arguments[0], time), v => Math.Floor((v * inverse) + 0.5) / inverse);
        }

        return call.Function.Arguments[0] == PromType.Matrix
            ? OverTime(call, time)
            : Map(call, Vector(call.Arguments[0], time), MathFunction(name));
    }

    private static Func<double, double> MathFunction(string name) => name switch
    {
        "abs" => Math.Abs,
        "ceil" => Math.Ceiling,
        "floor" => Math.Floor,
        "exp" => Math.Exp,
        "ln" => Math.Log,
        "log2" => Math.Log2,
        "log10" => Math.Log10,
        "sqrt" => Math.Sqrt,
        "sgn" => static v => double.IsNaN(v) ? v : Math.Sign(v),
        _ => throw new QueryExecutionException($"cannot evaluate the function {name}"),
    };

    private List<PromPoint> OverTime(PromCall call, long time)
    {
        var selector = (PromSelector)call.Arguments[0];
        var to = time - selector.ShiftMs;
        var from = to - selector.RangeMs!.Value;
        var keepsName = call.Function.Name == "last_over_time";
        var result = new List<PromPoint>();
        foreach (var (labels, window) in Window(selector, time))
        {
            if (window.Count > 0 && PromWindows.Evaluate(call.Function.Name, window, from, to) is { } value)
                result.Add(new(keepsName ? labels : NoName(call, labels), value));
        }

        return result;
    }

    private static Labels AbsentLabels(PromNode node)
    {
        if (node is not PromSelector selector)
            return Labels.Empty;

        var equal = new Dictionary<string, string>(StringComparer.Ordinal);
        var twice = new HashSet<string>(StringComparer.Ordinal);
        foreach (var matcher in selector.Matchers)
        {
            if (matcher.Name == Labels.MetricName)
                continue;
            if (matcher.Operator != MatchOperator.Equal || !equal.TryAdd(matcher.Name, matcher.Value))
                twice.Add(matcher.Name);
        }

        return Labels.From(equal.Where(pair => !twice.Contains(pair.Key)));
    }

    private List<PromPoint> Histogram(PromCall call, long time)
    {
        var quantile = Scalar(call.Arguments[0], time);
        var groups = new Dictionary<Labels, List<(double Upper, double Count)>>();
        foreach (var point in Vector(call.Arguments[1], time))
        {
            if (!Quantities.TryNumber(point.Labels["le"], out var upper))
                continue;
            var labels = Derive(call, point.Labels, static l => l.Except(["le"]));
            if (!groups.TryGetValue(labels, out var buckets))
                groups.Add(labels, buckets = []);
            buckets.Add((upper, point.Value));
        }

        return [.. groups.Select(group => new PromPoint(group.Key, PromWindows.BucketQuantile(quantile, group.Value)))];
    }

    private List<PromPoint> LabelReplace(PromCall call, long time)
    {
        string Text(int index) => ((PromString)call.Arguments[index]).Value;
        var (target, replacement, source) = (Text(1), Text(2), Text(3));
        if (!patterns.TryGetValue(call, out var pattern))
            patterns.Add(call, pattern = Patterns.Anchored(Text(4), call.Arguments[4].Offset));
        RequireLabelName(target, "label_replace()");

        var result = Vector(call.Arguments[0], time);
        for (var i = 0; i < result.Count; i++)
        {
            var labels = Derive(call, result[i].Labels, l => pattern.Match(l[source]) is { Success: true } match ? l.With(target, match.Result(replacement)) : l);
            result[i] = new(labels, result[i].Value);
        }

        RefuseDuplicates(result);
        return result;
    }

    private List<PromPoint> LabelJoin(PromCall call, long time)
    {
        var texts = call.Arguments.Skip(1).Select(static a => ((PromString)a).Value).ToArray();
        RequireLabelName(texts[0], "label_join()");
        var result = Vector(call.Arguments[0], time);
        for (var i = 0; i < result.Count; i++)
        {
            var labels = Derive(call, result[i].Labels, l => l.With(texts[0], string.Join(texts[1], texts.Skip(2).Select(name => l[name]))));
            result[i] = new(labels, result[i].Value);
        }

        RefuseDuplicates(result);
        return result;
    }

    private static void RequireLabelName(string name, string function)
    {
        if (name.Length == 0 || char.IsAsciiDigit(name[0]) || name.Any(static c => !char.IsAsciiLetterOrDigit(c) && c != '_'))
            throw new QueryExecutionException($"invalid destination label name in {function}: {name}");
    }

    private List<PromPoint> Aggregate(PromAggregate node, long time)
    {
        var parameter = node.Parameter is null ? 0 : Scalar(node.Parameter, time);
        var groups = new Dictionary<Labels, List<PromPoint>>();
        var order = new List<Labels>();
        foreach (var point in Vector(node.Body, time))
        {
            var key = Derive(node, point.Labels, l => node.Without ? l.Except(node.Grouping) : l.Only(node.Grouping));
            if (!groups.TryGetValue(key, out var members))
            {
                groups.Add(key, members = []);
                order.Add(key);
            }

            members.Add(point);
        }

        if (node.Operator is not ("topk" or "bottomk"))
            return [.. order.Select(key => new PromPoint(key, PromWindows.Aggregate(node.Operator, groups[key], parameter)))];

        var result = new List<PromPoint>();
        var count = double.IsNaN(parameter) || parameter < 1 ? 0 : (int)Math.Min(parameter, int.MaxValue);
        var comparer = node.Operator == "topk" ? NanLast.Descending : NanLast.Ascending;
        foreach (var key in order)
            result.AddRange(groups[key].OrderBy(static p => p.Value, comparer).Take(count));
        return result;
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
        _ => Math.Pow(left, right),
    };

    private List<PromPoint> Binary(PromBinary node, long time)
    {
        if (node.Operator is "and" or "or" or "unless")
            return SetOperation(node, time);

        if (node.Left.Type == PromType.Scalar || node.Right.Type == PromType.Scalar)
        {
            var scalarLeft = node.Left.Type == PromType.Scalar;
            var scalar = Scalar(scalarLeft ? node.Left : node.Right, time);
            var result = new List<PromPoint>();
            foreach (var point in Vector(scalarLeft ? node.Right : node.Left, time))
            {
                var (left, right) = scalarLeft ? (scalar, point.Value) : (point.Value, scalar);
                if (Combine(node, left, right, point.Value) is { } value)
                    result.Add(new(KeepsName(node) ? point.Labels : NoName(node, point.Labels), value));
            }

            return result;
        }

        return VectorMatch(node, time);
    }

    private static bool KeepsName(PromBinary node) => IsComparison(node.Operator) && !node.ReturnBool;

    private static double? Combine(PromBinary node, double left, double right, double kept)
    {
        if (!IsComparison(node.Operator))
            return Arithmetic(node.Operator, left, right);

        var holds = Compare(node.Operator, left, right);
        return node.ReturnBool ? (holds ? 1 : 0) : holds ? kept : null;
    }

    private Labels Signature(PromBinary node, Labels labels) =>
        Derive(node, labels, l => node.Matching.On ? l.Only(node.Matching.Names) : l.Except(node.Matching.Names));

    private List<PromPoint> SetOperation(PromBinary node, long time)
    {
        var left = Vector(node.Left, time);
        var right = Vector(node.Right, time);
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

    private List<PromPoint> VectorMatch(PromBinary node, long time)
    {
        var swapped = node.Matching.Cardinality == PromCardinality.OneToMany;
        var many = Vector(swapped ? node.Right : node.Left, time);
        var one = Vector(swapped ? node.Left : node.Right, time);
        var bySignature = new Dictionary<Labels, PromPoint>();
        foreach (var point in one)
        {
            var signature = Signature(node, point.Labels);
            if (!bySignature.TryAdd(signature, point))
            {
                throw new QueryExecutionException(
                    $"found duplicate series for the match group {signature} on the {(swapped ? "left" : "right")} hand-side of the operation: [{point.Labels}, {bySignature[signature].Labels}]; many-to-many matching not allowed: matching labels must be unique on one side");
            }
        }

        var result = new List<PromPoint>();
        var used = new HashSet<Labels>();
        foreach (var point in many)
        {
            var signature = Signature(node, point.Labels);
            if (!bySignature.TryGetValue(signature, out var match))
                continue;

            var (left, right) = swapped ? (match.Value, point.Value) : (point.Value, match.Value);
            if (Combine(node, left, right, left) is not { } value)
                continue;

            var labels = ResultLabels(node, point.Labels, match.Labels);
            if (!used.Add(node.Matching.Cardinality == PromCardinality.OneToOne ? signature : labels))
                throw new QueryExecutionException("multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)");
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

    private sealed class NanLast(int sign) : IComparer<double>
    {
        public static readonly NanLast Ascending = new(1);
        public static readonly NanLast Descending = new(-1);

        public int Compare(double x, double y) => (double.IsNaN(x), double.IsNaN(y)) switch
        {
            (true, true) => 0,
            (true, false) => 1,
            (false, true) => -1,
            _ => sign * x.CompareTo(y),
        };
    }
}
