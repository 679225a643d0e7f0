using System.Text.Json.Nodes;
using MicroMonitored.Embedded.Query.TraceQL;
using MicroMonitored.Embedded.Web.Pages;

namespace MicroMonitored.Embedded.Web.Dashboards;

/// <summary>One big number of a panel.</summary>
/// <param name="Colour">Of its mapping or threshold; null for none.</param>
internal sealed record PanelStat(string Name, string Text, int? Colour, ChartSeries? Spark);

/// <summary>A value as a bar: of a bar gauge or a bar chart.</summary>
/// <param name="Fill">Thousandths of its whole.</param>
internal sealed record PanelBar(string Name, string Text, int? Colour, double Fill);

/// <summary>A cell of a panel's table.</summary>
internal sealed record PanelCell(string Text, double? Value = null, int? Colour = null);

/// <summary>A panel's table.</summary>
internal sealed record PanelTable(IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<PanelCell>> Rows)
{
    /// <summary>The colour of each row in the chart beside it; none where there is no chart.</summary>
    public IReadOnlyList<int> Colours { get; init; } = [];
}

/// <summary>A time in which a state did not change, in thousandths of the range.</summary>
internal sealed record PanelState(double Start, double Width, string Text, int? Colour);

/// <summary>What a panel shows.</summary>
/// <param name="Kind">As its dashboard names it.</param>
internal sealed record PanelView(string Id, string Kind, string Title, string? Description, int Width, int Height)
{
    /// <summary>Why it shows nothing.</summary>
    public string? Fault { get; init; }

    /// <summary>That this kind of panel is shown as a table.</summary>
    public string? Note { get; init; }

    public Chart? Chart { get; init; }

    public IReadOnlyList<PanelStat> Stats { get; init; } = [];

    public IReadOnlyList<PanelBar> Bars { get; init; } = [];

    public PanelTable? Table { get; init; }

    public IReadOnlyList<(string Name, IReadOnlyList<PanelState> States)> Timelines { get; init; } = [];

    public IReadOnlyList<ShownLine>? Lines { get; init; }

    public IReadOnlyList<FoundTrace>? Traces { get; init; }

    public string? Text { get; init; }

    /// <summary>Its queries, to open in Explore.</summary>
    public IReadOnlyList<SignalQuery> Queries { get; init; } = [];

    public bool IsRow => Kind == "row";

    public IReadOnlyList<DashboardLink> Links { get; init; } = [];

    public static PanelView Of(JsonObject panel, int index, DashboardVariables variables, int copies)
    {
        var place = panel["gridPos"];
        var width = (int)Math.Clamp(place.Number("w") ?? 12, 1, 24);
        return new($"p{index}", panel.Text("type") ?? "none", variables.Shown(panel.Text("title") ?? ""), panel.Text("description"),
            copies > 1 ? 24 / copies : width, (int)Math.Clamp(place.Number("h") ?? 8, 1, 24));
    }
}
