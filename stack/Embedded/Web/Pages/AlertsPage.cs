using MicroMonitored.Embedded.Query;
using MicroMonitored.Embedded.Rules;
using MicroMonitored.Embedded.Store;
using RazorSlices;
using Labels = MicroMonitored.Embedded.Query.Labels;

namespace MicroMonitored.Embedded.Web.Pages;

/// <summary>What fires now, every rule, and what has fired.</summary>
internal sealed class AlertsPage(PageRequest request) : Page(request, "now-24h")
{
    // Samples farther apart are of different times that it fired.
    private const long MostApartMs = 5 * 60_000;

    public override string Title => "Alerts";

    public override RazorSlice Body => new Web_Pages_Alerts { Model = this };

    public IReadOnlyList<RuleGroupState> Groups { get; } = request.Sources.Rules.Groups;

    /// <summary>Firing alerts before pending ones, the newest first.</summary>
    public IReadOnlyList<(RuleState Rule, ActiveAlert Alert)> Active => [.. Groups.SelectMany(static group => group.Rules)
        .SelectMany(static rule => rule.Alerts.Where(static alert => alert.IsActive).Select(alert => (rule, alert)))
        .OrderByDescending(static one => one.alert.IsFiring).ThenByDescending(static one => one.alert.ActiveAtMs)];

    /// <summary>Each time that an alert fired within the range, the newest first; one that still fires has no end.</summary>
    public IReadOnlyList<(Labels Alert, long FromMs, long? ToMs)> Fired()
    {
        var fired = new List<(Labels, long From, long?)>();
        List<LabelMatcher> matchers = [new(Labels.MetricName, MatchOperator.Equal, "ALERTS"), new("alertstate", MatchOperator.Equal, "firing")];
        foreach (var series in Request.Sources.Metrics.Series(matchers, QueryLimits.Series, Request.Cancellation))
        {
            var labels = Labels.From(series.Labels).Except(["alertstate"]);
            long? from = null;
            long last = 0;
            foreach (var sample in Request.Sources.Metrics.Samples(series.Id, Range.FromMs, Range.ToMs, Request.Cancellation))
            {
                if (from is { } began && (sample.IsStale || sample.TimestampMs - last > MostApartMs))
                {
                    fired.Add((labels, began, last));
                    from = null;
                }

                if (!sample.IsStale)
                    (from, last) = (from ?? sample.TimestampMs, sample.TimestampMs);
            }

            if (from is { } still)
                fired.Add((labels, still, Range.ToMs - last < MostApartMs ? null : last));
        }

        return [.. fired.OrderByDescending(static one => one.From)];
    }

    /// <summary>The query of a rule, opened in Explore.</summary>
    public string Explore(string query) => Request.Link("/explore", ("lang", "promql"), ("q", query), ("from", "now-1h"), ("to", null));
}
