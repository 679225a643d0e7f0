using CsCheck;
using MicroMonitored.Model.Queries;

namespace Stack.Tests.Queries;

public sealed class QueryNamesTests
{
    [Theory]
    [InlineData("""histogram_quantile(0.95, sum by (job, le) (rate(a_bucket{x="b{c}d"}[$__rate_interval])))""", "a_bucket", "job le x")]
    [InlineData("""a:b:c > 0.05 and on (job) up{job="x"} offset 5m""", "a:b:c up", "job")]
    [InlineData("""label_replace(sum by (s) (rate(x_total[5m])) > 0, "job", "$1", "s", "(.+)") or 10e6 * y""", "x_total y", "s")]
    [InlineData("sum(a) without (pod) / ignoring (zone) group_left (team) b # c", "a b", "team")]
    [InlineData("""{__name__=~"a|b",x!~"y"} unless {"dotted.name",z='1'} @ end()""", "* dotted.name", "__name__ x z")]
    [InlineData("quantile_over_time(0.9, a[1h:5m]) > bool NaN", "a", "")]
    [InlineData("""sum by (job) ("a{b")) count""", "count", "job")]
    public void Series_and_labels_of_promql(string query, string selected, string labels)
    {
        var names = QueryNames.Of(query);
        Assert.Equal(selected, string.Join(' ', names.Selectors.Select(selector => selector.Metric ?? "*")));
        Assert.Equal(labels, string.Join(' ', names.Labels.Order(StringComparer.Ordinal)));
    }

    [Fact]
    public void Words_and_texts_of_logql_and_traceql()
    {
        var logs = QueryNames.Of("""sum by (level) (count_over_time({service_name=~"$s"} |= `placed "2"` | json | order_id != "" [$__auto]))""");
        Assert.Superset(new HashSet<string> { "order_id", "json", "level" }, logs.Words.ToHashSet());
        Assert.Contains("placed \"2\"", logs.Texts);
        var spans = QueryNames.Of("""{ span.order.sku = "a\"b" && .http.route != nil } >> { name = "GET /stock" }""");
        Assert.Superset(new HashSet<string> { "span.order.sku", "http.route" }, spans.Words.ToHashSet());
        Assert.Superset(new HashSet<string> { "a\"b", "GET /stock" }, spans.Texts.ToHashSet());
    }

    [Theory]
    [InlineData("""a{job="x"}""", "a", "x", true)]
    [InlineData("""a{job="x"}""", "a", "y", false)]
    [InlineData("""a{job!="x"}""", "a", "x", false)]
    [InlineData("""a{job=~"x|y"}""", "a", "y", true)]
    [InlineData("""a{job!~"x.*"}""", "a", "xy", false)]
    [InlineData("""a{job=~"$service"}""", "a", "y", true)]
    [InlineData("""a{job=~"(["}""", "a", "y", true)]
    [InlineData("""{__name__=~"a_.+"}""", "a_b", "y", true)]
    [InlineData("""{__name__=~"a_.+"}""", "b", "y", false)]
    [InlineData("""{job="x"}""", "a", "x", false)]
    public void A_selector_may_select_a_metric_of_a_service(string query, string metric, string service, bool expected)
        => Assert.Equal(expected, QueryNames.Of(query).Selectors[0].MaySelect(metric, service));

    [Fact]
    public void Whatever_is_read_ends()
        => Gen.Char["abz_:.09 \n{}()[]\"'`\\$=!~|#,><"].Array[0, 60].Select(letters => new string(letters)).Sample(query => QueryNames.Of(query) is not null);
}
