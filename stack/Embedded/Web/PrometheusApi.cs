using System.Globalization;
using System.Text.Json;
using MicroMonitored.Embedded.Query;
using MicroMonitored.Embedded.Query.PromQL;
using MicroMonitored.Embedded.Store;
using Labels = MicroMonitored.Embedded.Query.Labels;
using SampleSet = System.Collections.Generic.IReadOnlyList<MicroMonitored.Embedded.Query.PromQL.PromSeries>;

namespace MicroMonitored.Embedded.Web;

/// <summary>The HTTP API of Prometheus, as far as it is answered here.</summary>
internal sealed class PrometheusApi(IMetricReader metrics, ITargetReader targets, EmbeddedOptions options, TimeProvider time)
{
    private const string Paths =
        "/api/v1/query /api/v1/query_range /api/v1/series /api/v1/labels /api/v1/label/<name>/values /api/v1/targets /api/v1/query_exemplars /api/v1/metadata /api/v1/rules /api/v1/alerts /api/v1/status/buildinfo /-/ready /-/healthy";

    public async Task AnswerAsync(HttpContext context, CancellationToken cancellation)
    {
        var request = context.Request;
        var path = request.Path.Value ?? "/";
        var get = HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method);
        if (!get && !HttpMethods.IsPost(request.Method))
        {
            await context.MethodNotAllowedAsync("GET, HEAD, POST");
            return;
        }

        if (!get && !request.HasFormContentType && request.ContentLength is not (null or 0))
        {
            await ErrorAsync(context, 415, "bad_data", "a POST must carry application/x-www-form-urlencoded");
            return;
        }

        var parameters = await RequestParameters.ReadAsync(request, cancellation);
        switch (path)
        {
            case "/-/ready":
                await context.TextAsync(200, "Prometheus Server is Ready.\n");
                break;
            case "/-/healthy":
                await context.TextAsync(200, "Prometheus Server is Healthy.\n");
                break;
            case "/api/v1/query":
                await QueryAsync(context, parameters, cancellation);
                break;
            case "/api/v1/query_range":
                await QueryRangeAsync(context, parameters, cancellation);
                break;
            case "/api/v1/query_exemplars":
                await ExemplarsAsync(context, parameters, cancellation);
                break;
            case "/api/v1/series":
                await SeriesAsync(context, parameters, cancellation);
                break;
            case "/api/v1/labels":
                await StringsAsync(context, Matched(parameters, required: false, cancellation).SelectMany(static s => s.Labels).Select(static l => l.Key));
                break;
            case "/api/v1/targets":
                await TargetsAsync(context, parameters);
                break;
            case "/api/v1/metadata":
                await MetadataAsync(context, parameters);
                break;
            case "/api/v1/rules":
                await EmptyAsync(context, "groups");
                break;
            case "/api/v1/alerts":
                await EmptyAsync(context, "alerts");
                break;
            case "/api/v1/status/buildinfo":
                await context.BuildInfoAsync(enveloped: true);
                break;
            case not null when path.StartsWith("/api/v1/label/", StringComparison.Ordinal) && path.EndsWith("/values", StringComparison.Ordinal) && path.Length > 21:
                var name = path[14..^7];
                await StringsAsync(context, Matched(parameters, required: false, cancellation).SelectMany(static s => s.Labels).Where(l => l.Key == name).Select(static l => l.Value));
                break;
            case not null when path.StartsWith("/api/", StringComparison.Ordinal):
                await ErrorAsync(context, 404, "not_found", $"{path} is not supported by the embedded engine; it answers {Paths}. Run the stack with --engine=docker for all of Prometheus");
                break;
            default:
                await context.TextAsync(path == "/" ? 200 : 404,
                    $"MicroMonitored embedded engine, Prometheus API. It answers {Paths}. Run the stack with --engine=docker for all of Prometheus.\n");
                break;
        }
    }

    public static Task FailAsync(HttpContext context, Exception exception) => exception switch
    {
        QuerySyntaxException syntax => ErrorAsync(context, 400, "bad_data", $"invalid parameter \"query\": {Position(context, syntax)}: parse error: {syntax.Message}"),
        QueryParameterException parameter => ErrorAsync(context, 400, "bad_data", $"invalid parameter \"{parameter.Name}\": {parameter.Message}"),
        QueryExecutionException or QueryLimitException => ErrorAsync(context, 422, "execution", exception.Message),
        BadHttpRequestException bad => ErrorAsync(context, bad.StatusCode, "bad_data", bad.Message),
        OperationCanceledException => ErrorAsync(context, 503, "timeout", $"query timed out after {QueryLimits.Time.TotalSeconds:0} s"),
        _ => ErrorAsync(context, 503, "unavailable", exception.Message),
    };

    // Lines and columns count from one.
    private static string Position(HttpContext context, QuerySyntaxException syntax)
    {
        var query = context.Items[nameof(QuerySyntaxException)] as string ?? "";
        var before = query.AsSpan(0, Math.Min(syntax.Offset, query.Length));
        var line = before.Count('\n') + 1;
        return string.Create(CultureInfo.InvariantCulture, $"{line}:{before.Length - before.LastIndexOf('\n')}");
    }

    private static Task ErrorAsync(HttpContext context, int status, string type, string message) => context.JsonAsync(status, json =>
    {
        json.WriteStartObject();
        json.WriteString("status", "error");
        json.WriteString("errorType", type);
        json.WriteString("error", message);
        json.WriteEndObject();
    });

    private static Task SuccessAsync(HttpContext context, Action<Utf8JsonWriter> data) => context.JsonAsync(200, json =>
    {
        json.WriteStartObject();
        json.WriteString("status", "success");
        json.WritePropertyName("data");
        data(json);
        json.WriteEndObject();
    });

    private static PromNode Parse(HttpContext context, RequestParameters parameters)
    {
        var query = parameters["query"].FirstOrDefault() ?? throw new QueryParameterException("query", "the parameter is missing");
        context.Items[nameof(QuerySyntaxException)] = query;
        return PromParser.Parse(query);
    }

    private long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    private static long TimeOf(RequestParameters parameters, string name, long? fallback)
    {
        if (parameters.Text(name) is not { } text)
            return fallback ?? throw new QueryParameterException(name, "cannot parse \"\" to a valid timestamp");
        return Quantities.TryTimeMs(text, out var milliseconds)
            ? milliseconds
            : throw new QueryParameterException(name, $"cannot parse \"{text}\" to a valid timestamp");
    }

    private static long DurationOf(RequestParameters parameters, string name)
    {
        var text = parameters.Text(name) ?? "";
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds) && Math.Abs(seconds) < 1e11)
            return (long)Math.Round(seconds * 1000);
        return Quantities.TryDuration(text, out var milliseconds)
            ? (long)milliseconds
            : throw new QueryParameterException(name, $"cannot parse \"{text}\" to a valid duration");
    }

    // A timeout shorter than the engine's own is honoured.
    private static CancellationTokenSource Bounded(RequestParameters parameters, CancellationToken cancellation)
    {
        var source = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        if (parameters.Text("timeout") is null)
            return source;

        var timeout = TimeSpan.FromMilliseconds(Math.Clamp(DurationOf(parameters, "timeout"), 0, QueryLimits.Time.TotalMilliseconds));
        if (timeout > TimeSpan.Zero)
            source.CancelAfter(timeout);
        else
            source.Cancel();
        return source;
    }

    private async Task QueryAsync(HttpContext context, RequestParameters parameters, CancellationToken cancellation)
    {
        var at = TimeOf(parameters, "time", Now);
        using var bounded = Bounded(parameters, cancellation);
        var result = PromEvaluator.Instant(metrics, Parse(context, parameters), at, bounded.Token);
        await SuccessAsync(context, json =>
        {
            json.WriteStartObject();
            switch (result.Type)
            {
                case PromType.Scalar:
                    json.WriteString("resultType", "scalar");
                    json.WritePropertyName("result");
                    Point(json, at, Quantities.Format(result.Scalar));
                    break;
                case PromType.String:
                    json.WriteString("resultType", "string");
                    json.WritePropertyName("result");
                    Point(json, at, result.Text);
                    break;
                case PromType.Matrix:
                    json.WriteString("resultType", "matrix");
                    json.WritePropertyName("result");
                    Matrix(json, result.Matrix);
                    break;
                default:
                    json.WriteString("resultType", "vector");
                    json.WriteStartArray("result");
                    foreach (var point in result.Vector)
                    {
                        json.WriteStartObject();
                        Metric(json, "metric", point.Labels.Pairs);
                        json.WritePropertyName("value");
                        Point(json, at, Quantities.Format(point.Value));
                        json.WriteEndObject();
                    }

                    json.WriteEndArray();
                    break;
            }

            json.WriteEndObject();
        });
    }

    private async Task QueryRangeAsync(HttpContext context, RequestParameters parameters, CancellationToken cancellation)
    {
        var start = TimeOf(parameters, "start", null);
        var end = TimeOf(parameters, "end", null);
        if (end < start)
            throw new QueryParameterException("end", "end timestamp must not be before start time");
        var step = DurationOf(parameters, "step");
        if (step <= 0)
            throw new QueryParameterException("step", "zero or negative query resolution step widths are not accepted. Try a positive integer");
        if ((end - start) / step > QueryLimits.Points)
        {
            throw new QueryParameterException("step",
                "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)");
        }

        using var bounded = Bounded(parameters, cancellation);
        var matrix = PromEvaluator.Range(metrics, Parse(context, parameters), start, end, step, bounded.Token);
        await SuccessAsync(context, json =>
        {
            json.WriteStartObject();
            json.WriteString("resultType", "matrix");
            json.WritePropertyName("result");
            Matrix(json, matrix);
            json.WriteEndObject();
        });
    }

    private async Task ExemplarsAsync(HttpContext context, RequestParameters parameters, CancellationToken cancellation)
    {
        var start = TimeOf(parameters, "start", Now - 3_600_000);
        var end = TimeOf(parameters, "end", Now);
        if (end < start)
            throw new QueryParameterException("end", "end timestamp must not be before start time");

        var series = new Dictionary<long, LabelSet>();
        foreach (var selector in Selectors(Parse(context, parameters)))
        {
            foreach (var one in metrics.Series(selector.Matchers, QueryLimits.Series, cancellation))
                series[one.Id] = one;
        }

        var exemplars = metrics.Exemplars(series.Keys, start, end, cancellation).GroupBy(static e => e.SeriesId).ToList();
        await SuccessAsync(context, json =>
        {
            json.WriteStartArray();
            foreach (var group in exemplars.OrderBy(g => Labels.From(series[g.Key].Labels)))
            {
                json.WriteStartObject();
                Metric(json, "seriesLabels", Labels.From(series[group.Key].Labels).Pairs);
                json.WriteStartArray("exemplars");
                foreach (var exemplar in group)
                {
                    json.WriteStartObject();
                    Metric(json, "labels", Labels.From(exemplar.Labels).Pairs);
                    json.WriteString("value", Quantities.Format(exemplar.Value));
                    json.WritePropertyName("timestamp");
                    json.WriteRawValue(Quantities.FormatSeconds(exemplar.TimestampMs), skipInputValidation: true);
                    json.WriteEndObject();
                }

                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });
    }

    private static IEnumerable<PromSelector> Selectors(PromNode node) => node switch
    {
        PromSelector selector => [selector],
        PromCall call => call.Arguments.SelectMany(Selectors),
        PromAggregate aggregate => Selectors(aggregate.Body).Concat(aggregate.Parameter is null ? [] : Selectors(aggregate.Parameter)),
        PromBinary binary => Selectors(binary.Left).Concat(Selectors(binary.Right)),
        PromNegate negate => Selectors(negate.Body),
        _ => [],
    };

    private IEnumerable<LabelSet> Matched(RequestParameters parameters, bool required, CancellationToken cancellation)
    {
        var selectors = parameters["match[]"];
        if (selectors.Count == 0)
        {
            if (required)
                throw new QueryParameterException("match[]", "no match[] parameter provided");
            return metrics.Series([], QueryLimits.Series, cancellation);
        }

        if (selectors.Count > 50)
            throw new QueryParameterException("match[]", "more than 50 selectors");

        var found = new Dictionary<long, LabelSet>();
        foreach (var selector in selectors)
        {
            IReadOnlyList<LabelMatcher> matchers;
            try
            {
                matchers = PromParser.Matchers(selector ?? "");
            }
            catch (QuerySyntaxException e)
            {
                throw new QueryParameterException("match[]", $"1:{e.Offset + 1}: parse error: {e.Message}");
            }

            foreach (var one in metrics.Series(matchers, QueryLimits.Series, cancellation))
                found[one.Id] = one;
        }

        // Only series with a sample in the asked time.
        if (parameters.Text("start") is null && parameters.Text("end") is null)
            return found.Values;
        var alive = metrics.Newest(found.Keys, TimeOf(parameters, "start", 0) - 1, TimeOf(parameters, "end", Now), cancellation);
        return found.Values.Where(s => alive.ContainsKey(s.Id));
    }

    private Task SeriesAsync(HttpContext context, RequestParameters parameters, CancellationToken cancellation)
    {
        var limit = parameters.Whole("limit", int.MaxValue, 0, int.MaxValue) is > 0 and var some ? some : int.MaxValue;
        var series = Matched(parameters, required: true, cancellation).Select(static s => Labels.From(s.Labels)).Order().Take(limit).ToList();
        return SuccessAsync(context, json =>
        {
            json.WriteStartArray();
            foreach (var labels in series)
                Metric(json, null, labels.Pairs);
            json.WriteEndArray();
        });
    }

    private static Task StringsAsync(HttpContext context, IEnumerable<string> values)
    {
        var sorted = values.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        return SuccessAsync(context, json =>
        {
            json.WriteStartArray();
            foreach (var value in sorted)
                json.WriteStringValue(value);
            json.WriteEndArray();
        });
    }

    private Task TargetsAsync(HttpContext context, RequestParameters parameters)
    {
        var active = parameters.Text("state") is null or "active" or "any" ? targets.Targets() : [];
        return SuccessAsync(context, json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("activeTargets");
            foreach (var target in active)
            {
                json.WriteStartObject();
                Metric(json, "discoveredLabels", Labels.From(target.DiscoveredLabels).Pairs);
                Metric(json, "labels", Labels.From(target.Labels).Pairs);
                json.WriteString("scrapePool", target.Job);
                json.WriteString("scrapeUrl", target.ScrapeUrl);
                json.WriteString("globalUrl", target.ScrapeUrl);
                json.WriteString("lastError", target.LastError);
                json.WriteString("lastScrape", target.LastScrape is { } last
                    ? last.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture)
                    : "0001-01-01T00:00:00Z");
                json.WriteNumber("lastScrapeDuration", target.LastScrapeDuration.TotalSeconds);
                json.WriteString("health", target.Health);
                json.WriteString("scrapeInterval", options.ScrapeInterval.Text);
                json.WriteString("scrapeTimeout", options.ScrapeTimeout.Text);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteStartArray("droppedTargets");
            json.WriteEndArray();
            json.WriteStartObject("droppedTargetCounts");
            foreach (var pool in active.Select(static t => t.Job).Distinct())
                json.WriteNumber(pool, 0);
            json.WriteEndObject();
            json.WriteEndObject();
        });
    }

    private Task MetadataAsync(HttpContext context, RequestParameters parameters)
    {
        var metric = parameters.Text("metric");
        var limit = parameters.Whole("limit", -1, -1, int.MaxValue);
        var families = metrics.Metadata()
            .Where(pair => metric is null || pair.Key == metric)
            .OrderBy(static pair => pair.Key, StringComparer.Ordinal)
            .Take(limit < 0 ? int.MaxValue : limit);
        return SuccessAsync(context, json =>
        {
            json.WriteStartObject();
            foreach (var (name, metadata) in families)
            {
                json.WriteStartArray(name);
                json.WriteStartObject();
                json.WriteString("type", metadata.Type);
                json.WriteString("unit", metadata.Unit);
                json.WriteString("help", metadata.Help);
                json.WriteEndObject();
                json.WriteEndArray();
            }

            json.WriteEndObject();
        });
    }

    private static Task EmptyAsync(HttpContext context, string name) => SuccessAsync(context, json =>
    {
        json.WriteStartObject();
        json.WriteStartArray(name);
        json.WriteEndArray();
        json.WriteEndObject();
    });

    public static void Matrix(Utf8JsonWriter json, SampleSet matrix)
    {
        json.WriteStartArray();
        foreach (var series in matrix)
        {
            json.WriteStartObject();
            Metric(json, "metric", series.Labels.Pairs);
            json.WriteStartArray("values");
            foreach (var point in series.Points)
                Point(json, point.TimestampMs, Quantities.Format(point.Value));
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    public static void Point(Utf8JsonWriter json, long timeMs, string value)
    {
        json.WriteStartArray();
        json.WriteRawValue(Quantities.FormatSeconds(timeMs), skipInputValidation: true);
        json.WriteStringValue(value);
        json.WriteEndArray();
    }

    public static void Metric(Utf8JsonWriter json, string? property, ReadOnlySpan<KeyValuePair<string, string>> labels)
    {
        if (property is null)
            json.WriteStartObject();
        else
            json.WriteStartObject(property);
        foreach (var (name, value) in labels)
            json.WriteString(name, value);
        json.WriteEndObject();
    }
}
