using System.Text.Json;
using System.Text.Json.Nodes;
using MicroMonitored.Embedded.Query;
using MicroMonitored.Embedded.Query.PromQL;
using MicroMonitored.Embedded.Web.Pages;

namespace MicroMonitored.Embedded.Web.Dashboards;

/// <summary>What Grafana's HTTP API says of dashboards, and the queries that its panels send to the three stores.</summary>
internal sealed class GrafanaApi(PageSources sources, PrometheusApi prometheus, LokiApi loki, TempoApi tempo)
{
    /// <summary>Where Grafana passes requests on to a data source.</summary>
    public const string Proxy = "/api/datasources/proxy/uid/";

    private const int LargestBody = 1024 * 1024;
    private const int MostLines = 1000;

    public void Map(IEndpointRouteBuilder routes)
    {
        string[] read = [HttpMethods.Get, HttpMethods.Head];
        routes.MapMethods("/api/search", read, () => Answers.Json(
            Folder(sources).Dashboards.Select(static one => new FoundDashboard(one.Uid, one.Title, "dash-db", one.Path, one.Tags))));
        routes.MapMethods("/api/dashboards/uid/{uid}", read, (string uid) =>
        {
            var found = Folder(sources).Find(uid);
            return Answers.Json(new JsonObject { ["dashboard"] = found.Model, ["meta"] = new JsonObject { ["canSave"] = false, ["url"] = found.Path } });
        });
        routes.MapPost("/api/ds/query", QueryAsync);
        prometheus.Map(routes.MapGroup(Proxy + "prometheus"));
        loki.Map(routes.MapGroup(Proxy + "loki"));
        tempo.Map(routes.MapGroup(Proxy + "tempo"));
    }

    public static DashboardFolder Folder(PageSources sources) => DashboardFolder.Read(sources.Options.Dashboards);

    // The body of Grafana's own pages: a range, and queries with the data source, the step and the reference of each.
    private async Task<IResult> QueryAsync(HttpRequest request, CancellationToken cancellation)
    {
        if (!request.HasJsonContentType())
            throw new BadHttpRequestException("the queries must come as application/json", StatusCodes.Status415UnsupportedMediaType);
        if (request.ContentLength is null or > LargestBody)
            throw new BadHttpRequestException("the queries are larger than 1 MiB, or of no known length", StatusCodes.Status413PayloadTooLarge);
        JsonNode body;
        try
        {
            body = await JsonNode.ParseAsync(request.Body, documentOptions: new() { MaxDepth = 32 }, cancellationToken: cancellation) ?? new JsonObject();
        }
        catch (JsonException exception)
        {
            throw new QueryParameterException("body", $"is no JSON: {exception.Message}");
        }

        var range = PageRange.Of(body.Text("from") ?? "now-1h", body.Text("to") ?? "now", sources.Time.GetUtcNow());
        var results = new JsonObject();
        var failed = false;
        foreach (var query in body.Items("queries"))
        {
            var refId = query.Text("refId") ?? "A";
            try
            {
                results[refId] = Result(refId, query, range, cancellation);
            }
            catch (Exception exception) when (ProductApi.IsAnswerable(exception) && exception is not OperationCanceledException)
            {
                failed = true;
                results[refId] = new JsonObject { ["error"] = exception.Message, ["status"] = 400, ["frames"] = new JsonArray() };
            }
        }

        return Answers.Json(new JsonObject { ["results"] = results }, failed ? StatusCodes.Status400BadRequest : StatusCodes.Status200OK);
    }

    private JsonObject Result(string refId, JsonNode query, PageRange range, CancellationToken cancellation)
    {
        // As many points as are asked for, none closer than two scrapes are here, whatever interval a Grafana elsewhere is used to.
        var scrape = (long)sources.Options.ScrapeInterval.Value.TotalMilliseconds;
        var points = Math.Clamp(query.Number("maxDataPoints") ?? 200, 1, QueryLimits.Points);
        var step = Math.Max(Math.Max(scrape, 1000), (long)Math.Ceiling(range.LengthMs / points));
        var into = DashboardVariables.Standing(range, step, scrape);
        if (SignalQuery.Of(query, null, into) is not { } signal)
            return new() { ["status"] = 200, ["frames"] = new JsonArray() };
        var answer = signal.Ask(sources, range, step, MostLines, cancellation);
        List<JsonNode?> frames = [.. answer.Series.Select(one => Frame(refId, one))];
        if (answer.Lines is { Count: > 0 } lines)
        {
            frames.Add(Frame(refId, new JsonArray(Field("Time", "time"), Field("Line", "string")),
                [.. lines.Select(static line => (JsonNode)(line.TimestampNs / 1_000_000))], [.. lines.Select(static line => (JsonNode)line.Raw)]));
        }

        if (answer.Traces is { Count: > 0 } traces)
            frames.Add(Frame(refId, new JsonArray(Field("traceID", "string")), [.. traces.Select(static one => (JsonNode)one.Trace.HexId)]));
        return new() { ["status"] = 200, ["frames"] = new JsonArray([.. frames]) };
    }

    private static JsonObject Frame(string refId, PromSeries series)
    {
        var value = Field("Value", "number");
        var labels = new JsonObject();
        foreach (var (name, text) in series.Labels.Pairs)
            labels[name] = text;
        value["labels"] = labels;
        return Frame(refId, new JsonArray(Field("Time", "time"), value), [.. series.Points.Select(static point => (JsonNode)point.TimestampMs)],
            [.. series.Points.Select(static point => double.IsFinite(point.Value) ? (JsonNode?)point.Value : null)]);
    }

    private static JsonObject Field(string name, string type) => new() { ["name"] = name, ["type"] = type };

    private static JsonObject Frame(string refId, JsonArray fields, params JsonNode?[][] columns) => new()
    {
        ["schema"] = new JsonObject { ["refId"] = refId, ["fields"] = fields },
        ["data"] = new JsonObject { ["values"] = new JsonArray([.. columns.Select(static column => new JsonArray(column))]) },
    };
}

/// <summary>One of the dashboards that Grafana's <c>api/search</c> finds.</summary>
internal sealed record FoundDashboard(string Uid, string Title, string Type, string Url, IReadOnlyList<string> Tags);
