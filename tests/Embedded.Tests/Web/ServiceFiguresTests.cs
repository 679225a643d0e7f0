using Embedded.Tests.Query;
using MicroMonitored.Embedded.Web.Pages;

namespace Embedded.Tests.Web;

public sealed class ServiceFiguresTests
{
    private const string Count = "__name__=http_server_request_duration_seconds_count job=shop instance=a http_request_method=GET";
    private const string Bucket = "__name__=http_server_request_duration_seconds_bucket job=shop instance=a";
    private readonly InMemoryStore _store = new();

    // A range of ten minutes that ends at 1000 s.
    private ServiceFigures Figures => ServiceFigures.All(_store, new("", "", 400_000, 1_000_000), TestContext.Current.CancellationToken)["shop"];

    [Fact]
    public void A_series_born_within_the_range_counts_from_zero()
    {
        _store.AddSeries("__name__=up job=shop instance=a", (395_000, 1), (960_000, 1));
        _store.AddSeries(Count + " http_response_status_code=200 http_route=orders", (960_000, 8));
        _store.AddSeries(Count + " http_response_status_code=500", (970_000, 2));
        foreach (var (le, count) in ((string, double)[])[("0.1", 5), ("1", 10), ("+Inf", 10)])
            _store.AddSeries($"{Bucket} le={le}", (970_000, count));
        Assert.Equal(10, Figures.Requests);
        Assert.Equal(0.2, Figures.ErrorRatio);
        Assert.Equal(10, Figures.LastMinute);
        Assert.Equal(10, Figures.Bins.Sum());
        Assert.Equal(0.1, Figures.P50, 6);
        Assert.Equal("/orders", Figures.Route);
    }

    [Fact]
    public void A_target_first_seen_within_the_range_counts_from_its_first_scrape()
    {
        _store.AddSeries("__name__=up job=shop instance=a", (900_000, 1), (960_000, 1));
        _store.AddSeries(Count, (900_000, 5000), (960_000, 5003));
        Assert.Equal(3, Figures.Requests);
    }

    [Fact]
    public void What_was_counted_before_the_range_is_left_out_and_a_restart_counts_from_zero()
    {
        _store.AddSeries(Count, (390_000, 100), (500_000, 110), (600_000, 4), (1_000_000, 9));
        Assert.Equal(10 + 4 + 5, Figures.Requests);
        Assert.Equal(5, Figures.LastMinute);
    }

    [Fact]
    public void Without_request_metrics_the_server_spans_count()
    {
        const string calls = "__name__=traces_spanmetrics_calls_total service=shop span_kind=SPAN_KIND_SERVER";
        _store.AddSeries(calls + " status_code=STATUS_CODE_UNSET", (900_000, 3));
        _store.AddSeries(calls + " status_code=STATUS_CODE_ERROR", (900_000, 1));
        Assert.Equal(4, Figures.Requests);
        Assert.Equal(0.25, Figures.ErrorRatio);
    }
}
