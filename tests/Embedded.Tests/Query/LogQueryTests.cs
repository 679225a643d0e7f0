using System.Text.Json;
using MicroMonitored.Embedded.Query;
using MicroMonitored.Embedded.Query.LogQL;
using MicroMonitored.Embedded.Store;

namespace Embedded.Tests.Query;

public sealed class LogQueryTests
{
    private readonly InMemoryStore _store = new();

    private IReadOnlyList<LogStream> Lines(string query, int limit = 100, bool newestFirst = true) =>
        new LogEvaluator(_store, default).Lines((LogSelection)LogParser.Parse(query), 0, long.MaxValue, limit, newestFirst);

    private string[] Texts(string query) =>
        [.. Lines(query, newestFirst: false).SelectMany(static s => s.Entries).OrderBy(static e => e.TimestampNs).Select(static e => e.Line)];

    private string Metric(string query, long startNs, long endNs, long stepNs) => string.Join("; ", new LogEvaluator(_store, default)
        .Metric(LogParser.Parse(query), startNs, endNs, stepNs)
        .Select(static s => $"{s.Labels} {string.Join(",", s.Points.Select(static p => $"{p.TimestampMs}:{Quantities.Format(p.Value)}"))}"));

    [Theory]
    [InlineData("{job=\"a\"}")]
    [InlineData("{job=~\"a|b\", level!=\"debug\", x!~\"y\"}")]
    [InlineData("{job=\"a\"} |= \"x\" != \"y\" |~ \"z.*\" !~ `w`")]
    [InlineData("{job=\"a\"} |= \"x\" or \"y\"")]
    [InlineData("{job=\"a\"} | json | status >= 500 and (method=\"GET\" or path=~\"/a.*\")")]
    [InlineData("{job=\"a\"} | logfmt | duration > 10ms, size < 1KB")]
    [InlineData("{job=\"a\"} | trace_id=\"abc\"")]
    [InlineData("{job=\"a\"} | json | drop __error__, x | keep y")]
    [InlineData("sum by (level) (count_over_time({job=\"a\"} |= \"x\" [5m]))")]
    [InlineData("sum(rate({job=\"a\"}[1m])) by (job)")]
    [InlineData("topk(3, sum by (job) (bytes_rate({job=~\".+\"}[1m] offset 1h)))")]
    [InlineData("count_over_time({job=\"a\"}[1m] | json | x=\"1\")")]
    public void The_subset_is_read(string query) => Assert.NotNull(LogParser.Parse(query));

    [Theory]
    [InlineData("{job=", 5, "syntax error: unexpected $end, expecting STRING")]
    [InlineData("{job=\"a\"", 8, "syntax error: unexpected $end, expecting } or ,")]
    [InlineData("", 0, "syntax error: unexpected $end")]
    [InlineData("{job=\"a\"} |=", 12, "syntax error: unexpected $end, expecting STRING")]
    [InlineData("{job=~\".*\"}", 0, "queries require at least one regexp or equality matcher that does not have an empty-compatible value")]
    [InlineData("{}", 0, "queries require at least one regexp or equality matcher")]
    [InlineData("sum({job=\"a\"})", 4, "needs a metric query")]
    [InlineData("{job=\"a\"} | json | x > \"1\"", 23, "expecting NUMBER, DURATION or BYTES")]
    [InlineData("rate({job=\"a\"})", 14, "syntax error: unexpected ), expecting [")]
    [InlineData("{job=\"a} ", 5, "literal not terminated")]
    [InlineData("{job=~\"(\"}", 6, "error parsing regexp")]
    public void What_is_wrong_is_said_with_its_place(string query, int offset, string reason)
    {
        var error = Assert.Throws<QuerySyntaxException>(() => LogParser.Parse(query));
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
        Assert.Equal(offset, error.Offset);
    }

    [Theory]
    [InlineData("approx_topk(2, count_over_time({job=\"a\"}[5m]))", 0, "the function approx_topk is not supported by the embedded engine")]
    [InlineData("variants(rate({job=\"a\"}[1m])) of ({job=\"a\"}[1m])", 0, "--engine=docker")]
    [InlineData("{job=\"a\"} | distinct x", 12, "| distinct is not supported")]
    [InlineData("{job=\"a\"} | jsn", 12, "unexpected IDENTIFIER jsn: no stage has this name")]
    [InlineData("smu(rate({job=\"a\"}[1m]))", 0, "there is no function of this name")]
    [InlineData("{job=\"a\"} | line_format \"{{.x\"", 24, "unclosed action")]
    [InlineData("{job=\"a\"} | label_format x=\"{{template `t`}}\"", 27, "not supported by the embedded engine")]
    [InlineData("{job=\"a\"} | unwrap x", 0, "unwrap stands within a function")]
    [InlineData("sum_over_time({job=\"a\"} | unwrap hours(x) [1m])", 42, "not hours(…)")]
    public void What_is_not_answered_is_named_with_its_place(string query, int offset, string what)
    {
        var error = Assert.Throws<QuerySyntaxException>(() => LogParser.Parse(query));
        Assert.Contains(what, error.Message, StringComparison.Ordinal);
        Assert.Equal(offset, error.Offset);
    }

    [Theory]
    [InlineData("{{.a}} and {{ .missing }}!", "B-1 and !")]
    [InlineData("{{ .a | ToLower | printf \"%-5s|\" }}", "b-1  |")]
    [InlineData("{{ if eq .a \"B-1\" }}one{{ else if .a }}two{{ else }}three{{ end }}", "one")]
    [InlineData("{{ with .missing }}x{{ else }}{{ . | len }}{{ end }}", "5")]
    [InlineData("{{ range $i, $e := fromJson .list }}{{ if $i }},{{ end }}{{ $e.n }}{{ end }}", "1,2.5")]
    [InlineData("{{ $x := .a }}{{- /* no space */ -}} {{ $x = upper $x }}{{ $x }}", "B-1")]
    [InlineData("{{ .n | int | add 2 | mul 3 }} {{ div .n 2 }} {{ subf .n 0.5 }} {{ round 2.4567 2 }}", "21 2 4.5 2.46")]
    [InlineData("{{ substr 0 2 .a }} {{ trunc -1 .a }} {{ repeat 2 \"ab\" }} {{ .a | replace \"-\" \"+\" }}", "B- 1 abab B+1")]
    [InlineData("{{ regexReplaceAll \"(B)-(?P<n>.)\" .a \"${n}$1$$\" }} {{ __line__ | count \"[0-9]\" }}", "1B$ 5")]
    [InlineData("{{ __timestamp__ | date \"2006-01-02T15:04:05.000Z07:00\" }}", "1970-01-01T00:00:01.500Z")]
    [InlineData("{{ \"2024-02-29 23:59\" | toDate \"2006-01-02 15:04\" | unixEpoch }}", "1709251140")]
    [InlineData("{{ .a | default \"x\" }}{{ .missing | default \"x\" }} {{ alignRight 5 .a }}|{{ alignLeft 2 .a }}", "B-1x   B-1|B-")]
    [InlineData("{{ bytes \"2KiB\" }} {{ duration \"1m30s\" }} {{ .a | b64enc | b64dec | urlencode }}", "2048 90 B-1")]
    [InlineData("{{ and .a .missing }}|{{ or .missing .a }}|{{ not .a }}|{{ gt 2 1 }}|{{ index (fromJson .list) 1 }}", "|B-1|false|true|map[n:2.5]")]
    public void Line_formats_are_templates_of_Go(string template, string expected)
    {
        _store.AddLine("job=a", 1_500_000_000, """{"a":"B-1","n":"5","list":"[{\"n\":1},{\"n\":2.5}]"}""");
        Assert.Equal([expected], Texts($"{{job=\"a\"}} | json | line_format `{template}`"));
    }

    [Theory]
    [InlineData("{{ div 1 0 }}")]
    [InlineData("{{ .a | bytes }}")]
    [InlineData("{{ .a.b }}")]
    [InlineData("{{ regexReplaceAll \"(\" .a \"\" }}")]
    [InlineData("{{ repeat 99999999 .a }}")]
    public void A_format_that_fails_marks_the_line_and_leaves_it(string template)
    {
        _store.AddLine("job=a", 1, "a=b");
        var stream = Assert.Single(Lines($"{{job=\"a\"}} | logfmt | line_format `{template}`"));
        Assert.Equal("TemplateFormatErr", stream.Labels["__error__"]);
        Assert.NotEmpty(stream.Labels["__error_details__"]);
        Assert.Equal("a=b", stream.Entries.Single().Line);
    }

    [Theory]
    [InlineData("10.0.0.0/8", "at 10.1.2.3:80 ok", true)]
    [InlineData("10.1.2.3", "at 10.1.2.3.", true)]
    [InlineData("10.1.2.3", "at 10.1.2.33", false)]
    [InlineData("10.0.0.1-10.0.0.9", "a=10.0.0.9", true)]
    [InlineData("10.0.0.1-10.0.0.9", "a=10.0.0.10", false)]
    [InlineData("2001:db8::/32", "from 2001:db8:1::5 on", true)]
    [InlineData("10.1.0.7/16", "10.1.255.255", true)]
    [InlineData("10.0.0.0/8", "version 10.0.0", false)]
    public void Addresses_are_found_in_lines(string wanted, string line, bool found)
    {
        _store.AddLine("job=a", 1, line);
        Assert.Equal(found ? 1 : 0, Texts($"{{job=\"a\"}} |= ip(\"{wanted}\")").Length);
    }

    [Fact]
    public void Json_gives_the_labels_Loki_gave_for_the_same_lines()
    {
        using var recorded = JsonDocument.Parse(File.ReadAllText(Fixture.Path("loki/query_range-json-filter.json")));
        var results = recorded.RootElement.GetProperty("data").GetProperty("result").EnumerateArray().ToList();
        foreach (var result in results)
        {
            var value = result.GetProperty("values")[0];
            _store.AddLine("filename=/var/log/microservices/orders.log job=microservices service_name=microservices",
                long.Parse(value[0].GetString()!, System.Globalization.CultureInfo.InvariantCulture), value[1].GetString()!);
        }

        var answered = Lines("{job=\"microservices\"} | json | RequestPath=\"/call\"");
        Assert.Equal(results.Count, answered.Count);
        foreach (var (expected, actual) in results.Zip(answered))
        {
            Assert.Equal(
                expected.GetProperty("stream").EnumerateObject().Select(static p => $"{p.Name}={p.Value.GetString()}").Order(StringComparer.Ordinal),
                actual.Labels.Pairs.ToArray().Select(static p => $"{p.Key}={p.Value}"));
            Assert.Equal(expected.GetProperty("values")[0][1].GetString(), actual.Entries.Single().Line);
        }
    }

    [Fact]
    public void Line_filters_choose_lines()
    {
        foreach (var (line, i) in new[] { "alpha", "beta", "alphabet", "gamma" }.Select(static (l, i) => (l, i)))
            _store.AddLine("job=a", i, line);
        Assert.Equal(["alpha", "alphabet"], Texts("{job=\"a\"} |= \"alpha\""));
        Assert.Equal(["beta", "gamma"], Texts("{job=\"a\"} != \"alpha\""));
        Assert.Equal(["alpha", "gamma"], Texts("{job=\"a\"} |~ \"(ph|mm)a$\""));
        Assert.Equal(["alphabet"], Texts("{job=\"a\"} !~ `a$` or `x` |= \"bet\""));
        Assert.Equal(["beta", "gamma"], Texts("{job=\"a\"} |= \"gam\" or \"beta\" != \"alphabet\""));
    }

    [Fact]
    public void Structured_metadata_filters_without_a_parser_and_shows_as_label()
    {
        _store.AddLine("job=a level=information", 1, "one", "trace_id=t1 span_id=s1");
        _store.AddLine("job=a level=information", 2, "two", "trace_id=t2");
        var stream = Assert.Single(Lines("{job=\"a\"} | trace_id=\"t1\""));
        Assert.Equal("{detected_level=\"info\", job=\"a\", level=\"information\", span_id=\"s1\", trace_id=\"t1\"}", stream.Labels.ToString());
        Assert.Equal("one", stream.Entries.Single().Line);
    }

    [Fact]
    public void A_parsed_label_that_collides_is_extracted_beside_the_own_one()
    {
        _store.AddLine("job=a level=information", 1, """{"level":"x","trace_id":"other","n":1,"deep":{"@k":true},"list":[1],"none":null,"2x":"y"}""",
            "trace_id=t1");
        var labels = Assert.Single(Lines("{job=\"a\"} | json | trace_id=\"t1\" | level_extracted=\"x\"")).Labels;
        Assert.Equal(
            """{_2x="y", deep__k="true", detected_level="info", job="a", level="information", level_extracted="x", n="1", """
            + """trace_id="t1", trace_id_extracted="other"}""",
            labels.ToString());
    }

    [Fact]
    public void Lines_that_are_no_JSON_are_kept_and_marked()
    {
        _store.AddLine("job=a", 1, "plain \u0000 text");
        _store.AddLine("job=a", 2, "[1]");
        var stream = Assert.Single(Lines("{job=\"a\"} | json | __error__=\"JSONParserErr\""));
        Assert.Equal(2, stream.Entries.Count);
        Assert.Empty(Lines("{job=\"a\"} | json | __error__=\"\""));
    }

    [Fact]
    public void Numbers_durations_and_sizes_are_compared()
    {
        _store.AddLine("job=a", 1, """{"status":200,"took":"12ms","size":"2KB"}""");
        _store.AddLine("job=a", 2, """{"status":503,"took":"1.5s","size":"10B"}""");
        Assert.Single(Lines("{job=\"a\"} | json | status >= 500"));
        Assert.Single(Lines("{job=\"a\"} | json | took > 100ms and status != 200"));
        Assert.Single(Lines("{job=\"a\"} | json | size > 1KB"));
        Assert.Equal(2, Lines("{job=\"a\"} | json | size > 1KB or took > 1s").Count);
        Assert.Empty(Lines("{job=\"a\"} | json | absent > 1"));
    }

    [Fact]
    public void Logfmt_is_read()
    {
        _store.AddLine("job=a", 1, "ts=1 msg=\"hello world\" status=200 flag bad=\"open");
        Assert.Single(Lines("{job=\"a\"} | logfmt | msg=\"hello world\" | status=200"));
    }

    [Fact]
    public void Limit_and_direction_hold_over_all_streams()
    {
        for (var i = 0; i < 10; i++)
            _store.AddLine($"job=a level={(i % 2 == 0 ? "x" : "y")}", i, $"line {i}");
        static long[] Times(IReadOnlyList<LogStream> streams) => [.. streams.SelectMany(static s => s.Entries).Select(static e => e.TimestampNs).Order()];
        Assert.Equal([7, 8, 9], Times(Lines("{job=\"a\"}", 3)));
        Assert.Equal([0, 1, 2], Times(Lines("{job=\"a\"}", 3, newestFirst: false)));
        Assert.All(Lines("{job=\"a\"}", 6), static s => Assert.Equal(s.Entries.OrderByDescending(static e => e.TimestampNs), s.Entries));
    }

    [Fact]
    public void Counts_and_rates_over_time()
    {
        const long Second = 1_000_000_000;
        for (var i = 1; i <= 10; i++)
            _store.AddLine($"job=a level={(i <= 4 ? "error" : "information")}", i * Second, "12345", $"trace_id=t{i}");
        Assert.Equal("{level=\"error\"} 10000:4; {level=\"information\"} 10000:6",
            Metric("sum by (level) (count_over_time({job=\"a\"}[1m]))", 10 * Second, 10 * Second, Second));
        Assert.Equal("{} 10000:0.5", Metric("sum(rate({job=\"a\"}[20s]))", 10 * Second, 10 * Second, Second));
        Assert.Equal("{} 10000:50", Metric("sum(bytes_over_time({job=\"a\"}[1m]))", 10 * Second, 10 * Second, Second));
        Assert.Equal("{} 10000:10", Metric("count(count_over_time({job=\"a\"}[1m]))", 10 * Second, 10 * Second, Second));
        // (5 s, 10 s] and (0 s, 5 s]: a line on the edge counts once.
        Assert.Equal("{} 5000:5,10000:5", Metric("sum(count_over_time({job=\"a\"}[5s]))", 5 * Second, 10 * Second, 5 * Second));
        Assert.Equal("{level=\"information\"} 10000:6", Metric("topk(1, sum by (level) (count_over_time({job=\"a\"}[1m])))", 10 * Second, 10 * Second, Second));
        Assert.Equal("", Metric("sum(count_over_time({job=\"none\"}[5s]))", 5 * Second, 10 * Second, 5 * Second));
    }

    [Fact]
    public void Too_many_series_are_refused_with_the_way_to_fewer()
    {
        for (var i = 0; i < 600; i++)
            _store.AddLine("job=a", 1, "x", $"trace_id={i}");
        var error = Assert.Throws<QueryLimitException>(() => Metric("count_over_time({job=\"a\"}[1m])", 10, 10, 1_000_000_000));
        Assert.Contains("sum()", error.Message, StringComparison.Ordinal);
        Assert.Equal("{} 0:600", Metric("sum(count_over_time({job=\"a\"}[1m]))", 10, 10, 1_000_000_000));
    }
}
