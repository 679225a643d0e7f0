using System.Globalization;
using MicroMonitored.Embedded.Hosting;
using MicroMonitored.Embedded.Ingest;
using MicroMonitored.Embedded.Query;
using MicroMonitored.Embedded.Query.LogQL;
using MicroMonitored.Embedded.Store;
using Labels = MicroMonitored.Embedded.Query.Labels;

namespace MicroMonitored.Embedded.Web;

/// <summary>The HTTP API of Loki, as far as it is answered here.</summary>
internal sealed class LokiApi(ILogReader logs, ILogWriter writer, RequestBody body, TimeProvider time) : ProductApi
{
    private const long Hour = 3_600_000_000_000;

    protected override string Product => "Loki";

    public override void Map(IEndpointRouteBuilder routes)
    {
        routes.MapMethods("/ready", Read, static () => Answers.Text("ready\n")).WithMetadata(new AnswersAnyone());
        routes.MapMethods("/loki/api/v1/query_range", ReadOrForm, QueryRange);
        routes.MapMethods("/loki/api/v1/query", ReadOrForm, Query);
        routes.MapMethods("/loki/api/v1/labels", ReadOrForm, LabelNames);
        routes.MapMethods("/loki/api/v1/label", ReadOrForm, LabelNames);
        routes.MapMethods("/loki/api/v1/label/{name}/values", ReadOrForm, LabelValues);
        routes.MapMethods("/loki/api/v1/series", ReadOrForm, Series);
        routes.MapPost("/loki/api/v1/push", PushAsync);
        routes.MapMethods("/loki/api/v1/status/buildinfo", Read, static () => Answers.Json(BuildInfo.Own));
    }

    protected override IResult FailQuery(Exception exception) => exception switch
    {
        QueryParameterException or QueryExecutionException or QueryLimitException => Answers.Text(exception.Message, 400),
        OperationCanceledException => Answers.Text($"query timed out after {QueryLimits.Time.TotalSeconds:0} s", 504),
        _ => Answers.Text(exception.Message + "\n", 503),
    };

    private static T Parse<T>(string query, Func<string, T> parser)
    {
        try
        {
            return parser(query);
        }
        catch (QuerySyntaxException e)
        {
            var (line, column) = e.PositionIn(query);
            throw new QueryParameterException("query", string.Create(CultureInfo.InvariantCulture, $"parse error at line {line}, col {column}: {e.Message}"));
        }
    }

    private static LogNode Expression(RequestParameters parameters) => Parse(parameters["query"].FirstOrDefault() ?? "", LogParser.Parse);

    private long Now => (time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100;

    private static long TimeOf(RequestParameters parameters, string name, long fallback)
    {
        if (parameters.Text(name) is not { } text)
            return fallback;
        return Quantities.TryTimeNs(text, out var nanoseconds) && nanoseconds is > long.MinValue / 2 and < long.MaxValue / 2
            ? nanoseconds
            : throw new QueryParameterException(name, $"could not parse '{name}' timestamp: \"{text}\" is neither nanoseconds, seconds nor RFC 3339");
    }

    private (long Start, long End) Bounds(RequestParameters parameters)
    {
        var since = Hour;
        if (parameters.Text("since") is { } text)
        {
            since = Quantities.TryDuration(text, out var milliseconds)
                ? (long)(milliseconds * 1e6)
                : throw new QueryParameterException("since", $"could not parse 'since' parameter: not a valid duration string: \"{text}\"");
        }

        var end = TimeOf(parameters, "end", Now);
        return (TimeOf(parameters, "start", Math.Min(end, Now) - since), end);
    }

    private IResult QueryRange(RequestParameters parameters, CancellationToken cancellation)
    {
        var started = time.GetTimestamp();
        var (start, end) = Bounds(parameters);
        if (end < start)
            throw new QueryParameterException("end", "end timestamp must not be before or equal to start time");

        var newestFirst = NewestFirst(parameters);
        var limit = parameters.Whole("limit", 100, 0, QueryLimits.LogAnswerLines);
        var node = Expression(parameters);
        var evaluator = new LogEvaluator(logs, cancellation);
        if (node is LogSelection selection)
        {
            var streams = evaluator.Lines(selection, start, end, limit, newestFirst);
            var lines = LokiStats.Of(evaluator.Work, time.GetElapsedTime(started), streams.Sum(static stream => stream.Entries.Count));
            return Answers.Success(new LokiData<IEnumerable<LokiStream>>(
                "streams", streams.Select(static stream => new LokiStream(stream.Labels, stream.Entries)), lines));
        }

        var matrix = evaluator.Metric(node, start, end, Step(parameters, start, end));
        var points = LokiStats.Of(evaluator.Work, time.GetElapsedTime(started), matrix.Sum(static series => series.Points.Count));
        return Answers.Success(new LokiData<IEnumerable<RangeSeries>>(
            "matrix", matrix.Select(static series => new RangeSeries(series.Labels, series.Points)), points));
    }

    private static bool NewestFirst(RequestParameters parameters) => (parameters.Text("direction") ?? "backward").ToLowerInvariant() switch
    {
        "backward" => true,
        "forward" => false,
        var other => throw new QueryParameterException("direction", $"invalid direction '{other}', expected forward or backward"),
    };

    private static long Step(RequestParameters parameters, long start, long end)
    {
        var step = Math.Max(1, (end - start) / 250 / 1_000_000_000) * 1_000_000_000;
        if (parameters.Text("step") is { } text)
        {
            if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds) && Math.Abs(seconds) < 1e9)
                step = (long)(seconds * 1e9);
            else if (Quantities.TryDuration(text, out var milliseconds))
                step = (long)(milliseconds * 1e6);
            else
                throw new QueryParameterException("step", $"could not parse 'step' parameter: \"{text}\"");
        }

        if (step < 1_000_000)
            throw new QueryParameterException("step", "zero or negative query resolution step widths are not accepted. Try a positive integer");
        return (end - start) / step <= QueryLimits.Points
            ? step
            : throw new QueryParameterException("step",
                "exceeded maximum resolution of 11,000 points per time series. Try increasing the value of the step parameter");
    }

    private IResult Query(RequestParameters parameters, CancellationToken cancellation)
    {
        var started = time.GetTimestamp();
        var at = TimeOf(parameters, "time", Now);
        var node = Expression(parameters);
        if (node is LogSelection)
        {
            throw new QueryParameterException("query",
                "log queries are not supported as an instant query type, please change your query to a range query type");
        }

        var evaluator = new LogEvaluator(logs, cancellation);
        var vector = evaluator.Metric(node, at, at, 1_000_000_000);
        if (node is LogLiteral)
        {
            return Answers.Success(new LokiData<Sample>(
                "scalar", vector[0].Points[0], LokiStats.Of(evaluator.Work, time.GetElapsedTime(started), 1)));
        }

        return Answers.Success(new LokiData<IEnumerable<InstantSeries>>(
            "vector",
            vector.Select(static series => new InstantSeries(series.Labels, series.Points[0])),
            LokiStats.Of(evaluator.Work, time.GetElapsedTime(started), vector.Count)));
    }

    // The store keeps no time per stream: start and end are read so that bad ones are refused.
    private IEnumerable<LabelSet> Streams(RequestParameters parameters, IEnumerable<string?> selectors, CancellationToken cancellation)
    {
        _ = Bounds(parameters);
        var asked = selectors.Where(static selector => !string.IsNullOrEmpty(selector)).ToList();
        if (asked.Count == 0)
            return logs.Streams([], cancellation);
        return asked.Count <= 50
            ? asked.SelectMany(selector => logs.Streams(Parse(selector!, LogParser.Matchers), cancellation)).DistinctBy(static stream => stream.Id).ToList()
            : throw new QueryParameterException("match", "more than 50 selectors");
    }

    private IResult Series(RequestParameters parameters, CancellationToken cancellation) => Answers.Success<IEnumerable<Labels>>(
        Streams(parameters, parameters["match[]"].Concat(parameters["match"]), cancellation).Select(static stream => Labels.From(stream.Labels)).Order());

    private IEnumerable<KeyValuePair<string, string>> AllLabels(RequestParameters parameters, CancellationToken cancellation) =>
        Streams(parameters, [parameters.Text("query")], cancellation).SelectMany(static stream => stream.Labels);

    private IResult LabelNames(RequestParameters parameters, CancellationToken cancellation) =>
        Sorted(AllLabels(parameters, cancellation).Select(static label => label.Key));

    private IResult LabelValues(string name, RequestParameters parameters, CancellationToken cancellation) =>
        Sorted(AllLabels(parameters, cancellation).Where(label => label.Key == name).Select(static label => label.Value));

    // Loki leaves the array out where there is nothing to name.
    private static IResult Sorted(IEnumerable<string> values) =>
        Answers.Success<IReadOnlyList<string>?>(values.Distinct().Order(StringComparer.Ordinal).ToList() is { Count: > 0 } sorted ? sorted : null);

    private async Task<IResult> PushAsync(HttpRequest request, CancellationToken cancellation)
    {
        await writer.AppendAsync(await LokiPush.ReadAsync(request, body, cancellation), cancellation);
        return TypedResults.NoContent();
    }
}
