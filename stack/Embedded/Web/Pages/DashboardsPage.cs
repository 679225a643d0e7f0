using MicroMonitored.Embedded.Web.Dashboards;
using RazorSlices;

namespace MicroMonitored.Embedded.Web.Pages;

/// <summary>The dashboards that there are.</summary>
internal sealed class DashboardsPage(PageRequest request) : Page(request)
{
    public override string Title => "Dashboards";

    public override RazorSlice Body => new Web_Pages_Dashboards { Model = this };

    public DashboardFolder Folder { get; } = GrafanaApi.Folder(request.Sources);

    public string? Search => Request.Text("q");

    public IEnumerable<Dashboard> Found => Folder.Dashboards.Where(one => Search is not { } word
        || one.Title.Contains(word, StringComparison.OrdinalIgnoreCase) || one.Tags.Contains(word, StringComparer.OrdinalIgnoreCase));
}

/// <summary>One dashboard, drawn from its own JSON.</summary>
internal sealed class DashboardPage : Page
{
    private readonly DashboardFolder _folder;
    private readonly Dashboard _dashboard;
    private readonly DashboardVariables _variables;

    public DashboardPage(PageRequest request, string uid)
        : this(request, GrafanaApi.Folder(request.Sources), uid)
    {
    }

    private DashboardPage(PageRequest request, DashboardFolder folder, string uid)
        : this(request, folder, folder.Find(uid))
    {
    }

    private DashboardPage(PageRequest request, DashboardFolder folder, Dashboard dashboard)
        : base(request, dashboard.From)
    {
        (_folder, _dashboard) = (folder, dashboard);
        _variables = new(dashboard, request.Parameters, Range, request.Sources, request.Cancellation);
    }

    public override string Title => _dashboard.Title;

    public override string Section => "Dashboards";

    public override RazorSlice Body => new Web_Pages_Dashboard { Model = this };

    public string? Description => _dashboard.Description;

    public IEnumerable<DashboardVariable> Variables => _variables.Variables.Where(static one => !one.IsHidden);

    public IEnumerable<DashboardLink> Links => DashboardLink.Of(_dashboard.Model, _folder, _variables, Request);

    public IEnumerable<PanelView> Panels()
    {
        var reader = new PanelReader(Range, Request);
        return _dashboard.Panels(_variables).Select((one, index) =>
        {
            var view = reader.Read(PanelView.Of(one.Panel, index, one.Scope, one.Copies), one.Panel, one.Scope);
            return view with { Links = [.. DashboardLink.Of(one.Panel, _folder, one.Scope, Request)] };
        });
    }

    /// <summary>A panel's query, opened in Explore.</summary>
    public string Explore(SignalQuery query) => Request.Link("/explore", ("lang", query.Language), ("q", query.Text));
}

/// <summary>Which service calls which.</summary>
internal sealed class MapPage(PageRequest request) : Page(request)
{
    public override string Title => "Map";

    public override RazorSlice Body => new Web_Pages_Map { Model = this };

    public IReadOnlyList<ServiceEdge> Edges() => ServiceMap.Edges(Request, Range);
}
