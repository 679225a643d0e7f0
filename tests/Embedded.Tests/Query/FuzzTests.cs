using System.Diagnostics;
using MicroMonitored.Embedded.Query;
using MicroMonitored.Embedded.Query.LogQL;
using MicroMonitored.Embedded.Query.PromQL;
using MicroMonitored.Embedded.Query.Templates;
using MicroMonitored.Embedded.Query.TraceQL;
using MicroMonitored.Embedded.Store;

namespace Embedded.Tests.Query;

/// <summary>Random and mutated queries: an answer or a reason, never a crash and never a hang.</summary>
public sealed class FuzzTests
{
    private static readonly string[] Prom =
    [
        "sum by (job) (rate(x{job=~\"a.*\"}[5m] offset 1m)) / on (job) group_left (t) y > bool 1", "histogram_quantile(0.95, sum by (le) (rate(x[1m])))",
        "x and y or z unless x{a=\"b\"}", "topk(2, x) + -1 ^ 2 * vector(time())", "label_replace(x, \"a\", \"$1\", \"b\", \"(.*)\")", "absent(x{a='1'})",
        "count_over_time(x[5m])", "max_over_time(rate(x[1m])[5m:30s] @ end() offset -1m)",
        "quantile_over_time(0.5, x[5m:]) atan2 predict_linear(y[5m] @ 60, 1e3)",
        "count_values(\"v\", limitk(2, sort_by_label(x, \"job\"))) + on () group_right () histogram_fraction(0, 1, x) - limit_ratio(-0.5, hour())",
    ];

    private static readonly string[] Log =
    [
        "{job=\"a\"} |= \"x\" or \"y\" | json | status >= 500 and (a=\"b\" or c=~\"d.*\")",
        "sum by (level) (count_over_time({job=~\".+\"} | logfmt | t > 1ms [5m]))",
        "topk(3, rate({job=\"a\"}[1m] offset 5m))", "{job=\"a\", level!~\"x\"} !~ `[0-9]+` | drop __error__ | trace_id=\"abc\"",
        "quantile_over_time(0.9, {job=\"a\"} | json x=\"deep.x[0]\", y | unwrap duration(t) | __error__=\"\" [5m] offset -1m) by (a) / on (a) group_left 2",
        "{job=\"a\"} |> `a=<_>` != ip(\"10.0.0.0/8\") | logfmt --strict a, b=\"t\" | label_format c=a, d=\"{{.a | upper}}\" | keep a, c=~\"b.*\"",
        "{job=\"a\"} | pattern `<a>=<_>` | regexp `(?P<k>\\w+)` | unpack | decolorize | line_format `{{ range $i, $e := fromJson __line__ }}{{ $e }}{{ end }}`",
        "label_replace(sort_desc(stddev by (a) (rate_counter({job=\"a\"} | json | unwrap status [1m]))), \"x\", \"$1\", \"a\", \"(.*)\")",
        "absent_over_time({job=\"none\"}[1m]) unless ignoring(job) vector(1) > bool 2 ^ 3",
    ];

    private static readonly string[] Trace =
    [
        "{ resource.service.name=\"x\" && (name=~\"GET.*\" || duration > 10ms) && status = error }", "{ span.\"a b\" != nil && .x.y <= -1.5 && kind=server }",
        "{ true && trace:id = `0` }", "({ name = \"GET\" } | count() > 1) >> { span.a + 2 * -1 ^ 2 > 3 } | by(kind) | avg(duration) >= 1ms | select(event.x)",
        "{ kind = server } | quantile_over_time(duration, .5, 0.9) by (name, span.b) | topk(3) > 0.1 with (sample=true)",
        "({ } | rate()) / ({ status != ok } &>> { } !~ { } | count_over_time()) * 100 - 1", "{ } | by(.a) | coalesce() | max(parent.x) = nil",
    ];

    private static readonly string[] Tokens =
        ["(", ")", "{", "}", "[", "]", "\"", "\\", "5m", "=~", "!", "|", "by", "offset", "@", ":", "-", "1e999", "/* ", " # ", "0x", "9223372036854775808"];

    private static void Ask(string[] seeds, Action<string> answer) => Fuzz.Texts(
        15_000, seeds, Tokens, static e => e is QuerySyntaxException or QueryExecutionException or QueryLimitException or QueryParameterException, answer);

    [Fact]
    public void PromQL()
    {
        var store = new InMemoryStore();
        foreach (var name in (string[])["x", "y", "z"])
        {
            store.AddSeries($"__name__={name} job=a le=1 t=u", (0, 1), (60_000, 5));
            store.AddSeries($"__name__={name} job=a le=+Inf", (0, 2), (60_000, Sample.StaleMarker));
            store.AddSeries($"__name__={name} job=ab a=b", (0, double.NaN), (60_000, double.PositiveInfinity));
        }

        Ask(Prom, query =>
        {
            var node = PromParser.Parse(query);
            PromEvaluator.Instant(store, node, 60_000, default);
            PromEvaluator.Range(store, node, 0, 120_000, 30_000, default);
        });
    }

    [Fact]
    public void LogQL()
    {
        var store = new InMemoryStore();
        store.AddLine("job=a level=error", 1, """{"status":500,"a":"b","t":"5ms","deep":{"x":[1,{"y":null}]}}""", "trace_id=abc");
        store.AddLine("job=a level=error", 2, "a=b t=\"3s\" \"\u0000 x");
        store.AddLine("job=ab", 3, "{\"a\":\"\\ud800\"}");
        Ask(Log, query =>
        {
            var node = LogParser.Parse(query);
            var evaluator = new LogEvaluator(store, default);
            if (node is LogSelection selection)
                evaluator.Lines(selection, 0, long.MaxValue, 100, newestFirst: true);
            else
                evaluator.Metric(node, 0, 10_000_000_000, 1_000_000_000);
        });
    }

    private static readonly string[] Templates =
    [
        "{{ if eq .a \"b\" }}{{ .a | upper | printf \"%5s\" }}{{ else }}{{ range $i, $e := fromJson .j }}{{ $i }}{{ break }}{{ end }}{{ end }}",
        "{{- with $x := .a -}}{{ $x | replace \"b\" \"c\" | trunc 2 }}{{ end }} {{/* c */}}{{ __timestamp__ | date \"2006-01-02T15:04:05.999Z07:00\" }}",
        "{{ div (int .n) 3 | add 1 }} {{ regexReplaceAll \"(a)(b)?\" .a \"${1}$2\" }} {{ index (fromJson .j) 0 }}",
        "{{ toDate \"Jan _2 15:04:05 PM MST\" .a | unixEpoch }} {{ and .a (or .x .n) | default \"d\" | len }}",
    ];

    [Fact]
    public void Templates_render_or_say_why_not()
    {
        var line = new LogLine("the line", Labels.Empty, [], 1_500_000_000);
        (line.Values["a"], line.Values["n"], line.Values["j"]) = ("abab", "7", "[1,{\"x\":null}]");
        Fuzz.Texts(15_000, Templates, Tokens, static e => e is TemplateException,
            text => GoTemplate.Parse(text, LogTemplates.Names).Render(line.Values, LogTemplates.Of(line)));
    }

    [Fact]
    public void TraceQL()
    {
        var store = new InMemoryStore();
        foreach (var span in Fixture.Spans("tempo/trace-v2.json"))
            store.AddSpan(span);
        Ask(Trace, query =>
        {
            var parsed = TraceParser.Parse(query);
            if (parsed.Metric is { } metric)
                new TraceMeter(new(store, default), TraceSteps.Aligned(1_000_000_000, 2_000_000_000_000_000_000, 1_000_000_000_000_000), 10).Series(metric);
            else
                new TraceFinder(store, default).Find(parsed, new(null, null, null, null, 20));
        });
        Ask(["service.name=orders http.status_code=500 a=\"b c\""], static tags => TraceParser.Tags(tags));
    }

    [Fact]
    public void Regexes_cannot_be_made_to_run_long()
    {
        var store = new InMemoryStore();
        store.AddLine("job=a", 1, new string('a', 200_000) + "!");
        var clock = Stopwatch.GetTimestamp();
        new LogEvaluator(store, default)
            .Lines((LogSelection)LogParser.Parse("{job=\"a\"} |~ \"^(a+)+$\" |~ \"(a|aa)*$\""), 0, long.MaxValue, 100, newestFirst: true);
        Assert.InRange(Stopwatch.GetElapsedTime(clock), TimeSpan.Zero, TimeSpan.FromSeconds(5));
    }
}
