using MicroMonitored.Embedded.Query;
using MicroMonitored.Embedded.Query.LogQL;

namespace Embedded.Tests.Query;

/// <summary>What LogQL's functions, operations and parsers answer; the rules are those of Loki 3.</summary>
public sealed class LogFunctionTests
{
    private const long Second = 1_000_000_000;
    private readonly InMemoryStore _store = new();

    public LogFunctionTests()
    {
        // One line a second, shop and cart in turn: took 10 ms more each, sizes swing.
        for (var i = 1; i <= 6; i++)
        {
            _store.AddLine($"app={(i % 2 == 1 ? "shop" : "cart")}", i * Second,
                $"took={i * 10}ms n={i} size={(i % 3) + 1}KB user=u{i % 2} ip=10.0.0.{i} msg=\"call {i} done\"");
        }

        _store.AddLine("app=json", 3 * Second, """{"a":{"b":[1,{"c":"deep"}]},"n":7,"say":"x y"}""");
        _store.AddLine("app=packed", 3 * Second, """{"pod":"p1","_entry":"the line"}""");
        _store.AddLine("app=torn", 3 * Second, "took=fast n=1");
        _store.AddLine("app=red", 3 * Second, "\u001b[31mred\u001b[0m POST /orders 201");
    }

    private string Metric(string query) => string.Join("; ", new LogEvaluator(_store, default)
        .Metric(LogParser.Parse(query), 6 * Second, 6 * Second, Second)
        .Select(static s => $"{s.Labels} {string.Join(' ', s.Points.Select(static p => Quantities.Format(Math.Round(p.Value, 6))))}"));

    private (string Labels, string Line)[] Lines(string query) =>
        [.. new LogEvaluator(_store, default).Lines((LogSelection)LogParser.Parse(query), 0, long.MaxValue, 100, newestFirst: false)
            .SelectMany(static s => s.Entries.Select(entry => (s.Labels.Except(["detected_level"]).ToString(), entry.Line)))];

    [Theory]
    [InlineData("sum by (app) (sum_over_time({app=\"shop\"} | logfmt | unwrap n [10s]))", "{app=\"shop\"} 9")]
    [InlineData("avg_over_time({app=\"shop\"} | logfmt | unwrap n [10s]) by (app)", "{app=\"shop\"} 3")]
    [InlineData("min_over_time({app=~\"shop|cart\"} | logfmt | unwrap n [10s]) by (app)", "{app=\"cart\"} 2; {app=\"shop\"} 1")]
    [InlineData("max_over_time({app=~\"shop|cart\"} | logfmt | unwrap n [10s]) by ()", "{} 6")]
    [InlineData("first_over_time({app=\"cart\"} | logfmt | unwrap n [10s]) by (app)", "{app=\"cart\"} 2")]
    [InlineData("last_over_time({app=\"cart\"} | logfmt | unwrap n [10s]) by (app)", "{app=\"cart\"} 6")]
    [InlineData("stdvar_over_time({app=\"shop\"} | logfmt | unwrap n [10s]) by (app)", "{app=\"shop\"} 2.666667")]
    [InlineData("stddev_over_time({app=\"shop\"} | logfmt | unwrap n [10s]) by (app)", "{app=\"shop\"} 1.632993")]
    [InlineData("quantile_over_time(0.5, {app=\"shop\"} | logfmt | unwrap n [10s]) by (app)", "{app=\"shop\"} 3")]
    [InlineData("quantile_over_time(1, {app=~\"shop|cart\"} | logfmt | unwrap n [10s]) without (app,ip,msg,n,size,took,user,detected_level)", "{} 6")]
    [InlineData("rate({app=\"shop\"} | logfmt | unwrap n [10s])", null)]
    [InlineData("sum(rate({app=\"shop\"} | logfmt | unwrap n [10s]))", "{} 0.9")]
    [InlineData("sum by (app) (sum_over_time({app=\"shop\"} | logfmt | unwrap duration(took) [10s]))", "{app=\"shop\"} 0.09")]
    [InlineData("sum by (app) (sum_over_time({app=\"shop\"} | logfmt | unwrap duration_seconds(took) [10s]))", "{app=\"shop\"} 0.09")]
    [InlineData("sum by (app) (sum_over_time({app=\"shop\"} | logfmt | unwrap bytes(size) [10s]))", "{app=\"shop\"} 6000")]
    [InlineData("sum by (app) (sum_over_time({app=\"shop\"} | logfmt | unwrap n | n > 2 [10s]))", "{app=\"shop\"} 8")]
    [InlineData("sum_over_time({app=\"torn\"} | logfmt | unwrap duration(took) | __error__=\"\" [10s])", "")]
    [InlineData("absent_over_time({app=\"nobody\"}[10s])", "{app=\"nobody\"} 1")]
    [InlineData("absent_over_time({app=\"shop\"}[10s])", "")]
    public void Values_are_unwrapped_and_reduced(string query, string? expected)
    {
        if (expected is null)
            Assert.Equal(3, Metric(query).Split("; ").Length);
        else
            Assert.Equal(expected, Metric(query));
    }

    [Theory]
    [InlineData("sum(count_over_time({app=\"shop\"}[10s])) + 1", "{} 4")]
    [InlineData("2 * sum(count_over_time({app=\"shop\"}[10s])) ^ 2 - 8", "{} 10")]
    [InlineData("sum(count_over_time({app=\"shop\"}[2s])) / sum(count_over_time({app=\"shop\"}[10s]))", "{} 0.333333")]
    [InlineData("sum by (app) (count_over_time({app=~\"shop|torn\"}[10s])) > 2", "{app=\"shop\"} 3")]
    [InlineData("sum by (app) (count_over_time({app=~\"shop|torn\"}[10s])) > bool 2", "{app=\"shop\"} 1; {app=\"torn\"} 0")]
    [InlineData("sum by (app) (count_over_time({app=~\"shop|cart\"}[10s])) and sum by (app) (count_over_time({app=\"cart\"}[10s]))", "{app=\"cart\"} 3")]
    [InlineData("sum by (app) (count_over_time({app=~\"shop|cart\"}[10s])) unless sum by (app) (count_over_time({app=\"cart\"}[10s]))",
        "{app=\"shop\"} 3")]
    [InlineData("sum by (app) (count_over_time({app=\"shop\"}[10s])) or sum by (app) (count_over_time({app=\"torn\"}[10s]))",
        "{app=\"shop\"} 3; {app=\"torn\"} 1")]
    [InlineData("sum by (app) (count_over_time({app=~\"shop|cart\"}[10s])) / on() group_left() sum(count_over_time({app=~\"shop|cart\"}[10s]))",
        "{app=\"cart\"} 0.5; {app=\"shop\"} 0.5")]
    [InlineData("1 + 2 * 3", "{} 7")]
    [InlineData("vector(5)", "{} 5")]
    [InlineData("sum(count_over_time({app=\"shop\"}[2s] offset 4s))", "{} 1")]
    [InlineData("label_replace(sum by (app) (count_over_time({app=\"shop\"}[10s])), \"kind\", \"$1!\", \"app\", \"(s).*\")",
        "{app=\"shop\", kind=\"s!\"} 3")]
    [InlineData("sort_desc(sum by (app) (count_over_time({app=~\"torn|shop\"}[10s])))", "{app=\"shop\"} 3; {app=\"torn\"} 1")]
    [InlineData("sort(sum by (app) (count_over_time({app=~\"torn|shop\"}[10s])))", "{app=\"torn\"} 1; {app=\"shop\"} 3")]
    [InlineData("stddev(sum by (app) (count_over_time({app=~\"torn|shop\"}[10s])))", "{} 1")]
    [InlineData("stdvar(sum by (app) (count_over_time({app=~\"torn|shop\"}[10s])))", "{} 1")]
    [InlineData("bottomk(1, sum by (app) (count_over_time({app=~\"torn|shop\"}[10s])))", "{app=\"torn\"} 1")]
    public void Queries_are_operated_on(string query, string expected) => Assert.Equal(expected, Metric(query));

    [Theory]
    [InlineData("{app=\"json\"} | json c=\"a.b[1].c\", n=\"n\"", "{app=\"json\", c=\"deep\", n=\"7\"}", null)]
    [InlineData("{app=\"json\"} | json | n = 7 | keep n", "{n=\"7\"}", null)]
    [InlineData("{app=\"cart\"} | logfmt took, who=\"user\" | took > 55ms", "{app=\"cart\", took=\"60ms\", who=\"u0\"}", null)]
    [InlineData("{app=\"packed\"} | unpack", "{app=\"packed\", pod=\"p1\"}", "the line")]
    [InlineData("{app=\"red\"} | decolorize", "{app=\"red\"}", "red POST /orders 201")]
    [InlineData("{app=\"red\"} | decolorize | pattern `<_> <method> <path> <status>`",
        "{app=\"red\", method=\"POST\", path=\"/orders\", status=\"201\"}", null)]
    [InlineData("{app=\"red\"} | regexp `(?P<verb>POST|GET) (?P<path>\\S+)`", "{app=\"red\", path=\"/orders\", verb=\"POST\"}", null)]
    [InlineData("{app=\"json\"} | json | drop n, a_b, say=\"other\"", "{app=\"json\", say=\"x y\"}", null)]
    [InlineData("{app=\"json\"} | json | label_format m=n, t=`{{.say | upper}}` | keep m, t", "{m=\"7\", t=\"X Y\"}", null)]
    [InlineData("{app=\"json\"} | json | line_format \"{{.say}}/{{.n}}\" | keep app", "{app=\"json\"}", "x y/7")]
    [InlineData("{app=\"shop\"} |> \"<_>msg=\\\"call 3 <_>\" | keep app", "{app=\"shop\"}", null)]
    [InlineData("{app=\"shop\"} | logfmt | ip = ip(\"10.0.0.5/32\") | keep n", "{n=\"5\"}", null)]
    public void Lines_are_parsed_and_shaped(string query, string labels, string? line)
    {
        var (found, text) = Assert.Single(Lines(query));
        Assert.Equal(labels, found);
        if (line is not null)
            Assert.Equal(line, text);
    }

    [Fact]
    public void A_pattern_may_exclude_lines() => Assert.Equal(2, Lines("{app=\"shop\"} !> \"<_>msg=\\\"call 3 <_>\"").Length);

    [Theory]
    [InlineData("sum(count_over_time({app=\"shop\"}[1m])) + {app=\"shop\"}")]
    [InlineData("sum_over_time({app=\"shop\"}[1m])")]
    [InlineData("count_over_time({app=\"shop\"} | unwrap n [1m])")]
    [InlineData("quantile_over_time({app=\"shop\"} | unwrap n [1m])")]
    [InlineData("{app=\"shop\"} | regexp \"no groups\"")]
    [InlineData("{app=\"shop\"} | pattern \"no captures\"")]
    [InlineData("{app=\"shop\"} |= ip(\"nowhere\")")]
    [InlineData("label_replace(rate({app=\"shop\"}[1m]), \"a\", \"b\", \"c\", \"(\")")]
    public void What_makes_no_sense_is_refused(string query) => Assert.Throws<QuerySyntaxException>(() => LogParser.Parse(query));
}
