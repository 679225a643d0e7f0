using MicroMonitored.Embedded.Query;
using MicroMonitored.Embedded.Query.PromQL;
using MicroMonitored.Embedded.Store;

namespace Embedded.Tests.Query;

/// <summary>What functions, modifiers and subqueries answer; the rules are those of Prometheus 3.</summary>
public sealed class PromFunctionTests
{
    private readonly InMemoryStore _store = new();

    public PromFunctionTests()
    {
        // Every 10 s from 0 on: x rises by one, y swings, huge overflows a sum of doubles.
        _store.AddSeries("__name__=x job=a", [.. Enumerable.Range(0, 61).Select(static i => (i * 10_000L, (double)i))]);
        _store.AddSeries("__name__=y job=b", (0, 3), (10_000, 1), (20_000, 4), (30_000, 1), (40_000, 5));
        _store.AddSeries("__name__=huge", (0, 1e308), (10_000, 1e308), (20_000, 1e308));
        _store.AddSeries("__name__=tiny", (0, 1), (10_000, 1e100), (20_000, 1), (30_000, -1e100));
        foreach (var (node, value) in new[] { ("node10", 2.0), ("node2", 2), ("node1", 7) })
            _store.AddSeries($"__name__=n node={node}", (0, value));
        foreach (var (le, count) in new[] { ("1", 10.0), ("2", 30.0), ("+Inf", 40.0) })
            _store.AddSeries($"__name__=h le={le}", (0, count));
    }

    private string Instant(string query, double seconds = 0)
    {
        var result = PromEvaluator.Instant(_store, PromParser.Parse(query), (long)(seconds * 1000), default);
        return result.Type == PromType.Scalar ? Quantities.Format(result.Scalar)
            : result.Type == PromType.Matrix ? string.Join("; ", result.Matrix.Select(static one =>
                $"{one.Labels} {string.Join(' ', one.Points.Select(static point => $"{Quantities.Format(point.Value)}@{point.TimestampMs / 1000.0}"))}"))
            : string.Join("; ", result.Vector.Select(static p => $"{p.Labels} {Quantities.Format(p.Value)}"));
    }

    [Theory]
    [InlineData("x @ 30", "{__name__=\"x\", job=\"a\"} 3")]
    [InlineData("x @ 30.000", "{__name__=\"x\", job=\"a\"} 3")]
    [InlineData("x @ 1m", "{__name__=\"x\", job=\"a\"} 6")]
    [InlineData("x @ 30 offset 10s", "{__name__=\"x\", job=\"a\"} 2")]
    [InlineData("x offset 10s @ 30", "{__name__=\"x\", job=\"a\"} 2")]
    [InlineData("x offset -10s", "{__name__=\"x\", job=\"a\"} 11")]
    [InlineData("x @ end() - x @ start()", "{job=\"a\"} 0")]
    [InlineData("sum_over_time(x[30s] @ 40)", "{job=\"a\"} 9")]
    [InlineData("x[20s] @ 40", "{__name__=\"x\", job=\"a\"} 3@30 4@40")]
    public void Modifiers_choose_the_moment(string query, string expected) => Assert.Equal(expected, Instant(query, 100));

    [Fact]
    public void Start_and_end_are_those_of_the_query()
    {
        var range = PromEvaluator.Range(_store, PromParser.Parse("x @ end() - x @ start()"), 100_000, 300_000, 100_000, default);
        Assert.Equal([20, 20, 20], range.Single().Points.Select(static point => point.Value));
    }

    [Theory]
    [InlineData("x[40s:20s]", "{__name__=\"x\", job=\"a\"} 8@80 10@100")]
    [InlineData("x[40s:20s] offset 15s", "{__name__=\"x\", job=\"a\"} 6@60 8@80")]
    [InlineData("x[40s:20s] @ 50", "{__name__=\"x\", job=\"a\"} 2@20 4@40")]
    [InlineData("(x * 2)[30s:10s]", "{job=\"a\"} 16@80 18@90 20@100")]
    [InlineData("max_over_time(rate(x[20s])[1m:10s])", "{job=\"a\"} 0.1")]
    [InlineData("sum_over_time(sum(x)[20s:10s])", "{} 19")]
    [InlineData("count_over_time(x[2m:])", "{job=\"a\"} 2")]
    [InlineData("max_over_time(sum_over_time(x[20s:10s])[30s:10s] @ 60)", "{job=\"a\"} 11")]
    [InlineData("absent_over_time(nothing[1m:10s])", "{} 1")]
    public void Subqueries_look_at_whole_multiples_of_their_step(string query, string expected) => Assert.Equal(expected, Instant(query, 100));

    [Theory]
    [InlineData("stdvar_over_time(y[1m])", 2.56)]
    [InlineData("stddev_over_time(y[1m])", 1.6)]
    [InlineData("mad_over_time(y[1m])", 2)]
    [InlineData("quantile_over_time(0.5, y[1m])", 3)]
    [InlineData("quantile_over_time(0.75, y[1m])", 4)]
    [InlineData("quantile_over_time(-1, y[1m])", double.NegativeInfinity)]
    [InlineData("first_over_time(y[1m])", 3)]
    [InlineData("ts_of_first_over_time(y[1m])", 0)]
    [InlineData("ts_of_last_over_time(y[1m])", 40)]
    [InlineData("ts_of_max_over_time(y[1m])", 40)]
    [InlineData("ts_of_min_over_time(y[1m])", 30)]
    [InlineData("deriv(x[1m])", 0.1)]
    [InlineData("predict_linear(x[1m], 100)", 14)]
    [InlineData("double_exponential_smoothing(y[1m], 0.5, 0.5)", 2.59375)]
    [InlineData("avg_over_time(huge[1m])", 1e308)]
    [InlineData("sum_over_time(tiny[1m])", 2)]
    [InlineData("avg_over_time(tiny[1m])", 0.5)]
    public void Ranges_are_reduced_without_losing_what_rounding_took(string query, double expected) =>
        Assert.Equal(expected, double.Parse(Instant($"scalar({query} * 1)", 40).Replace("Inf", "Infinity", StringComparison.Ordinal),
            System.Globalization.CultureInfo.InvariantCulture), 9);

    [Theory]
    [InlineData("hour()", "{} 13")]
    [InlineData("minute(vector(1136239445))", "{} 4")]
    [InlineData("hour(vector(1136239445))", "{} 22")]
    [InlineData("day_of_week(vector(1136239445))", "{} 1")]
    [InlineData("day_of_month(vector(1136239445))", "{} 2")]
    [InlineData("day_of_year(vector(1136239445))", "{} 2")]
    [InlineData("days_in_month(vector(1454284800))", "{} 29")]
    [InlineData("month(vector(1136239445))", "{} 1")]
    [InlineData("year(vector(-1))", "{} 1969")]
    [InlineData("year(vector(NaN))", "{} NaN")]
    [InlineData("pi()", "3.141592653589793")]
    [InlineData("deg(vector(pi()))", "{} 180")]
    [InlineData("rad(vector(180))", "{} 3.141592653589793")]
    [InlineData("sin(vector(0)) + cos(vector(0)) + atan(vector(0))", "{} 1")]
    [InlineData("acosh(vector(0))", "{} NaN")]
    [InlineData("1 atan2 0", "1.5707963267948966")]
    [InlineData("vector(0) atan2 vector(-1)", "{} 3.141592653589793")]
    public void Dates_and_angles(string query, string expected) => Assert.Equal(expected, Instant(query, 46_800));

    [Theory]
    [InlineData("sort_by_label(n, \"node\")", "node1 node2 node10")]
    [InlineData("sort_by_label_desc(n, \"node\")", "node10 node2 node1")]
    [InlineData("limitk(2, n)", "node1 node10")]
    [InlineData("limitk(0, n)", "")]
    [InlineData("limit_ratio(1, n)", "node1 node10 node2")]
    public void Members_are_chosen_and_ordered(string query, string expected) => Assert.Equal(
        expected, string.Join(' ', PromEvaluator.Instant(_store, PromParser.Parse(query), 0, default).Vector
            .Select(static point => point.Labels["node"]).Order(query.StartsWith("limit", StringComparison.Ordinal) ? StringComparer.Ordinal : Unchanged)));

    private static readonly Comparer<string> Unchanged = Comparer<string>.Create(static (_, _) => 0);

    [Fact]
    public void A_ratio_and_its_complement_make_the_whole()
    {
        foreach (var ratio in (string[])["0.1", "0.5", "0.9"])
            Assert.Equal("{} 3", Instant($"count(limit_ratio({ratio}, n) or limit_ratio(-(1 - {ratio}), n))"));
        Assert.Equal("", Instant("limit_ratio(0.5, n) and limit_ratio(-0.5, n)"));
    }

    [Theory]
    [InlineData("count_values(\"value\", n)", "{value=\"2\"} 2; {value=\"7\"} 1")]
    [InlineData("count_values by (node) (\"node\", n == 7)", "{node=\"7\"} 1")]
    [InlineData("round(stdvar(n), 0.001)", "{} 5.556")]
    [InlineData("avg(n * 1e308)", "{} +Inf")]
    [InlineData("histogram_fraction(0, 1, h)", "{} 0.25")]
    [InlineData("histogram_fraction(1, 1.5, h)", "{} 0.25")]
    [InlineData("histogram_fraction(-Inf, +Inf, h)", "{} 1")]
    [InlineData("histogram_fraction(2, 1, h)", "{} 0")]
    [InlineData("histogram_fraction(NaN, 1, h)", "{} NaN")]
    [InlineData("label_replace(n == 7, \"a.b\", \"$1\", \"node\", \"node(.*)\")", "{__name__=\"n\", a.b=\"1\", node=\"node1\"} 7")]
    public void Vectors(string query, string expected)
    {
        if (query.StartsWith("avg", StringComparison.Ordinal))
            Assert.Equal(expected, Instant(query));
        else
            Assert.Equal(expected, string.Join("; ", Instant(query).Split("; ").Order(StringComparer.Ordinal)));
    }

    [Theory]
    [InlineData("topk(NaN, n)", "Parameter value is NaN")]
    [InlineData("limitk(1e30, n)", "Scalar value 1e+30 overflows int64")]
    [InlineData("n == on() group_left() n", "found duplicate series for the match group {}")]
    [InlineData("n == on() x @ 0", "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)")]
    [InlineData("count_values(\"\", n)", "invalid label name")]
    [InlineData("double_exponential_smoothing(x[1m], 0, 0.5)", "invalid smoothing factor. Expected: 0 < sf < 1, got: 0")]
    public void What_the_data_cannot_answer_is_said(string query, string message) =>
        Assert.Contains(message, Assert.Throws<QueryExecutionException>(() => Instant(query)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_subquery_that_would_hold_too_much_ends_the_query() =>
        Assert.Throws<QueryLimitException>(() => Instant("sum_over_time(vector(1)[7d:1ms])"));
}
