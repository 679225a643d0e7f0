using MicroMonitored.Embedded.Hosting;
using MicroMonitored.Embedded.Query;
using MicroMonitored.Embedded.Store;

namespace MicroMonitored.Embedded.Web;

/// <summary>What the pages show from.</summary>
internal sealed record PageSources(IMetricReader Metrics, ILogReader Logs, ISpanReader Spans, ITargetReader Targets, IStoreStatistics Statistics);

/// <summary>The engine's own pages, on Grafana's port: rendered here, nothing loaded from elsewhere.</summary>
internal sealed class Pages(PageSources sources, EmbeddedOptions options, TimeProvider time) : ProductApi
{
    private static readonly string Style = Asset("app.css");
    private static readonly string Script = Asset("app.js");

    protected override string Product => "Grafana";

    public override void Map(IEndpointRouteBuilder routes)
    {
        routes.MapMethods("/", Read, (CancellationToken cancellation) =>
            Page("Overview", "/", new OverviewPage(sources, options, time, cancellation).Render()));
        routes.MapMethods("/logs", Read, (RequestParameters parameters, CancellationToken cancellation) =>
            Page("Logs", "/logs", new LogsPage(sources, time, cancellation).Render(parameters)));
        routes.MapMethods("/traces", Read, (RequestParameters parameters, CancellationToken cancellation) =>
            Page("Traces", "/traces", new TracesPage(sources, time, cancellation).Render(parameters)));
        routes.MapMethods("/trace/{id}", Read, Trace);
        routes.MapMethods("/app.css", Read, static () => new PageAnswer("text/css", Style, "no-cache"));
        routes.MapMethods("/app.js", Read, static () => new PageAnswer("text/javascript", Script, "no-cache"));
        routes.MapMethods("/api/health", Read, static () => Answers.Json(new Health("embedded", "ok", Answers.Version)))
            .WithMetadata(new AnswersAnyone());
    }

    public override IResult Missing(string path, string paths) => Answers.Text(
        $"MicroMonitored embedded engine: there is no {path} here. It answers {paths}; Grafana itself runs with --engine=docker.\n", 404);

    protected override IResult FailQuery(Exception exception) => exception switch
    {
        QueryLimitException => Answers.Text(exception.Message + "\n", 422),
        OperationCanceledException => Answers.Text($"the page took more than {QueryLimits.Time.TotalSeconds:0} s\n", 503),
        StoreUnavailableException => Answers.Text(exception.Message + "\n", 503),
        _ => Answers.Text(exception.Message + "\n", 400),
    };

    private static string Asset(string name)
    {
        using var reader = new StreamReader(typeof(Pages).Assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }

    private IResult Trace(string id, CancellationToken cancellation) => new TracePage(sources, cancellation).Render(TempoApi.TraceId(id)) is { } page
        ? Page("Trace", "/traces", page)
        : Answers.Text($"There is no trace {id} here. It may not have arrived yet, or be older than the retention.\n", 404);

    private static PageAnswer Page(string title, string current, Html body)
    {
        Html Link(string address, string name) =>
            address == current ? Html.Of($"<a href=\"{address}\" aria-current=\"page\">{name}</a>") : Html.Of($"<a href=\"{address}\">{name}</a>");

        var page = Html.Of($"""
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
            <title>{title} · MicroMonitored</title>
            <link rel="icon" href="data:,"><link rel="stylesheet" href="/app.css"><script src="/app.js" defer></script>
            </head>
            <body>
            <div class="bar-top"><div>
            <a class="brand" href="/"><svg width="20" height="20" viewBox="0 0 20 20" aria-hidden="true"><path
              d="M1 11h4l2.5-7 4 13 2.5-6h5" fill="none" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"/></svg><span>MicroMonitored</span></a>
            <nav aria-label="Pages">{Link("/", "Overview")}{Link("/logs", "Logs")}{Link("/traces", "Traces")}</nav>
            <label class="live"><input type="checkbox" id="live" checked> refresh every 3 s</label>
            </div></div>
            <main>{body}</main>
            <footer>MicroMonitored embedded engine, {Answers.Version}. This is not Grafana:
            Prometheus, Loki, Tempo and Grafana themselves run with <code>--engine=docker</code>.</footer>
            </body>
            </html>
            """);
        return new("text/html", page.Markup, "no-store");
    }
}

/// <summary>A page or what it loads; no page may load anything from elsewhere or be framed.</summary>
internal sealed class PageAnswer(string type, string content, string caching) : IResult
{
    private const string Policy =
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; "
        + "form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

    public Task ExecuteAsync(HttpContext httpContext)
    {
        var (response, headers) = (httpContext.Response, httpContext.Response.Headers);
        headers.ContentSecurityPolicy = Policy;
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers.CacheControl = caching;
        response.ContentType = type + "; charset=utf-8";
        return response.WriteAsync(content, httpContext.RequestAborted);
    }
}
