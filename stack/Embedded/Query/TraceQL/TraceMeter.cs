using System.Numerics;
using MicroMonitored.Embedded.Query.Otlp;
using MicroMonitored.Embedded.Store;

namespace MicroMonitored.Embedded.Query.TraceQL;

/// <summary>The steps of a metric: the spans that start in <c>(start + i·step, start + (i+1)·step]</c>, or in the whole range where it is one.</summary>
internal sealed record TraceSteps(long StartNs, long EndNs, long StepNs, bool Instant = false)
{
    public int Count => Instant ? 1 : (int)((EndNs - StartNs) / StepNs);

    /// <summary>Steps as Tempo aligns them: whole steps around the range, and one more before it.</summary>
    public static TraceSteps Aligned(long startNs, long endNs, long stepNs)
    {
        var start = startNs - (startNs % stepNs);
        return new(start > stepNs ? start - stepNs : start, endNs % stepNs == 0 ? endNs : endNs + stepNs - (endNs % stepNs), stepNs);
    }

    public int? Of(long ns)
    {
        if (Instant)
            return ns >= StartNs && ns <= EndNs ? 0 : null;
        return ns > StartNs && ns <= EndNs ? (int)((ns - StartNs - 1) / StepNs) : null;
    }

    public long TimeMs(int step) => (Instant ? EndNs : StartNs + ((step + 1) * StepNs)) / 1_000_000;
}

/// <summary>Evaluates metrics over the stored spans.</summary>
internal sealed class TraceMeter(TraceFinder finder, TraceSteps steps, int exemplars)
{
    private const double Second = 1e9;
    private const string BucketLabel = "__bucket";

    /// <summary>The series that have a value.</summary>
    public IReadOnlyList<TraceSeries> Series(TraceMetric metric)
    {
        var series = Of(metric).Where(static one => one.Values.Any(static value => !double.IsNaN(value))).ToList();
        if ((long)series.Count * steps.Count > QueryLimits.AnswerValues)
            throw new QueryLimitException($"the answer would hold more than {QueryLimits.AnswerValues} values; narrow the query or raise the step");
        return [.. series.OrderBy(static one => one.Key, StringComparer.Ordinal)];
    }

    private List<TraceSeries> Of(TraceMetric metric) => metric switch
    {
        TraceMeasure measure => Measured(measure),
        TraceMetricRank rank => Ranked(Of(rank.Body), rank),
        TraceMetricFilter filter => Each(Of(filter.Body), value => TraceValues.Apply(filter.Sign, value, filter.Value) is true ? value : double.NaN),
        TraceMetricScalar scalar => Each(
            Of(scalar.Body), value => scalar.ScalarLeft ? Arithmetic(scalar.Sign, scalar.Value, value) : Arithmetic(scalar.Sign, value, scalar.Value)),
        TraceMetricBinary binary => Joined(binary.Sign, Of(binary.Left), Of(binary.Right)),
        _ => throw new QueryExecutionException("not a metric"),
    };

    private static List<TraceSeries> Each(List<TraceSeries> series, Func<double, double> make) =>
        [.. series.Select(one => one with { Values = [.. one.Values.Select(make)] })];

    private static double Arithmetic(string sign, double left, double right) => sign switch
    {
        "+" => left + right,
        "-" => left - right,
        "*" => left * right,
        _ => right == 0 ? double.NaN : left / right,
    };

    private List<TraceSeries> Ranked(List<TraceSeries> series, TraceMetricRank rank)
    {
        var kept = series.Select(one => one with { Values = [.. Enumerable.Repeat(double.NaN, one.Values.Length)] }).ToList();
        for (var step = 0; step < steps.Count; step++)
        {
            var at = step;
            var present = Enumerable.Range(0, series.Count).Where(i => !double.IsNaN(series[i].Values[at]));
            var ordered = rank.Smallest ? present.OrderBy(i => series[i].Values[at]) : present.OrderByDescending(i => series[i].Values[at]);
            foreach (var i in ordered.ThenBy(i => series[i].Key, StringComparer.Ordinal).Take(rank.Count))
                kept[i].Values[at] = series[i].Values[at];
        }

        return kept;
    }

    private static List<TraceSeries> Joined(string sign, List<TraceSeries> left, List<TraceSeries> right)
    {
        var (lefts, rights) = (left.ToDictionary(static one => one.Key), right.ToDictionary(static one => one.Key));
        var result = new List<TraceSeries>();
        foreach (var key in (rights.ContainsKey("") ? lefts : rights).Keys)
        {
            if (Of(lefts, key) is not { } a || Of(rights, key) is not { } b)
                continue;
            var names = (Name(a), Name(b));
            var labels = a.Labels.Concat(b.Labels).Where(static label => label.Key != Labels.MetricName).DistinctBy(static label => label.Key);
            if (names is (string one, string other))
                labels = labels.Prepend(new(Labels.MetricName, $"({one} {sign} {other})"));
            result.Add(new([.. labels], [.. a.Values.Zip(b.Values, (x, y) => Arithmetic(sign, x, y))]) { Exemplars = [.. a.Exemplars, .. b.Exemplars] });
        }

        return result;

        static TraceSeries? Of(Dictionary<string, TraceSeries> all, string key) => all.GetValueOrDefault(key) ?? all.GetValueOrDefault("");
        static string? Name(TraceSeries series) => series.Labels.FirstOrDefault(static label => label.Key == Labels.MetricName).Value as string;
    }

    /// <summary>The values observed of one series in each step.</summary>
    private sealed class Observed(IReadOnlyList<KeyValuePair<string, object?>> labels, int steps)
    {
        public IReadOnlyList<KeyValuePair<string, object?>> Labels => labels;
        public long[] Counts { get; } = new long[steps];
        public double[] Values { get; } = [.. Enumerable.Repeat(double.NaN, steps)];
        public SortedDictionary<double, long>?[] Buckets { get; } = new SortedDictionary<double, long>?[steps];
        public List<(int Step, TraceExemplar Exemplar)> Exemplars { get; } = [];
    }

    private List<TraceSeries> Measured(TraceMeasure measure)
    {
        var all = new Dictionary<string, Observed>(StringComparer.Ordinal);
        var perStep = Math.Max(1, exemplars / Math.Max(1, steps.Count));
        var shown = 0;
        foreach (var (trace, span) in finder.Spans(measure.Source, steps.StartNs, steps.EndNs))
        {
            if (steps.Of(span.Stored.StartNs) is not { } step)
                continue;
            double? value = null;
            double? bucket = null;
            if (measure.Field is not null)
            {
                var raw = measure.Field.Of(trace, span);
                if (raw is TraceMany many)
                    raw = many.Values[0];
                if (!TraceValues.IsNumeric(TraceValues.TypeOf(raw)))
                    continue;
                value = TraceValues.Number(raw) / (raw is TraceDuration ? Second : 1);
                if (measure.Function is "histogram_over_time" or "quantile_over_time")
                {
                    bucket = Bucket(raw);
                    if (bucket is null)
                        continue;
                }
            }

            var series = Of(measure, trace, span, bucket, all);
            series.Counts[step]++;
            if (value is { } number)
            {
                var before = series.Values[step];
                series.Values[step] = double.IsNaN(before) ? number : measure.Function switch
                {
                    "min_over_time" => Math.Min(before, number),
                    "max_over_time" => Math.Max(before, number),
                    _ => before + number,
                };
            }

            if (bucket is { } upper && measure.Function == "quantile_over_time")
            {
                var buckets = series.Buckets[step] ??= [];
                buckets[upper] = buckets.GetValueOrDefault(upper) + 1;
            }

            if (shown < exemplars && series.Exemplars.Count(one => one.Step == step) < perStep)
            {
                shown++;
                series.Exemplars.Add((step, new(span.Stored.StartNs / 1_000_000, value ?? double.NaN, trace.HexId, span.SpanId)));
            }
        }

        if (all.Count == 0 && measure.By.Count == 0 && measure.Function is "rate" or "count_over_time")
            return [new([new(Labels.MetricName, measure.Function)], new double[steps.Count])];
        return [.. all.Values.SelectMany(one => Finished(measure, one))];
    }

    private Observed Of(TraceMeasure measure, TraceView trace, SpanView span, double? bucket, Dictionary<string, Observed> all)
    {
        var labels = new List<KeyValuePair<string, object?>>();
        foreach (var field in measure.By)
        {
            if (field.Of(trace, span) is { } value)
                labels.Add(new(field.ToString(), value is TraceMany many ? many.Values[0] : value));
        }

        if (bucket is { } upper && measure.Function == "histogram_over_time")
            labels.Add(new(BucketLabel, upper));
        if (labels.Count == 0)
            labels.Add(measure.By.Count == 0 ? new(Labels.MetricName, measure.Function) : new(measure.By[0].ToString(), null));
        var key = string.Join('\0', labels.Select(static label => $"{label.Key}\0{TraceValues.TypeOf(label.Value)}\0{TraceValues.Text(label.Value)}"));
        if (!all.TryGetValue(key, out var series))
        {
            if (all.Count >= QueryLimits.LogSeries)
                throw new QueryLimitException($"more than {QueryLimits.LogSeries} series; group by fewer or other attributes");
            all.Add(key, series = new(labels, steps.Count));
        }

        return series;
    }

    private IEnumerable<TraceSeries> Finished(TraceMeasure measure, Observed series)
    {
        if (measure.Function == "quantile_over_time")
        {
            var unnamed = series.Labels.Where(static label => label.Key != Labels.MetricName).ToList();
            return measure.Quantiles.Select(quantile => Answered(
                [.. unnamed, new("p", quantile)], [.. series.Buckets.Select(buckets => buckets is null ? 0 : Quantile(quantile, buckets))]));
        }

        var seconds = (steps.Instant ? steps.EndNs - steps.StartNs : steps.StepNs) / Second;
        double[] values = measure.Function switch
        {
            "rate" => [.. series.Counts.Select(count => count / seconds)],
            "count_over_time" or "histogram_over_time" => [.. series.Counts.Select(static count => (double)count)],
            "avg_over_time" => [.. series.Values.Zip(series.Counts, static (sum, count) => sum / count)],
            _ => series.Values,
        };
        return [Answered(series.Labels, values)];

        TraceSeries Answered(IReadOnlyList<KeyValuePair<string, object?>> labels, double[] values) => new(labels, values)
        {
            Exemplars = [.. series.Exemplars.Select(one => double.IsNaN(one.Exemplar.Value) ? one.Exemplar with { Value = values[one.Step] } : one.Exemplar)],
        };
    }

    /// <summary>The next power of two at or above the value, in seconds for a duration; null below two.</summary>
    private static double? Bucket(object? value)
    {
        var (whole, unit) = value switch { long number => (number, 1.0), TraceDuration duration => (duration.Ns, Second), _ => (0L, 1.0) };
        return whole < 2 ? null : Math.Pow(2, 64 - BitOperations.LeadingZeroCount((ulong)whole - 1)) / unit;
    }

    // Within the bucket that holds the quantile the value grows by powers of two.
    private static double Quantile(double quantile, SortedDictionary<double, long> buckets)
    {
        if (double.IsNaN(quantile) || quantile is < 0 or > 1)
            return 0;
        var wanted = Math.Max(1, (long)Math.Ceiling(quantile * buckets.Values.Sum()));
        long seen = 0;
        double? below = null;
        foreach (var (upper, count) in buckets)
        {
            if (seen + count == wanted)
                return upper;
            if (seen + count > wanted)
            {
                var (low, high) = (Math.Log2(below ?? upper / 2), Math.Log2(upper));
                return Math.Pow(2, low + ((high - low) * ((double)(wanted - seen) / count)));
            }

            seen += count;
            below = upper;
        }

        return 0;
    }
}
