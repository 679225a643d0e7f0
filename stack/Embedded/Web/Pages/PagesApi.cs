using MicroMonitored.Embedded.Hosting;
using MicroMonitored.Embedded.Query;
using MicroMonitored.Embedded.Store;
using MicroMonitored.Embedded.Web.Dashboards;
using Microsoft.AspNetCore.Http.HttpResults;

namespace MicroMonitored.Embedded.Web.Pages;

/// <summary>The engine's own pages, on Grafana's port: rendered here, nothing loaded from elsewhere.</summary>
internal sealed class PagesApi(PageSources sources, GrafanaApi grafana) : ProductApi
{
    private const string ThemeCookie = "micromonitored-theme";

    private static readonly (string Path, string Name, string Type)[] Assets =
    [
        ("/app.css", "app.css", "text/css"), ("/app.js", "app.js", "text/javascript"), ("/charts.js", "charts.js", "text/javascript"),
        ("/explore.js", "explore.js", "text/javascript"),
        ("/echarts.js", "echarts.js.gz", "text/javascript"),
    ];

    protected override string Product => "Grafana";

    public override void Map(IEndpointRouteBuilder routes)
    {
        Page("/", static request => new OverviewPage(request));
        Page("/traces", static request => new TracesPage(request));
        Page("/trace/{id}", static request => new TracePage(request));
        Page("/logs", static request => new LogsPage(request));
        Page("/explore/metrics", static request => new MetricsPage(request));
        Page("/map", static request => new MapPage(request));
        Page("/dashboards", static request => new DashboardsPage(request));
        foreach (var pattern in (string[])["/dashboards/{uid}", "/d/{uid}", "/d/{uid}/{slug}"])
            Page(pattern, static request => new DashboardPage(request, request.Path.Split('/')[2]));
        Page("/alerts", static request => new AlertsPage(request));
        Page("/explore", static request => new ExplorePage(request));
        grafana.Map(routes);
        routes.MapMethods("/trace/{id}/json", Read, (string id, HttpResponse response, CancellationToken cancellation) =>
        {
            response.Headers.ContentDisposition = $"attachment; filename=\"trace-{Convert.ToHexStringLower(TempoApi.TraceId(id))}.json\"";
            return new TempoApi(sources.Spans, TimeProvider.System).Export(id, cancellation);
        });
        routes.MapMethods("/theme", Read, Theme);
        routes.MapMethods("/api/health", Read, static () => Answers.Json(new Health("embedded", "ok", Answers.Version)))
            .WithMetadata(new AnswersAnyone());
        foreach (var asset in Assets)
            routes.MapMethods(asset.Path, Read, (HttpContext context) => PageAnswer.WriteAssetAsync(context, asset.Name, asset.Type));

        void Page(string pattern, Func<PageRequest, Page> page) => routes.MapMethods(pattern, Read, (HttpContext context) =>
        {
            var parameters = new RequestParameters(context.Request.Query, null);
            var theme = context.Request.Cookies[ThemeCookie] is ("dark" or "light") and var chosen ? chosen : null;
            return PageAnswer.WriteAsync(context, token => page(new(context.Request.Path, parameters, theme, sources, token)));
        });
    }

    public override IResult Missing(string path, string paths) => Answers.Text(
        $"MicroMonitored embedded engine: there is no {path} here. It answers {Own(paths)}; Grafana itself runs with --engine=docker.\n", 404);

    private static string Own(string paths) =>
        string.Join(' ', paths.Split(' ').Where(static path => !path.StartsWith(GrafanaApi.Proxy, StringComparison.Ordinal)));

    protected override IResult FailQuery(Exception exception) => exception switch
    {
        MissingPageException => Answers.Text(exception.Message + "\n", 404),
        QueryLimitException => Answers.Text(exception.Message + "\n", 422),
        OperationCanceledException => Answers.Text($"the page took more than {QueryLimits.Time.TotalSeconds:0} s\n", 503),
        StoreUnavailableException => Answers.Text(exception.Message + "\n", 503),
        QueryParameterException parameter => Answers.Text($"{parameter.Name}: {parameter.Message}\n", 400),
        _ => Answers.Text(exception.Message + "\n", 400),
    };

    // The switch works without scripts: the choice is a cookie, and the way back a path of this host.
    private static RedirectHttpResult Theme(RequestParameters parameters, HttpResponse response)
    {
        var chosen = parameters.Text("to") is ("light" or "dark") and var named ? named : throw new QueryParameterException("to", "use light or dark");
        response.Cookies.Append(ThemeCookie, chosen, new() { HttpOnly = true, SameSite = SameSiteMode.Strict, MaxAge = TimeSpan.FromDays(365), Path = "/" });
        var back = parameters.Text("back") ?? "/";
        var own = back.StartsWith('/') && !back.StartsWith("//", StringComparison.Ordinal) && !back.Contains('\\', StringComparison.Ordinal);
        return TypedResults.LocalRedirect(own ? back : "/");
    }
}

/// <summary>There is nothing under an address; answered with 404.</summary>
internal sealed class MissingPageException(string message) : Exception(message);
