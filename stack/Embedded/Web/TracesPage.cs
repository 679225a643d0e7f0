using MicroMonitored.Embedded.Query.TraceQL;

namespace MicroMonitored.Embedded.Web;

/// <summary>The newest traces, filtered by service or by a TraceQL query.</summary>
internal sealed class TracesPage(PageSources sources, TimeProvider time, CancellationToken cancellation)
{
    private const int Shown = 50;

    public Html Render(RequestParameters parameters)
    {
        var (service, query) = (parameters.Text("service"), parameters.Text("q"));
        var condition = TraceParser.Parse(query ?? "");
        if (service is not null)
            condition = new TraceBoth(condition, new TraceComparison(new(TraceScope.Resource, "service.name"), "=", service), Or: false);

        var found = new TraceFinder(sources.Spans, cancellation).Find(condition, new(null, null, null, null, Shown));
        var services = sources.Spans.ServiceNames(cancellation).Order(StringComparer.Ordinal);
        var count = found.Count == Shown ? "the newest 50" : $"{found.Count} found";
        return Html.Of($$"""
            <form class="filter" method="get" action="/traces" role="search"><input
            type="search" name="q" value="{{query ?? ""}}" placeholder='TraceQL, for example { status = error && duration &gt; 10ms }'
            aria-label="TraceQL">{{PageParts.Select("service", "every service", services, service)}}<button>Show</button></form>
            <section class="card"><header><h2>Traces</h2><span>{{count}}, newest first</span></header>
            {{PageParts.Traces(found, time.GetUtcNow())}}</section>
            """);
    }
}
