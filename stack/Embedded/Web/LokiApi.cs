using System.Globalization;
using MicroMonitored.Embedded.Query;
using MicroMonitored.Embedded.Query.LogQL;
using MicroMonitored.Embedded.Query.PromQL;
using MicroMonitored.Embedded.Store;
using Labels = MicroMonitored.Embedded.Query.Labels;

namespace MicroMonitored.Embedded.Web;

/// <summary>The HTTP API of Loki, as far as it is answered here.</summary>
internal sealed class LokiApi(ILogReader logs, ILogWriter writer, TimeProvider time)
{
    private const string Paths =
        "/loki/api/v1/query_range /loki/api/v1/query /loki/api/v1/labels /loki/api/v1/label/<name>/values /loki/api/v1/series /loki/api/v1/push /loki/api/v1/status/buildinfo /ready";

    private const long Hour = 3_600_000_000_000;

    public async Task AnswerAsync(HttpContext context, CancellationToken cancellation)
    {
        var request = context.Request;
        var path = request.Path.Value ?? "/";
        var get = HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method);
        if (path == "/loki/api/v1/push")
        {
            if (!HttpMethods.IsPost(request.Method))
            {
                await context.MethodNotAllowedAsync("POST");
                return;
            }

            var records = await LokiPush.ReadAsync(request, cancellation);
            await writer.AppendAsync(records, cancellation);
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            return;
        }

        if (!get && !HttpMethods.IsPost(request.Method))
        {
            await context.MethodNotAllowedAsync("GET, HEAD, POST");
            return;
        }

        if (!get && !request.HasFormContentType && request.ContentLength is not (null or 0))
        {
            await context.TextAsync(415, "a POST must carry application/x-www-form-urlencoded\n");
            return;
        }

        var parameters = await RequestParameters.ReadAsync(request, cancellation);
        switch (path)
        {
            case "/ready":
                await context.TextAsync(200, "ready\n");
                break;
            case "/loki/api/v1/query_range":
                await QueryRangeAsync(context, parameters, cancellation);
                break;
            case "/loki/api/v1/query":
                await QueryAsync(context, parameters, cancellation);
                break;
            case "/loki/api/v1/labels" or "/loki/api/v1/label":
                await StringsAsync(context, Streams(context, parameters, cancellation).SelectMany(static s => s.Labels).Select(static l => l.Key));
                break;
            case "/loki/api/v1/series":
                await SeriesAsync(context, parameters, cancellation);
                break;
            case "/loki/api/v1/status/buildinfo":
                await context.BuildInfoAsync(enveloped: false);
                break;
            case not null when path.StartsWith("/loki/api/v1/label/", StringComparison.Ordinal) && path.EndsWith("/values", StringComparison.Ordinal) && path.Length > 26:
                var name = path[19..^7];
                await StringsAsync(context, Streams(context, parameters, cancellation).SelectMany(static s => s.Labels).Where(l => l.Key == name).Select(static l => l.Value));
                break;
            default:
                await context.TextAsync(path == "/" ? 200 : 404,
                    $"MicroMonitored embedded engine, Loki API: {path} is {(path == "/" ? "only this note" : "not supported")}. It answers {Paths}. Run the stack with --engine=docker for all of Loki.\n");
                break;
        }
    }

    public static Task FailAsync(HttpContext context, Exception exception) => exception switch
    {
        QuerySyntaxException syntax => context.TextAsync(400, $"parse error at {Position(context, syntax)}: {syntax.Message}"),
        QueryParameterException parameter => context.TextAsync(400, parameter.Message),
        QueryExecutionException or QueryLimitException => context.TextAsync(400, exception.Message),
        BadHttpRequestException bad => context.TextAsync(bad.StatusCode, bad.Message + "\n"),
        OperationCanceledException => context.TextAsync(504, $"query timed out after {QueryLimits.Time.TotalSeconds:0} s"),
        _ => context.TextAsync(503, exception.Message + "\n"),
    };

    private static string Position(HttpContext context, QuerySyntaxException syntax)
    {
        var query = context.Items[nameof(QuerySyntaxException)] as string ?? "";
        var before = query.AsSpan(0, Math.Min(syntax.Offset, query.Length));
        return string.Create(CultureInfo.InvariantCulture, $"line {before.Count('\n') + 1}, col {before.Length - before.LastIndexOf('\n')}");
    }

    private static LogNode Parse(HttpContext context, RequestParameters parameters)
    {
        var query = parameters["query"].FirstOrDefault() ?? "";
        context.Items[nameof(QuerySyntaxException)] = query;
        return LogParser.Parse(query);
    }

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

    private async Task QueryRangeAsync(HttpContext context, RequestParameters parameters, CancellationToken cancellation)
    {
        var started = time.GetTimestamp();
        var (start, end) = Bounds(parameters);
        if (end < start)
            throw new QueryParameterException("end", "end timestamp must not be before or equal to start time");

        var newestFirst = Direction(parameters);
        var limit = parameters.Whole("limit", 100, 0, QueryLimits.LogAnswerLines);
        var node = Parse(context, parameters);
        var evaluator = new LogEvaluator(logs, cancellation);
        if (node is LogSelection selection)
        {
            var streams = evaluator.Lines(selection, start, end, limit, newestFirst);
            await StreamsAsync(context, evaluator, streams, time.GetElapsedTime(started));
            return;
        }

        var step = Step(parameters, start, end);
        var matrix = evaluator.Metric(node, start, end, step);
        var took = time.GetElapsedTime(started);
        await context.JsonAsync(200, json =>
        {
            json.WriteStartObject();
            json.WriteString("status", "success");
            json.WriteStartObject("data");
            json.WriteString("resultType", "matrix");
            json.WritePropertyName("result");
            PrometheusApi.Matrix(json, matrix);
            LokiStatistics.Write(json, evaluator.Work, took, matrix.Sum(static s => s.Points.Count));
            json.WriteEndObject();
            json.WriteEndObject();
        });
    }

    private static bool Direction(RequestParameters parameters) => (parameters.Text("direction") ?? "backward").ToLowerInvariant() switch
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
            : throw new QueryParameterException("step", "exceeded maximum resolution of 11,000 points per time series. Try increasing the value of the step parameter");
    }

    private async Task QueryAsync(HttpContext context, RequestParameters parameters, CancellationToken cancellation)
    {
        var started = time.GetTimestamp();
        var at = TimeOf(parameters, "time", Now);
        var node = Parse(context, parameters);
        if (node is LogSelection)
            throw new QueryParameterException("query", "log queries are not supported as an instant query type, please change your query to a range query type");

        var evaluator = new LogEvaluator(logs, cancellation);
        var vector = evaluator.Metric(node, at, at, 1_000_000_000);
        var took = time.GetElapsedTime(started);
        await context.JsonAsync(200, json =>
        {
            json.WriteStartObject();
            json.WriteString("status", "success");
            json.WriteStartObject("data");
            json.WriteString("resultType", "vector");
            json.WriteStartArray("result");
            foreach (var series in vector)
            {
                json.WriteStartObject();
                PrometheusApi.Metric(json, "metric", series.Labels.Pairs);
                json.WritePropertyName("value");
                PrometheusApi.Point(json, series.Points[0].TimestampMs, Quantities.Format(series.Points[0].Value));
                json.WriteEndObject();
            }

            json.WriteEndArray();
            LokiStatistics.Write(json, evaluator.Work, took, vector.Count);
            json.WriteEndObject();
            json.WriteEndObject();
        });
    }

    private static Task StreamsAsync(HttpContext context, LogEvaluator evaluator, IReadOnlyList<LogStream> streams, TimeSpan took) => context.JsonAsync(200, json =>
    {
        json.WriteStartObject();
        json.WriteString("status", "success");
        json.WriteStartObject("data");
        json.WriteString("resultType", "streams");
        json.WriteStartArray("result");
        foreach (var stream in streams)
        {
            json.WriteStartObject();
            PrometheusApi.Metric(json, "stream", stream.Labels.Pairs);
            json.WriteStartArray("values");
            foreach (var entry in stream.Entries)
            {
                json.WriteStartArray();
                json.WriteStringValue(entry.TimestampNs.ToString(CultureInfo.InvariantCulture));
                json.WriteStringValue(entry.Line);
                json.WriteEndArray();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        LokiStatistics.Write(json, evaluator.Work, took, streams.Sum(static s => s.Entries.Count));
        json.WriteEndObject();
        json.WriteEndObject();
    });

    // The store keeps no time per stream: start and end are read so that bad ones are refused.
    private IReadOnlyList<LabelSet> Streams(HttpContext context, RequestParameters parameters, CancellationToken cancellation)
    {
        _ = Bounds(parameters);
        if (parameters.Text("query") is null)
            return logs.Streams([], cancellation);

        var query = parameters.Text("query")!;
        context.Items[nameof(QuerySyntaxException)] = query;
        return logs.Streams(LogParser.Matchers(query), cancellation);
    }

    private async Task SeriesAsync(HttpContext context, RequestParameters parameters, CancellationToken cancellation)
    {
        _ = Bounds(parameters);
        var selectors = parameters["match[]"].Concat(parameters["match"]).Where(static s => !string.IsNullOrEmpty(s)).ToList();
        if (selectors.Count > 50)
            throw new QueryParameterException("match", "more than 50 selectors");

        var found = new Dictionary<long, LabelSet>();
        foreach (var selector in selectors.DefaultIfEmpty(null))
        {
            context.Items[nameof(QuerySyntaxException)] = selector;
            foreach (var stream in logs.Streams(selector is null ? [] : LogParser.Matchers(selector), cancellation))
                found[stream.Id] = stream;
        }

        await context.JsonAsync(200, json =>
        {
            json.WriteStartObject();
            json.WriteString("status", "success");
            json.WriteStartArray("data");
            foreach (var labels in found.Values.Select(static s => Labels.From(s.Labels)).Order())
                PrometheusApi.Metric(json, null, labels.Pairs);
            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    private static Task StringsAsync(HttpContext context, IEnumerable<string> values)
    {
        var sorted = values.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        return context.JsonAsync(200, json =>
        {
            json.WriteStartObject();
            json.WriteString("status", "success");

            // Loki leaves the array out where there is nothing to name.
            if (sorted.Count > 0)
            {
                json.WriteStartArray("data");
                foreach (var value in sorted)
                    json.WriteStringValue(value);
                json.WriteEndArray();
            }

            json.WriteEndObject();
        });
    }
}
