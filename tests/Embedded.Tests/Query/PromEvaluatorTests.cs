using MicroMonitored.Embedded.Query;
using MicroMonitored.Embedded.Query.PromQL;
using MicroMonitored.Embedded.Store;

namespace Embedded.Tests.Query;

public sealed class PromEvaluatorTests
{
    private readonly InMemoryStore _store = new();

    private string Instant(string query, long timeMs) => string.Join(
        "; ",
        PromEvaluator.Instant(_store, PromParser.Parse(query), timeMs, default).Vector.Select(static p => $"{p.Labels} {Quantities.Format(p.Value)}"));

    private string Range(string query, long startMs, long endMs, long stepMs) => string.Join(
        "; ",
        PromEvaluator.Range(_store, PromParser.Parse(query), startMs, endMs, stepMs, default)
            .Select(static s => $"{s.Labels} {string.Join(",", s.Points.Select(static p => $"{p.TimestampMs / 1000}:{Quantities.Format(p.Value)}"))}"));

    [Fact]
    public void The_newest_sample_of_the_last_five_minutes_counts()
    {
        _store.AddSeries("__name__=x job=a", (0, 1), (10_000, 2), (20_000, 3));
        Assert.Equal("{__name__=\"x\", job=\"a\"} 2", Instant("x", 15_000));
        Assert.Equal("{__name__=\"x\", job=\"a\"} 3", Instant("x", 319_999));
        Assert.Equal("", Instant("x", 320_000));
        Assert.Equal("{__name__=\"x\", job=\"a\"} 1", Instant("x offset 10s", 15_000));
    }

    [Fact]
    public void A_stale_marker_ends_a_series()
    {
        _store.AddSeries("__name__=x", (0, 1), (10_000, Sample.StaleMarker));
        Assert.Equal("{__name__=\"x\"} 1", Instant("x", 9_999));
        Assert.Equal("", Instant("x", 10_000));
        Assert.Equal("{} 1", Instant("absent(x)", 10_000));
        Assert.Equal("{__name__=\"x\"} 0:1,5:1", Range("x", 0, 20_000, 5_000));
        Assert.Equal("{} 1", Instant("count_over_time(x[1m])", 10_000));
    }

    [Theory]
    [InlineData("x{job=\"a\"}", 1)]
    [InlineData("x{job!=\"a\"}", 2)]
    [InlineData("x{job=~\"a|b\"}", 2)]
    [InlineData("x{job!~\"a.*\"}", 2)]
    [InlineData("{__name__=~\"x|y\"}", 4)]
    [InlineData("x{missing=\"\"}", 3)]
    public void Matchers_choose(string query, int count)
    {
        _store.AddSeries("__name__=x job=a", (0, 1));
        _store.AddSeries("__name__=x job=b", (0, 1));
        _store.AddSeries("__name__=x job=c", (0, 1));
        _store.AddSeries("__name__=y job=a", (0, 1));
        Assert.Equal(count, PromEvaluator.Instant(_store, PromParser.Parse(query), 0, default).Vector.Count);
    }

    [Fact]
    public void Rate_extends_to_the_edges_of_a_covered_window()
    {
        // 60 samples 1 s apart, +2 each, window (0 s, 60 s]: 59 s seen, 1 s missing at the start: 118 / 59 * 60 = 120.
        _store.AddSeries("__name__=x job=a", [.. Enumerable.Range(1, 60).Select(static i => (i * 1000L, 100.0 + (2 * i)))]);
        Assert.Equal("{job=\"a\"} 2", Instant("rate(x[1m])", 60_000));
        Assert.Equal("{job=\"a\"} 120", Instant("increase(x[1m])", 60_000));
        Assert.Equal("{job=\"a\"} 2", Instant("irate(x[1m])", 60_000));
        Assert.Equal("{job=\"a\"} 120", Instant("delta(x[1m])", 60_000));
    }

    [Fact]
    public void Rate_extends_by_half_an_interval_only_where_samples_are_missing()
    {
        // Samples at 30, 40, 50 s in (0 s, 100 s]: 20 s seen, both edges far: 5 s more at each: 20 * 30 / 20 = 30.
        _store.AddSeries("__name__=x", (30_000, 1000), (40_000, 1010), (50_000, 1020));
        Assert.Equal("{} 30", Instant("increase(x[100s])", 100_000));
        Assert.Equal("{} 0.3", Instant("rate(x[100s])", 100_000));
    }

    [Fact]
    public void A_counter_is_not_extended_below_zero()
    {
        // 20 s seen, first value 2 of a change of 20: zero was 2 s before: 20 * (20 + 2 + 10) / 20 = 32.
        _store.AddSeries("__name__=x", (10_000, 2), (20_000, 12), (30_000, 22));
        Assert.Equal("{} 32", Instant("increase(x[40s])", 40_000));
    }

    [Fact]
    public void A_counter_reset_adds_what_was_counted_before_it()
    {
        _store.AddSeries("__name__=x", (10_000, 100), (20_000, 110), (30_000, 5), (40_000, 15));
        // 10 + 5 + 10 = 25 in 30 s; edges at 0 s and 40 s: 25 * 40 / 30.
        Assert.Equal(Quantities.Format(25 * (40.0 / 30)), Instant("increase(x[40s])", 40_000)["{} ".Length..]);
        Assert.Equal("{} 1", Instant("irate(x[40s])", 40_000));
        Assert.Equal("{} 0.5", Instant("irate(x[30s])", 30_000));
        Assert.Equal("{} 1", Instant("resets(x[40s])", 40_000));
    }

    [Fact]
    public void One_sample_has_no_rate()
    {
        _store.AddSeries("__name__=x", (10_000, 100));
        Assert.Equal("", Instant("rate(x[1m])", 40_000));
    }

    [Fact]
    public void The_window_is_open_at_its_start()
    {
        _store.AddSeries("__name__=x", (0, 1), (10_000, 2), (20_000, 4));
        Assert.Equal("{} 2", Instant("count_over_time(x[20s])", 20_000));
        Assert.Equal("{} 3", Instant("avg_over_time(x[20s])", 20_000));
        Assert.Equal("{__name__=\"x\"} 4", Instant("last_over_time(x[20s])", 20_000));
        Assert.Equal("{} 2", Instant("min_over_time(x[20s])", 20_000));
        Assert.Equal("{} 4", Instant("max_over_time(x[20s])", 20_000));
    }

    [Theory]
    [InlineData("0.5", "0.15")]
    [InlineData("0.9", "0.45")]
    [InlineData("0.95", "0.5")]
    [InlineData("1", "0.5")]
    [InlineData("0.1", "0.03333333333333333")]
    [InlineData("-1", "-Inf")]
    [InlineData("2", "+Inf")]
    public void Histogram_quantiles_are_linear_within_a_bucket(string quantile, string expected)
    {
        foreach (var (le, count) in new[] { ("0.1", 30.0), ("0.2", 70.0), ("0.5", 94.0), ("+Inf", 100.0) })
            _store.AddSeries($"__name__=h job=a le={le}", (0, count));
        var result = Instant($"histogram_quantile({quantile}, h)", 0);
        Assert.StartsWith("{job=\"a\"} ", result, StringComparison.Ordinal);
        Assert.Equal(double.Parse(expected.Replace("+Inf", "Infinity").Replace("-Inf", "-Infinity"), System.Globalization.CultureInfo.InvariantCulture),
            double.Parse(result.Split(' ')[^1].Replace("+Inf", "Infinity").Replace("-Inf", "-Infinity"), System.Globalization.CultureInfo.InvariantCulture),
            12);
    }

    [Fact]
    public void A_histogram_without_observations_or_without_its_last_bucket_has_no_quantile()
    {
        _store.AddSeries("__name__=h job=a le=1", (0, 0));
        _store.AddSeries("__name__=h job=a le=+Inf", (0, 0));
        _store.AddSeries("__name__=h job=b le=1", (0, 5));
        _store.AddSeries("__name__=h job=b le=2", (0, 5));
        Assert.Equal("{job=\"a\"} NaN; {job=\"b\"} NaN", Instant("histogram_quantile(0.5, h)", 0));
    }

    [Theory]
    [InlineData("sum(x)", "{} 15")]
    [InlineData("sum by (job) (x)", "{job=\"a\"} 3; {job=\"b\"} 12")]
    [InlineData("sum without (code) (x)", "{job=\"a\"} 3; {job=\"b\"} 12")]
    [InlineData("count(x)", "{} 4")]
    [InlineData("avg by (job) (x)", "{job=\"a\"} 1.5; {job=\"b\"} 6")]
    [InlineData("min(x)", "{} 1")]
    [InlineData("max by (job) (x)", "{job=\"a\"} 2; {job=\"b\"} 8")]
    [InlineData("topk(1, x)", "{__name__=\"x\", code=\"500\", job=\"b\"} 8")]
    [InlineData("bottomk by (job) (1, x)", "{__name__=\"x\", code=\"200\", job=\"a\"} 1; {__name__=\"x\", code=\"200\", job=\"b\"} 4")]
    [InlineData("quantile(0.5, x)", "{} 3")]
    [InlineData("stddev(x{job=\"b\"})", "{} 2")]
    [InlineData("sum(x{code=\"500\"}) / sum(x)", "{} 0.6666666666666666")]
    [InlineData("sum by (job) (x{code=\"500\"}) / sum by (job) (x)", "{job=\"a\"} 0.6666666666666666; {job=\"b\"} 0.6666666666666666")]
    [InlineData("x > 2", "{__name__=\"x\", code=\"200\", job=\"b\"} 4; {__name__=\"x\", code=\"500\", job=\"b\"} 8")]
    [InlineData("x{job=\"a\"} > bool 1", "{code=\"200\", job=\"a\"} 0; {code=\"500\", job=\"a\"} 1")]
    [InlineData("2 < x{job=\"a\"} * 2", "{code=\"500\", job=\"a\"} 4")]
    [InlineData("x and on (code) x{code=\"500\"} > 7", "{__name__=\"x\", code=\"500\", job=\"a\"} 2; {__name__=\"x\", code=\"500\", job=\"b\"} 8")]
    [InlineData("x unless x{job=\"a\"}", "{__name__=\"x\", code=\"200\", job=\"b\"} 4; {__name__=\"x\", code=\"500\", job=\"b\"} 8")]
    [InlineData("x{job=\"a\",code=\"200\"} or vector(0)", "{__name__=\"x\", code=\"200\", job=\"a\"} 1; {} 0")]
    [InlineData("x * on (job) group_left (team) owner", "{code=\"200\", job=\"a\", team=\"red\"} 10; {code=\"500\", job=\"a\", team=\"red\"} 20")]
    [InlineData("x{code=\"200\"} - ignoring (code) x{code=\"500\"}", "{job=\"a\"} -1; {job=\"b\"} -4")]
    [InlineData("-x{job=\"a\",code=\"200\"}", "{code=\"200\", job=\"a\"} -1")]
    [InlineData("clamp_min(x{job=\"a\"}, 2)", "{code=\"200\", job=\"a\"} 2; {code=\"500\", job=\"a\"} 2")]
    [InlineData("clamp_max(sum(x), 10)", "{} 10")]
    [InlineData("absent(x{job=\"zzz\",code=~\"5..\"})", "{job=\"zzz\"} 1")]
    [InlineData("absent(x)", "")]
    [InlineData("label_replace(x{job=\"a\",code=\"500\"}, \"class\", \"${1}xx\", \"code\", \"(.)..\")",
        "{__name__=\"x\", class=\"5xx\", code=\"500\", job=\"a\"} 2")]
    [InlineData("vector(scalar(sum(x)) + 1)", "{} 16")]
    [InlineData("vector(time())", "{} 0")]
    [InlineData("round(vector(2.5))", "{} 3")]
    [InlineData("sort_desc(sum by (job) (x))", "{job=\"b\"} 12; {job=\"a\"} 3")]
    public void Operators_and_functions_give_what_Prometheus_gives(string query, string expected)
    {
        _store.AddSeries("__name__=x job=a code=200", (0, 1));
        _store.AddSeries("__name__=x job=a code=500", (0, 2));
        _store.AddSeries("__name__=x job=b code=200", (0, 4));
        _store.AddSeries("__name__=x job=b code=500", (0, 8));
        _store.AddSeries("__name__=owner job=a team=red", (0, 10));
        Assert.Equal(expected, Instant(query, 0));
    }

    [Theory]
    [InlineData("timestamp({job=\"a\"})")]
    [InlineData("{job=\"a\"} and (timestamp({job=\"a\"}) >= 0)")]
    [InlineData("sum(rate({job=\"a\"}[1m]))")]
    public void Two_metrics_that_become_one_are_refused_within_an_operator_too(string query)
    {
        _store.AddSeries("__name__=x job=a", (0, 1), (10_000, 2));
        _store.AddSeries("__name__=y job=a", (0, 1), (10_000, 2));
        var refusal = Assert.Throws<QueryExecutionException>(() => Instant(query, 10_000));
        Assert.Equal("vector cannot contain metrics with the same labelset", refusal.Message);
        Assert.Equal(2, PromEvaluator.Instant(_store, PromParser.Parse("last_over_time({job=\"a\"}[1m] @ 10)"), 10_000, default).Vector.Count);
    }

    [Fact]
    public void Many_to_many_is_an_error_that_names_the_group()
    {
        _store.AddSeries("__name__=x job=a code=200", (0, 1));
        _store.AddSeries("__name__=x job=a code=500", (0, 2));
        _store.AddSeries("__name__=y job=a", (0, 2));
        var right = Assert.Throws<QueryExecutionException>(() => Instant("y * on (job) x", 0));
        Assert.Contains("many-to-many matching not allowed", right.Message, StringComparison.Ordinal);
        var left = Assert.Throws<QueryExecutionException>(() => Instant("x * on (job) y", 0));
        Assert.Contains("group_left", left.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_range_is_evaluated_at_every_step_and_sorted()
    {
        _store.AddSeries("__name__=up job=b", (0, 1), (15_000, 0), (30_000, 1));
        _store.AddSeries("__name__=up job=a", (15_000, 1), (30_000, 1));
        Assert.Equal("{__name__=\"up\", job=\"a\"} 15:1,30:1; {__name__=\"up\", job=\"b\"} 0:1,15:0,30:1", Range("up", 0, 30_000, 15_000));
        Assert.Equal("{} 0:0,15:15,30:30", Range("time()", 0, 30_000, 15_000));
        Assert.Equal("{} 0:1,15:1,30:2", Range("sum(up)", 0, 30_000, 15_000));
    }

    [Fact]
    public void A_query_that_would_load_too_much_is_refused()
    {
        for (var i = 0; i <= QueryLimits.Series; i++)
            _store.AddSeries($"__name__=x n={i}");
        Assert.Throws<QueryLimitException>(() => Instant("x", 0));
    }
}
