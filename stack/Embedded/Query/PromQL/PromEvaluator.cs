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
    private readonly PromFunctions _functions;
    private readonly Dictionary<PromSubquery, Dictionary<long, List<PromPoint>>> _steps = new(ReferenceEqualityComparer.Instance);

    private PromEvaluator(IMetricReader reader, PromNode query, long startMs, long endMs, CancellationToken cancellation)
    {
        _cancellation = cancellation;
        _samples = new(reader, query, startMs, endMs, cancellation);
        _operators = new(_derived);
        _functions = new(this, _samples, _derived);
    }

    /// <summary>The value at one moment.</summary>
    public static PromResult Instant(IMetricReader reader, PromNode node, long timeMs, CancellationToken cancellation)
    {
        var evaluator = new PromEvaluator(reader, node, timeMs, timeMs, cancellation);
        switch (node)
        {
            case PromString text:
                return new(PromType.String, 0, text.Value, [], []);
            case { Type: PromType.Matrix }:
                var matrix = evaluator.Window(node, timeMs)
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

        var evaluator = new PromEvaluator(reader, node, startMs, endMs, cancellation);
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

    /// <summary>Refuses a vector with two points of the same labels.</summary>
    public static void RefuseDuplicates(IReadOnlyList<PromPoint> vector)
    {
        var seen = new HashSet<Labels>();
        foreach (var point in vector)
        {
            if (!seen.Add(point.Labels))
                throw Duplicate();
        }
    }

    private static QueryExecutionException Duplicate() => new("vector cannot contain metrics with the same labelset");

    /// <summary>A scalar at a moment.</summary>
    public double Scalar(PromNode node, long time) => node switch
    {
        PromNumber number => number.Value,
        PromNegate negate => -Scalar(negate.Body, time),
        PromBinary binary => PromOperators.Scalars(binary.Operator, Scalar(binary.Left, time), Scalar(binary.Right, time)),
        PromCall { Function.Name: "time" } => time / 1000.0,
        PromCall { Function.Name: "pi" } => Math.PI,
        PromCall { Function.Name: "scalar" } call => Vector(call.Arguments[0], time) is [var only] ? only.Value : double.NaN,
        _ => throw new QueryExecutionException($"cannot evaluate {node.GetType().Name} as a scalar"),
    };

    /// <summary>An instant vector at a moment.</summary>
    public List<PromPoint> Vector(PromNode node, long time)
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

    private List<PromPoint> Call(PromCall call, long time)
    {
        var points = _functions.Call(call, time);
        // Where their names are gone, two metrics may have become one; an operator around it would hide that.
        if (call.Arguments.Any(static argument => argument is PromSelector selector
            && !selector.Matchers.Any(static matcher => matcher is { Name: Labels.MetricName, Operator: MatchOperator.Equal })))
            RefuseDuplicates(points);
        return points;
    }

    /// <summary>A range vector at a moment: the samples of each series in it, ascending; some series may have none.</summary>
    public IEnumerable<(Labels Labels, ArraySegment<Sample> Samples)> Window(PromNode node, long time) =>
        node is PromSubquery subquery ? Steps(subquery, time) : _samples.Window((PromSelector)node, time);

    /// <summary>The ends of a range vector's range at a moment; open at its start.</summary>
    public (long FromMs, long ToMs) Bounds(PromNode node, long time)
    {
        var (shift, range) = node switch
        {
            PromSubquery subquery => (subquery.Shift, subquery.RangeMs),
            PromSelector { RangeMs: { } length } selector => (selector.Shift, length),
            _ => throw new QueryExecutionException($"cannot evaluate {node.GetType().Name} as a range vector"),
        };
        var to = _samples.At(shift, time);
        return (to - range, to);
    }

    /// <summary>Each point's value made anew, under its labels without the metric's name.</summary>
    public List<PromPoint> Map(PromNode node, List<PromPoint> points, Func<double, double> value)
    {
        for (var i = 0; i < points.Count; i++)
            points[i] = new(_derived.NoName(node, points[i].Labels), value(points[i].Value));
        return points;
    }

    // Steps are whole multiples of the step's length, so that neighbouring ranges share them.
    private IEnumerable<(Labels Labels, ArraySegment<Sample> Samples)> Steps(PromSubquery subquery, long time)
    {
        var (from, to) = Bounds(subquery, time);
        var step = subquery.StepMs ?? QueryLimits.SubqueryStepMs;
        if (subquery.RangeMs / step > QueryLimits.SubquerySteps)
            throw new QueryLimitException($"a subquery of {subquery.RangeMs / step} steps; at most {QueryLimits.SubquerySteps} are answered: raise its step");
        if (!_steps.TryGetValue(subquery, out var known))
            _steps.Add(subquery, known = []);
        var series = new Dictionary<Labels, List<Sample>>();
        for (var at = (long)Math.Floor((double)from / step) * step + step; at <= to; at += step)
        {
            if (!known.TryGetValue(at, out var points))
            {
                known.Add(at, points = Vector(subquery.Body, at));
                RefuseDuplicates(points);
                _samples.Count(points.Count + 1);
            }

            foreach (var point in points)
            {
                if (!series.TryGetValue(point.Labels, out var samples))
                    series.Add(point.Labels, samples = []);
                samples.Add(new(at, point.Value));
            }
        }

        return series.Select(static one => (one.Key, new ArraySegment<Sample>([.. one.Value])));
    }

    private List<PromPoint> Aggregate(PromAggregate node, long time)
    {
        var parameter = node.Parameter is { Type: PromType.Scalar } scalar ? Scalar(scalar, time) : 0;
        var groups = new Dictionary<Labels, List<PromPoint>>();
        foreach (var point in Vector(node.Body, time))
        {
            var key = _derived.Of(node, point.Labels, l => node.Without ? l.Except(node.Grouping) : l.Only(node.Grouping));
            if (!groups.TryGetValue(key, out var members))
                groups.Add(key, members = []);
            members.Add(point);
        }

        return node.Operator switch
        {
            "topk" => PromChoice.Some(groups.Values, parameter, static members => members.OrderBy(static p => p.Value, NanLast.Descending)),
            "bottomk" => PromChoice.Some(groups.Values, parameter, static members => members.OrderBy(static p => p.Value, NanLast.Ascending)),
            "limitk" => PromChoice.Some(groups.Values, parameter, static members => members.OrderBy(static p => p.Labels)),
            "limit_ratio" => PromChoice.Share(groups.Values, parameter),
            "count_values" => PromChoice.Values(groups, ((PromString)node.Parameter!).Value),
            _ => [.. groups.Select(group => new PromPoint(group.Key, PromWindows.Aggregate(node.Operator, group.Value, parameter)))],
        };
    }
}

/// <summary>Orders numbers with NaN behind all others.</summary>
internal sealed class NanLast(int sign) : IComparer<double>
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
