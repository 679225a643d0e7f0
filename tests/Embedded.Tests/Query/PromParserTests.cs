using MicroMonitored.Embedded.Query;
using MicroMonitored.Embedded.Query.PromQL;
using MicroMonitored.Embedded.Store;

namespace Embedded.Tests.Query;

public sealed class PromParserTests
{
    [Theory]
    [InlineData("up")]
    [InlineData("up{job=\"a\"}")]
    [InlineData("{__name__=~\"http_.*\", job!=\"x\"}")]
    [InlineData("{\"up\", job=\"a\"}")]
    [InlineData("rate(http_server_request_duration_seconds_count[1m])")]
    [InlineData("sum by (job) (rate(x[5m])) / sum by (job) (rate(y[5m]))")]
    [InlineData("sum(rate(x[5m])) by (job, le)")]
    [InlineData("histogram_quantile(0.95, sum by (le, job) (rate(x_bucket[5m])))")]
    [InlineData("a and on (job) b or c unless ignoring (x) d")]
    [InlineData("a * on (job) group_left (version) b")]
    [InlineData("topk(5, x) > bool 3")]
    [InlineData("-x ^ 2 + +3")]
    [InlineData("x offset 5m")]
    [InlineData("rate(x[5m] offset -1h)")]
    [InlineData("label_replace(up, \"a\", \"$1\", \"b\", \"(.*)\")")]
    [InlineData("1 + 2 * 3 # a comment")]
    [InlineData("absent(up{job='a'})")]
    [InlineData("Inf > bool NaN")]
    [InlineData("sum")]
    [InlineData("job:requests:rate5m")]
    public void The_subset_is_read(string query) => Assert.NotNull(PromParser.Parse(query));

    [Theory]
    [InlineData("sum(", 4, "unclosed left parenthesis")]
    [InlineData("", 0, "no expression found in input")]
    [InlineData("up)", 2, "unexpected right parenthesis ')'")]
    [InlineData("up{", 3, "unexpected end of input inside braces")]
    [InlineData("up{job=", 7, "unexpected end of input inside braces")]
    [InlineData("rate(x)", 5, "expected type range vector in call to function \"rate\", got instant vector")]
    [InlineData("{}", 0, "vector selector must contain at least one non-empty matcher")]
    [InlineData("{job=~\".*\"}", 0, "vector selector must contain at least one non-empty matcher")]
    [InlineData("1 == 2", 2, "comparisons between scalars must use BOOL modifier")]
    [InlineData("1 and up", 2, "set operator \"and\" not allowed in binary scalar expression")]
    [InlineData("x[5m] + 1", 0, "binary expression must contain only scalar and instant vector types")]
    [InlineData("(x)[5m]", 3, "ranges only allowed for vector selectors")]
    [InlineData("x offset 1m[5m]", 11, "no offset modifiers allowed before range")]
    [InlineData("x @ 0[5m]", 5, "no @ modifiers allowed before range")]
    [InlineData("(x) offset 5m", 4, "offset modifier must be preceded by an instant vector selector or range vector selector or a subquery")]
    [InlineData("x offset 1m offset 2m", 12, "offset may not be set multiple times")]
    [InlineData("x @ 1 @ start()", 6, "@ <timestamp> may not be set multiple times")]
    [InlineData("x @ Inf", 4, "timestamp out of bounds for @ modifier: +Inf")]
    [InlineData("x @ soon", 4, "expected timestamp")]
    [InlineData("x[5m][5m:1m]", 5, "subquery is only allowed on instant vector, got range vector instead")]
    [InlineData("1[5m:1m]", 1, "subquery is only allowed on instant vector, got scalar instead")]
    [InlineData("x[0s:1m]", 1, "duration must be greater than 0")]
    [InlineData("x[5m:0s]", 1, "duration must be greater than 0")]
    [InlineData("topk(\"a\", x)", 5, "expected type scalar in aggregation parameter of \"topk\", got string")]
    [InlineData("count_values(1, x)", 13, "expected type string in aggregation parameter of \"count_values\", got scalar")]
    [InlineData("'a", 0, "unterminated quoted string")]
    [InlineData("up{job=~\"(\"}", 8, "error parsing regexp")]
    [InlineData("x + bool 1", 4, "bool modifier can only be used on comparison operators")]
    public void What_is_wrong_is_said_with_its_place(string query, int offset, string reason)
    {
        var error = Assert.Throws<QuerySyntaxException>(() => PromParser.Parse(query));
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
        Assert.Equal(offset, error.Offset);
    }

    [Theory]
    [InlineData("histogram_avg(x)", "the function \"histogram_avg\"")]
    [InlineData("info(x)", "the function \"info\"")]
    [InlineData("rate(x[5m] anchored)", "the modifier anchored")]
    [InlineData("x smoothed", "the modifier smoothed")]
    public void What_is_not_answered_is_named_with_the_way_out(string query, string what)
    {
        var error = Assert.Throws<QuerySyntaxException>(() => PromParser.Parse(query));
        Assert.StartsWith($"{what} is not supported by the embedded engine", error.Message, StringComparison.Ordinal);
        Assert.Contains("--engine=docker", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1 + 2 * 3", 7)]
    [InlineData("(1 + 2) * 3", 9)]
    [InlineData("2 ^ 3 ^ 2", 512)]
    [InlineData("-2 ^ 2", -4)]
    [InlineData("10 - 4 - 3", 3)]
    [InlineData("7 % 4 * 2", 6)]
    [InlineData("1 < bool 2 + 3", 1)]
    [InlineData("0x10 + 1e2", 116)]
    [InlineData("1h / 1m", 60)]
    public void Operators_bind_as_in_Prometheus(string query, double expected) =>
        Assert.Equal(expected, PromEvaluator.Instant(new InMemoryStore(), PromParser.Parse(query), 0, default).Scalar);

    [Fact]
    public void Matchers_keep_operator_and_value()
    {
        var selector = Assert.IsType<PromSelector>(PromParser.Parse("x{a=\"1\",b!=\"2\",c=~\"3.*\",d!~\"4\",}"));
        Assert.Equal(
            [
                new("__name__", MatchOperator.Equal, "x"), new("a", MatchOperator.Equal, "1"), new("b", MatchOperator.NotEqual, "2"),
                new("c", MatchOperator.Matches, "3.*"), new("d", MatchOperator.NotMatches, "4"),
            ],
            selector.Matchers);
    }

    [Fact]
    public void Deep_and_long_queries_are_refused_not_overflowed()
    {
        Assert.Throws<QuerySyntaxException>(() => PromParser.Parse(new string('(', 10_000)));
        Assert.Throws<QuerySyntaxException>(() => PromParser.Parse(new string('-', 10_000) + "1"));
        Assert.Throws<QuerySyntaxException>(() => PromParser.Parse(string.Join('+', Enumerable.Repeat("1", 5000))));
        Assert.Throws<QuerySyntaxException>(() => PromParser.Parse(new string('a', 20_000)));
        Assert.Throws<QuerySyntaxException>(() => PromParser.Parse("x{a=~\"((a{1000}){1000}){1000}\"}"));
    }
}
