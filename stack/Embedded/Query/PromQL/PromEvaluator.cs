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
    private readonly CancellationToken _cancellation;
    private readonly PromSamples _samples;
    private readonly PromDerived _derived = new();
    private readonly PromOperators _operators;
    private readonly Dictionary<PromNode, Regex> _patterns = new(ReferenceEqualityComparer.Instance);

    private PromEvaluator(IMetricReader reader, long startMs, long endMs, CancellationToken cancellation)
    {
        _cancellation = cancellation;
        _samples = new(reader, startMs, endMs, cancellation);
        _operators = new(_derived);
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
                var matrix = evaluator._samples.Window(selector, timeMs)
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
                return PromOperators.Scalars(binary.Operator, left, right);
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
        _cancellation.ThrowIfCancellationRequested();
        return node switch
        {
            PromSelector selector => [.. _samples.Newest(selector, time).Select(static one => new PromPoint(one.Labels, one.Sample.Value))],
            PromNegate negate => Map(node, Vector(negate.Body, time), static value => -value),
            PromBinary { Left.Type: PromType.Scalar } binary =>
                _operators.WithScalar(binary, Vector(binary.Right, time), Scalar(binary.Left, time), scalarLeft: true),
            PromBinary { Right.Type: PromType.Scalar } binary =>
                _operators.WithScalar(binary, Vector(binary.Left, time), Scalar(binary.Right, time), scalarLeft: false),
            PromBinary binary => _operators.Vectors(binary, Vector(binary.Left, time), Vector(binary.Right, time)),
            PromAggregate aggregate => Aggregate(aggregate, time),
            PromCall call => Call(call, time),
            _ => throw new QueryExecutionException($"cannot evaluate {node.GetType().Name} as a vector"),
        };
    }

    private List<PromPoint> Map(PromNode node, List<PromPoint> points, Func<double, double> value)
    {
        for (var i = 0; i < points.Count; i++)
            points[i] = new(_derived.NoName(node, points[i].Labels), value(points[i].Value));
        return points;
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
                return _samples.Window((PromSelector)call.Arguments[0], time).Any(static w => w.Samples.Count > 0)
                    ? []
                    : [new(AbsentLabels(call.Arguments[0]), 1)];
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
                return [.. _samples.Newest(selector, time)
                    .Select(s => new PromPoint(_derived.NoName(call, s.Labels), s.Sample.TimestampMs / 1000.0))];
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
        foreach (var (labels, window) in _samples.Window(selector, time))
        {
            if (window.Count > 0 && PromWindows.Evaluate(call.Function.Name, window, from, to) is { } value)
                result.Add(new(keepsName ? labels : _derived.NoName(call, labels), value));
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
            var labels = _derived.Of(call, point.Labels, static l => l.Except(["le"]));
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
        if (!_patterns.TryGetValue(call, out var pattern))
            _patterns.Add(call, pattern = Patterns.Anchored(Text(4), call.Arguments[4].Offset));
        RequireLabelName(target, "label_replace()");

        var result = Vector(call.Arguments[0], time);
        for (var i = 0; i < result.Count; i++)
        {
            var labels = _derived.Of(call, result[i].Labels, l =>
                pattern.Match(l[source]) is { Success: true } match ? l.With(target, match.Result(replacement)) : l);
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
            var labels = _derived.Of(call, result[i].Labels, l => l.With(texts[0], string.Join(texts[1], texts.Skip(2).Select(name => l[name]))));
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
            var key = _derived.Of(node, point.Labels, l => node.Without ? l.Except(node.Grouping) : l.Only(node.Grouping));
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
