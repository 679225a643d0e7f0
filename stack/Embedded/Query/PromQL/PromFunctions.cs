using System.Globalization;
using System.Text.RegularExpressions;
using MicroMonitored.Embedded.Query.Templates;
using MicroMonitored.Embedded.Store;

namespace MicroMonitored.Embedded.Query.PromQL;

/// <summary>The functions that give an instant vector.</summary>
internal sealed class PromFunctions(PromEvaluator evaluator, PromSamples samples, PromDerived derived)
{
    private readonly Dictionary<PromNode, Regex> _patterns = new(ReferenceEqualityComparer.Instance);

    private static readonly Dictionary<string, Func<double, double>> Mathematics = new Dictionary<string, Func<double, double>>(StringComparer.Ordinal)
    {
        ["abs"] = Math.Abs, ["ceil"] = Math.Ceiling, ["floor"] = Math.Floor, ["exp"] = Math.Exp, ["sqrt"] = Math.Sqrt,
        ["ln"] = Math.Log, ["log2"] = Math.Log2, ["log10"] = Math.Log10, ["sgn"] = static v => double.IsNaN(v) ? v : Math.Sign(v),
        ["sin"] = Math.Sin, ["cos"] = Math.Cos, ["tan"] = Math.Tan, ["asin"] = Math.Asin, ["acos"] = Math.Acos, ["atan"] = Math.Atan,
        ["sinh"] = Math.Sinh, ["cosh"] = Math.Cosh, ["tanh"] = Math.Tanh, ["asinh"] = Math.Asinh, ["acosh"] = Math.Acosh, ["atanh"] = Math.Atanh,
        ["deg"] = static v => v * 180 / Math.PI, ["rad"] = static v => v * Math.PI / 180,
        ["minute"] = Of(static t => t.Minute), ["hour"] = Of(static t => t.Hour), ["day_of_week"] = Of(static t => (int)t.DayOfWeek),
        ["day_of_month"] = Of(static t => t.Day), ["day_of_year"] = Of(static t => t.DayOfYear), ["month"] = Of(static t => t.Month),
        ["year"] = Of(static t => t.Year), ["days_in_month"] = Of(static t => DateTime.DaysInMonth(t.Year, t.Month)),
    };

    public List<PromPoint> Call(PromCall call, long time)
    {
        var arguments = call.Arguments;
        switch (call.Function.Name)
        {
            case "vector":
                return [new(Labels.Empty, Number(0))];
            case "absent":
                return Points(0).Count > 0 ? [] : [new(AbsentLabels(arguments[0]), 1)];
            case "absent_over_time":
                return evaluator.Window(arguments[0], time).Any(static w => w.Samples.Count > 0) ? [] : [new(AbsentLabels(arguments[0]), 1)];
            case "sort":
                return [.. Points(0).OrderBy(static p => p.Value, NanLast.Ascending)];
            case "sort_desc":
                return [.. Points(0).OrderBy(static p => p.Value, NanLast.Descending)];
            case "sort_by_label":
                return [.. Points(0).Order(new ByLabels(Texts(1), 1))];
            case "sort_by_label_desc":
                return [.. Points(0).Order(new ByLabels(Texts(1), -1))];
            case "histogram_quantile":
                var share = Number(0);
                return Histograms(call, Points(1), buckets => PromHistogram.Quantile(share, buckets));
            case "histogram_fraction":
                var (lower, upper) = (Number(0), Number(1));
                return Histograms(call, Points(2), buckets => PromHistogram.Fraction(lower, upper, buckets));
            case "label_replace":
                return LabelReplace(call, time);
            case "label_join":
                var texts = Texts(1);
                RequireLabelName(texts[0], "label_join");
                return Labelled(call, time, l => l.With(texts[0], string.Join(texts[1], texts.Skip(2).Select(name => l[name]))));
            case "timestamp" when arguments[0] is PromSelector selector:
                return [.. samples.Newest(selector, time).Select(s => new PromPoint(derived.NoName(call, s.Labels), s.Sample.TimestampMs / 1000.0))];
            case "timestamp":
                return evaluator.Map(call, Points(0), _ => time / 1000.0);
            case "clamp_min":
                var least = Number(1);
                return evaluator.Map(call, Points(0), v => Math.Max(v, least));
            case "clamp_max":
                var most = Number(1);
                return evaluator.Map(call, Points(0), v => Math.Min(v, most));
            case "clamp":
                var (low, high) = (Number(1), Number(2));
                return low > high ? [] : evaluator.Map(call, Points(0), v => Math.Max(low, Math.Min(high, v)));
            case "round":
                var inverse = 1 / (arguments.Count > 1 ? Number(1) : 1);
                return evaluator.Map(call, Points(0), v => Math.Floor((v * inverse) + 0.5) / inverse);
            case "quantile_over_time":
                var quantile = Number(0);
                return OverTime(call, time, arguments[1], (window, _, _) => PromSums.Quantile(quantile, PromWindows.Values(window)));
            case "predict_linear":
                var seconds = Number(1);
                return OverTime(call, time, arguments[0], (window, _, _) => PromWindows.Predicted(window, time, seconds));
            case "double_exponential_smoothing":
                var (smoothing, trend) = (Number(1), Number(2));
                return OverTime(call, time, arguments[0], (window, _, _) => PromWindows.Smoothed(window, smoothing, trend));
            case var name when Mathematics.TryGetValue(name, out var function):
                return evaluator.Map(call, arguments.Count == 0 ? [new(Labels.Empty, time / 1000.0)] : Points(0), function);
            case var name:
                return OverTime(call, time, arguments[0], (window, from, to) => PromWindows.Evaluate(name, window, from, to));
        }

        double Number(int index) => evaluator.Scalar(arguments[index], time);
        List<PromPoint> Points(int index) => evaluator.Vector(arguments[index], time);
        string[] Texts(int first) => [.. arguments.Skip(first).Select(static a => ((PromString)a).Value)];
    }

    // Seconds since 1970 as a part of a date in UTC; NaN where that is no date.
    private static Func<double, double> Of(Func<DateTime, int> part) => seconds =>
        seconds is > -62_135_596_800 and < 253_402_300_800 ? part(DateTime.UnixEpoch.AddSeconds(Math.Floor(seconds))) : double.NaN;

    private List<PromPoint> OverTime(PromCall call, long time, PromNode range, Func<ArraySegment<Sample>, long, long, double?> evaluate)
    {
        var (from, to) = evaluator.Bounds(range, time);
        var keepsName = call.Function.Name is "last_over_time" or "first_over_time";
        var result = new List<PromPoint>();
        foreach (var (labels, window) in evaluator.Window(range, time))
        {
            if (window.Count > 0 && evaluate(window, from, to) is { } value)
                result.Add(new(keepsName ? labels : derived.NoName(call, labels), value));
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

    private List<PromPoint> Histograms(PromCall call, List<PromPoint> points, Func<List<PromBucket>, double> answer)
    {
        var groups = new Dictionary<Labels, List<PromBucket>>();
        foreach (var point in points)
        {
            if (!Quantities.TryNumber(point.Labels["le"], out var upper))
                continue;
            var labels = derived.Of(call, point.Labels, static l => l.Without(["le"]));
            if (!groups.TryGetValue(labels, out var buckets))
                groups.Add(labels, buckets = []);
            buckets.Add(new(upper, point.Value));
        }

        List<PromPoint> result = [.. groups.Select(group => new PromPoint(group.Key.WithoutName(), answer(group.Value)))];
        PromEvaluator.RefuseDuplicates(result);
        return result;
    }

    private List<PromPoint> LabelReplace(PromCall call, long time)
    {
        string Text(int index) => ((PromString)call.Arguments[index]).Value;
        var (target, replacement, source) = (Text(1), Text(2), Text(3));
        if (!_patterns.TryGetValue(call, out var pattern))
            _patterns.Add(call, pattern = Patterns.Anchored(Text(4), call.Arguments[4].Offset));
        RequireLabelName(target, "label_replace");
        return Labelled(call, time, l => pattern.Match(l[source]) is { Success: true } match ? l.With(target, GoExpansion.Of(match, replacement)) : l);
    }

    // The points of the first argument under other labels.
    private List<PromPoint> Labelled(PromCall call, long time, Func<Labels, Labels> labels)
    {
        var result = evaluator.Vector(call.Arguments[0], time);
        for (var i = 0; i < result.Count; i++)
            result[i] = new(derived.Of(call, result[i].Labels, labels), result[i].Value);
        PromEvaluator.RefuseDuplicates(result);
        return result;
    }

    private static void RequireLabelName(string name, string function)
    {
        if (name.Length == 0)
            throw new QueryExecutionException($"invalid destination label name in {function}(): {name}");
    }

    // By the values of labels as people count (node2 before node10), then by all labels.
    private sealed class ByLabels(string[] names, int sign) : IComparer<PromPoint>
    {
        public int Compare(PromPoint x, PromPoint y)
        {
            var order = names.Select(name => Natural(x.Labels[name], y.Labels[name])).FirstOrDefault(static one => one != 0);
            return sign * (order != 0 ? order : x.Labels.CompareTo(y.Labels));
        }

        private static int Natural(string x, string y)
        {
            for (int i = 0, j = 0; i < x.Length && j < y.Length;)
            {
                var (first, second) = (Part(x, ref i), Part(y, ref j));
                var order = decimal.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out var a)
                    && decimal.TryParse(second, NumberStyles.None, CultureInfo.InvariantCulture, out var b) && a != b
                    ? a.CompareTo(b) : string.CompareOrdinal(first, second);
                if (order != 0)
                    return order;
            }

            return x.Length.CompareTo(y.Length);
        }

        private static string Part(string text, ref int position)
        {
            var start = position++;
            while (position < text.Length && char.IsAsciiDigit(text[position]) == char.IsAsciiDigit(text[start]))
                position++;
            return text[start..position];
        }
    }
}
