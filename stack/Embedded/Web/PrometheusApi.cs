using System.Globalization;
using MicroMonitored.Embedded.Hosting;
using MicroMonitored.Embedded.Query;
using MicroMonitored.Embedded.Query.PromQL;
using MicroMonitored.Embedded.Rules;
using MicroMonitored.Embedded.Store;
using Labels = MicroMonitored.Embedded.Query.Labels;

namespace MicroMonitored.Embedded.Web;

/// <summary>The HTTP API of Prometheus, as far as it is answered here.</summary>
internal sealed class PrometheusApi(IMetricReader metrics, ITargetReader targets, EmbeddedOptions options, IRuleReader rules, TimeProvider time) : ProductApi
{
    protected override string Product => "Prometheus";

    public override void Map(IEndpointRouteBuilder routes)
    {
        routes.MapMethods("/-/ready", Read, static () => Answers.Text("Prometheus Server is Ready.\n")).WithMetadata(new AnswersAnyone());
        routes.MapMethods("/-/healthy", Read, static () => Answers.Text("Prometheus Server is Healthy.\n"));
        routes.MapMethods("/api/v1/query", ReadOrForm, Query);
        routes.MapMethods("/api/v1/query_range", ReadOrForm, QueryRange);
        routes.MapMethods("/api/v1/query_exemplars", ReadOrForm, Exemplars);
        routes.MapMethods("/api/v1/series", ReadOrForm, Series);
        routes.MapMethods("/api/v1/labels", ReadOrForm, LabelNames);
        routes.MapMethods("/api/v1/label/{name}/values", Read, LabelValues);
        routes.MapMethods("/api/v1/targets", Read, Targets);
        routes.MapMethods("/api/v1/metadata", Read, Metadata);
        routes.MapMethods("/api/v1/rules", Read, (RequestParameters parameters) =>
            Answers.Success(RuleGroups.Of(rules.Groups, RuleType(parameters.Text("type")), [.. parameters["rule_name[]"].OfType<string>()])));
        routes.MapMethods("/api/v1/alerts", Read, () =>
            Answers.Success(new ActiveAlerts([.. rules.Groups.SelectMany(static group => group.Rules).SelectMany(AlertAnswer.Of)])));
        routes.MapMethods("/api/v1/status/buildinfo", Read, static () => Answers.Success(BuildInfo.Own));
    }

    public override IResult Missing(string path, string paths) => path.StartsWith("/api/", StringComparison.Ordinal)
        ? Error(404, "not_found",
            $"{path} is not supported by the embedded engine; it answers {paths}. Run the stack with --engine=docker for all of Prometheus")
        : base.Missing(path, paths);

    protected override IResult FailQuery(Exception exception) => exception switch
    {
        QueryParameterException parameter => Error(400, "bad_data", $"invalid parameter \"{parameter.Name}\": {parameter.Message}"),
        QueryExecutionException or QueryLimitException => Error(422, "execution", exception.Message),
        OperationCanceledException => Error(503, "timeout", $"query timed out after {QueryLimits.Time.TotalSeconds:0} s"),
        _ => Error(503, "unavailable", exception.Message),
    };

    protected override IResult Refuse(int status, string reason) => Error(status, "bad_data", reason);

    private static string? RuleType(string? type) => type is null or "alert" or "record" ? type
        : throw new QueryParameterException("type", $"not supported value \"{type}\"");

    private static IResult Error(int status, string type, string message) => Answers.Json(new PromError(type, message), status);

    private static T Parse<T>(string parameter, string query, Func<string, T> parser)
    {
        try
        {
            return parser(query);
        }
        catch (QuerySyntaxException e)
        {
            var (line, column) = e.PositionIn(query);
            throw new QueryParameterException(parameter, string.Create(CultureInfo.InvariantCulture, $"{line}:{column}: parse error: {e.Message}"));
        }
    }

    private static PromNode Expression(RequestParameters parameters) => Parse(
        "query", parameters["query"].FirstOrDefault() ?? throw new QueryParameterException("query", "the parameter is missing"), PromParser.Parse);

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

    private IResult Query(RequestParameters parameters, CancellationToken cancellation)
    {
        var at = TimeOf(parameters, "time", Now);
        using var bounded = Bounded(parameters, cancellation);
        var result = PromEvaluator.Instant(metrics, Expression(parameters), at, bounded.Token);
        return result.Type switch
        {
            PromType.Scalar => Answers.Success(new PromData<Sample>("scalar", new(at, result.Scalar))),
            PromType.String => Answers.Success(new PromData<TextSample>("string", new(at, result.Text))),
            PromType.Matrix => Matrix(result.Matrix),
            _ => Answers.Success(new PromData<IEnumerable<InstantSeries>>(
                "vector", result.Vector.Select(point => new InstantSeries(point.Labels, new(at, point.Value))))),
        };
    }

    private static IResult Matrix(IReadOnlyList<PromSeries> matrix) => Answers.Success(
        new PromData<IEnumerable<RangeSeries>>("matrix", matrix.Select(static series => new RangeSeries(series.Labels, series.Points))));

    private IResult QueryRange(RequestParameters parameters, CancellationToken cancellation)
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
        return Matrix(PromEvaluator.Range(metrics, Expression(parameters), start, end, step, bounded.Token));
    }

    private IResult Exemplars(RequestParameters parameters, CancellationToken cancellation)
    {
        var start = TimeOf(parameters, "start", Now - 3_600_000);
        var end = TimeOf(parameters, "end", Now);
        if (end < start)
            throw new QueryParameterException("end", "end timestamp must not be before start time");

        var series = Expression(parameters).Selectors()
            .SelectMany(selector => metrics.Series(selector.Matchers, QueryLimits.Series, cancellation))
            .DistinctBy(static one => one.Id)
            .ToDictionary(static one => one.Id, static one => Labels.From(one.Labels));
        return Answers.Success(metrics.Exemplars(series.Keys, start, end, cancellation)
            .GroupBy(exemplar => series[exemplar.SeriesId])
            .OrderBy(static group => group.Key)
            .Select(static group => new ExemplarSeries(group.Key, group.Select(static exemplar =>
                new Exemplar(Labels.From(exemplar.Labels), Quantities.Format(exemplar.Value), exemplar.TimestampMs / 1000m)))));
    }

    private IEnumerable<LabelSet> Matched(RequestParameters parameters, CancellationToken cancellation)
    {
        var selectors = parameters["match[]"];
        if (selectors.Count == 0)
            return metrics.Series([], QueryLimits.Series, cancellation);
        if (selectors.Count > 50)
            throw new QueryParameterException("match[]", "more than 50 selectors");

        var found = selectors
            .SelectMany(selector => metrics.Series(Parse("match[]", selector ?? "", PromParser.Matchers), QueryLimits.Series, cancellation))
            .DistinctBy(static one => one.Id)
            .ToList();

        // Only series with a sample in the asked time.
        if (parameters.Text("start") is null && parameters.Text("end") is null)
            return found;
        var (start, end) = (TimeOf(parameters, "start", 0), TimeOf(parameters, "end", Now));
        var alive = metrics.Newest([.. found.Select(static one => one.Id)], start - 1, end, cancellation);
        return found.Where(one => alive.ContainsKey(one.Id));
    }

    private IResult Series(RequestParameters parameters, CancellationToken cancellation)
    {
        if (parameters["match[]"].Count == 0)
            throw new QueryParameterException("match[]", "no match[] parameter provided");
        var limit = parameters.Whole("limit", 0, 0, int.MaxValue);
        return Answers.Success(Matched(parameters, cancellation)
            .Select(static one => Labels.From(one.Labels)).Order().Take(limit == 0 ? int.MaxValue : limit));
    }

    private IResult LabelNames(RequestParameters parameters, CancellationToken cancellation) =>
        Sorted(Matched(parameters, cancellation).SelectMany(static one => one.Labels).Select(static label => label.Key));

    private IResult LabelValues(string name, RequestParameters parameters, CancellationToken cancellation) =>
        Sorted(Matched(parameters, cancellation).SelectMany(static one => one.Labels).Where(label => label.Key == name).Select(static label => label.Value));

    private static IResult Sorted(IEnumerable<string> values) => Answers.Success<IReadOnlyList<string>>([.. values.Distinct().Order(StringComparer.Ordinal)]);

    private IResult Targets(RequestParameters parameters)
    {
        var active = parameters.Text("state") is null or "active" or "any" ? targets.Targets() : [];
        return Answers.Success(new PromTargets(
            active.Select(target => new PromTarget(
                Labels.From(target.DiscoveredLabels), Labels.From(target.Labels), target.Job, target.ScrapeUrl, target.ScrapeUrl, target.LastError,
                target.LastScrape?.UtcDateTime ?? DateTime.SpecifyKind(default, DateTimeKind.Utc), target.LastScrapeDuration.TotalSeconds,
                target.Health, options.ScrapeInterval.Text, options.ScrapeTimeout.Text)),
            [],
            active.Select(static target => target.Job).Distinct().ToDictionary(static job => job, static _ => 0)));
    }

    private IResult Metadata(RequestParameters parameters)
    {
        var metric = parameters.Text("metric");
        var limit = parameters.Whole("limit", -1, -1, int.MaxValue);
        return Answers.Success(metrics.Metadata()
            .Where(pair => metric is null || pair.Key == metric)
            .OrderBy(static pair => pair.Key, StringComparer.Ordinal)
            .Take(limit < 0 ? int.MaxValue : limit)
            .ToDictionary(static pair => pair.Key, static pair => new[] { pair.Value }));
    }
}
