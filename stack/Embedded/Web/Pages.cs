using MicroMonitored.Embedded.Query;
using MicroMonitored.Embedded.Store;

namespace MicroMonitored.Embedded.Web;

/// <summary>What the pages show from.</summary>
internal sealed record PageSources(IMetricReader Metrics, ILogReader Logs, ISpanReader Spans, ITargetReader Targets, IStoreStatistics Statistics);

/// <summary>The engine's own pages, on Grafana's port: rendered here, nothing loaded from elsewhere.</summary>
internal sealed class Pages(PageSources sources, EmbeddedOptions options, TimeProvider time)
{
    private const string Policy =
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

    public async Task AnswerAsync(HttpContext context, CancellationToken cancellation)
    {
        var path = context.Request.Path.Value ?? "/";
        if (!HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method))
        {
            await context.MethodNotAllowedAsync("GET, HEAD");
            return;
        }

        var parameters = await RequestParameters.ReadAsync(context.Request, cancellation);
        switch (path)
        {
            case "/":
                await PageAsync(context, "Overview", "/", new OverviewPage(sources, options, time, cancellation).Render());
                break;
            case "/logs":
                await PageAsync(context, "Logs", "/logs", new LogsPage(sources, time, cancellation).Render(parameters));
                break;
            case "/traces":
                await PageAsync(context, "Traces", "/traces", new TracesPage(sources, time, cancellation).Render(parameters));
                break;
            case "/app.css":
                await AssetAsync(context, "text/css", PageAssets.Style);
                break;
            case "/app.js":
                await AssetAsync(context, "text/javascript", PageAssets.Script);
                break;
            case "/api/health":
                await context.JsonAsync(200, static json =>
                {
                    json.WriteStartObject();
                    json.WriteString("commit", "embedded");
                    json.WriteString("database", "ok");
                    json.WriteString("version", Answers.Version);
                    json.WriteEndObject();
                });
                break;
            case not null when path.StartsWith("/trace/", StringComparison.Ordinal):
                await TraceAsync(context, path["/trace/".Length..], cancellation);
                break;
            default:
                await context.TextAsync(404,
                    $"MicroMonitored embedded engine: there is no {path} here. The pages are / /logs /traces /trace/<id>; Grafana itself runs with --engine=docker.\n");
                break;
        }
    }

    public static Task FailAsync(HttpContext context, Exception exception) => exception switch
    {
        BadHttpRequestException bad => context.TextAsync(bad.StatusCode, bad.Message + "\n"),
        QueryLimitException => context.TextAsync(422, exception.Message + "\n"),
        OperationCanceledException => context.TextAsync(503, $"the page took more than {QueryLimits.Time.TotalSeconds:0} s\n"),
        StoreUnavailableException => context.TextAsync(503, exception.Message + "\n"),
        _ => context.TextAsync(400, exception.Message + "\n"),
    };

    private async Task TraceAsync(HttpContext context, string text, CancellationToken cancellation)
    {
        var id = TempoApi.TraceId(text);
        if (new TracePage(sources, cancellation).Render(id) is { } page)
            await PageAsync(context, "Trace", "/traces", page);
        else
            await context.TextAsync(404, $"There is no trace {text} here. It may not have arrived yet, or be older than the retention.\n");
    }

    private static Task AssetAsync(HttpContext context, string type, string content)
    {
        context.Response.ContentType = type + "; charset=utf-8";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        context.Response.Headers.CacheControl = "no-cache";
        return context.Response.WriteAsync(content, context.RequestAborted);
    }

    private static Task PageAsync(HttpContext context, string title, string current, Html body)
    {
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = Policy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers.CacheControl = "no-store";
        context.Response.ContentType = "text/html; charset=utf-8";

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
            <a class="brand" href="/"><svg width="20" height="20" viewBox="0 0 20 20" aria-hidden="true"><path d="M1 11h4l2.5-7 4 13 2.5-6h5" fill="none" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"/></svg><span>MicroMonitored</span></a>
            <nav aria-label="Pages">{Link("/", "Overview")}{Link("/logs", "Logs")}{Link("/traces", "Traces")}</nav>
            <label class="live"><input type="checkbox" id="live" checked> refresh every 3 s</label>
            </div></div>
            <main>{body}</main>
            <footer>MicroMonitored embedded engine, {Answers.Version}. This is not Grafana: Prometheus, Loki, Tempo and Grafana themselves run with <code>--engine=docker</code>.</footer>
            </body>
            </html>
            """);
        return context.Response.WriteAsync(page.Markup, context.RequestAborted);
    }
}
