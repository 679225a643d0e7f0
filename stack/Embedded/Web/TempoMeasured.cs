using System.Globalization;
using MicroMonitored.Embedded.Query;
using MicroMonitored.Embedded.Query.TraceQL;
using MicroMonitored.Embedded.Store;
using OpenTelemetry.Proto.Common.V1;
using Labels = MicroMonitored.Embedded.Query.Labels;

namespace MicroMonitored.Embedded.Web;

/// <summary>Answers TraceQL's metrics as Tempo does.</summary>
internal static class TempoMeasured
{
    private const long Hour = 3_600_000_000_000;
    private const long Second = 1_000_000_000;
    private const int Exemplars = 100;

    public static IResult Range(ISpanReader spans, RequestParameters parameters, DateTimeOffset now, CancellationToken cancellation)
    {
        var (start, end) = Bounds(parameters, now);
        var step = parameters.Text("step") is { } text ? Step(text) : DefaultStep(end - start);
        if ((end - start) / step > QueryLimits.Points)
        {
            throw new QueryParameterException(
                "step", "exceeded maximum resolution of 11,000 points per time series. Try increasing the value of the step parameter");
        }

        var steps = TraceSteps.Aligned(start, end, step);
        var (series, metrics) = Evaluate(spans, parameters, steps, cancellation);
        return Answers.Json(new TempoRange(series.Select(one => new TempoSeries(
            Named(one),
            [.. one.Values.Select((value, i) => (value, i)).Where(static point => !double.IsNaN(point.value))
                .Select(point => new TempoPoint(steps.TimeMs(point.i), point.value == 0 ? null : point.value))],
            Prometheus(one),
            one.Exemplars.Count == 0 ? null : [.. one.Exemplars.Select(Exemplar)])), metrics));
    }

    public static IResult Instant(ISpanReader spans, RequestParameters parameters, DateTimeOffset now, CancellationToken cancellation)
    {
        var (start, end) = Bounds(parameters, now);
        var (series, metrics) = Evaluate(spans, parameters, new(start, end, end - start, Instant: true), cancellation);
        return Answers.Json(new TempoInstant(series.Select(static one => new TempoInstantSeries(
            Named(one), one.Values[0] == 0 ? null : one.Values[0], Prometheus(one))), metrics));
    }

    private static (IReadOnlyList<TraceSeries> Series, TempoSearchMetrics Metrics) Evaluate(
        ISpanReader spans, RequestParameters parameters, TraceSteps steps, CancellationToken cancellation)
    {
        var text = parameters.Text("q") ?? parameters.Text("query") ?? throw new QueryParameterException("q", "a TraceQL metrics query is needed");
        var metric = TraceParser.Parse(text).Metric ?? throw new QueryParameterException("q", "not a metrics query; add a function such as | rate()");
        var finder = new TraceFinder(spans, cancellation);
        var series = new TraceMeter(finder, steps, parameters.Whole("exemplars", Exemplars, 0, 10_000)).Series(metric);
        return (series, new(finder.Inspected, finder.InspectedBytes, 1, 1));
    }

    private static (long Start, long End) Bounds(RequestParameters parameters, DateTimeOffset now)
    {
        var since = Hour;
        if (parameters.Text("since") is { } text)
        {
            since = Quantities.TryDuration(text, out var milliseconds) && milliseconds > 0
                ? (long)(milliseconds * 1e6)
                : throw new QueryParameterException("since", $"\"{text}\" is not a duration such as 15m");
        }

        var end = Time(parameters, "end", (now - DateTimeOffset.UnixEpoch).Ticks * 100);
        var start = Time(parameters, "start", end - since);
        return start > 0 && start < end ? (start, end) : throw new QueryParameterException("start/end", "http parameter start must be before end");
    }

    private static long Time(RequestParameters parameters, string name, long fallback)
    {
        if (parameters.Text(name) is not { } text)
            return fallback;
        return Quantities.TryTimeNs(text, out var nanoseconds) && nanoseconds is > 0 and < long.MaxValue / 2
            ? nanoseconds
            : throw new QueryParameterException(name, $"\"{text}\" is neither nanoseconds, seconds nor RFC 3339");
    }

    private static long Step(string text)
    {
        double step = 0;
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds))
            step = seconds * 1e9;
        else if (Quantities.TryDuration(text, out var milliseconds))
            step = milliseconds * 1e6;
        return step is >= 1e6 and < 1e17 ? (long)step : throw new QueryParameterException("step", $"\"{text}\" is not a duration of at least 1ms such as 15s");
    }

    /// <summary>About 240 points, rounded down to what people read: 50 ms, 1 s, 5 s, 15 s, 1 m, 5 m, 1 h.</summary>
    private static long DefaultStep(long length)
    {
        var step = length / 240;
        long[] grains = length < 60 * Second ? [Second / 20] : [3600 * Second, 300 * Second, 60 * Second, 15 * Second, 5 * Second, Second];
        return grains.FirstOrDefault(grain => step > grain) is > 0 and var fitting ? step / fitting * fitting : grains[^1];
    }

    private static Protobuf[] Named(TraceSeries series) =>
        [.. series.Labels.Select(static label => new Protobuf(new KeyValue { Key = label.Key, Value = TraceValues.Otlp(label.Value) }))];

    private static string Prometheus(TraceSeries series) =>
        "{" + string.Join(", ", series.Labels.Select(static label => $"{Name(label.Key)}=\"{Value(label.Value)}\"")) + "}";

    private static string Name(string key) => key.All(static c => char.IsAsciiLetterOrDigit(c) || c == '_') ? key : $"\"{key}\"";

    private static string Value(object? value) => value switch
    {
        null or "nil" => "<nil>",
        "" => "<empty>",
        long => $"int({TraceValues.Text(value)})",
        _ => TraceValues.Text(value).Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal),
    };

    private static TempoExemplar Exemplar(TraceExemplar one) => new(
        [Label("trace:id", one.TraceId), Label("span:id", one.SpanId)], double.IsNaN(one.Value) || one.Value == 0 ? null : one.Value, one.TimestampMs);

    private static Protobuf Label(string key, string value) => new(new KeyValue { Key = key, Value = new AnyValue { StringValue = value } });
}
