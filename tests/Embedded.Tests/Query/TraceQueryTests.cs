using Google.Protobuf;
using MicroMonitored.Embedded.Query;
using MicroMonitored.Embedded.Query.Otlp;
using MicroMonitored.Embedded.Query.TraceQL;
using MicroMonitored.Embedded.Store;
using OpenTelemetry.Proto.Common.V1;
using OpenTelemetry.Proto.Resource.V1;
using OpenTelemetry.Proto.Trace.V1;

namespace Embedded.Tests.Query;

public sealed class TraceQueryTests
{
    private readonly InMemoryStore _store = new();

    public TraceQueryTests()
    {
        Add(1, 1, 0, "shop-orders", "GET /orders", 2, 1000, 40_000_000, error: false, ("http.route", "/orders"));
        Add(1, 2, 1, "shop-orders", "GET", 3, 2000, 20_000_000, error: false);
        Add(1, 3, 2, "shop-inventory", "GET /stock", 2, 3000, 10_000_000, error: true, ("http.route", "/stock"));
        Add(2, 4, 0, "shop-inventory", "GET /stock", 2, 5000, 2_000_000, error: false, ("http.route", "/stock"));
    }

    private void Add(byte trace, byte id, byte parent, string service, string name, int kind, long start, long duration, bool error,
        params (string Key, string Value)[] attributes)
    {
        var span = new Span { Name = name, Status = new Status { Code = error ? Status.Types.StatusCode.Error : Status.Types.StatusCode.Unset } };
        foreach (var (key, value) in attributes)
            span.Attributes.Add(new KeyValue { Key = key, Value = new AnyValue { StringValue = value } });
        if (error)
        {
            var list = new ArrayValue { Values = { new AnyValue { StringValue = "a" }, new AnyValue { StringValue = "b" } } };
            span.Attributes.Add(new KeyValue { Key = "tags", Value = new AnyValue { ArrayValue = list } });
            var happened = new Span.Types.Event { Name = "exception", TimeUnixNano = (ulong)start + 1_000_000 };
            happened.Attributes.Add(new KeyValue { Key = "exception.type", Value = new AnyValue { StringValue = "System.Timeout" } });
            span.Events.Add(happened);
            var link = new Span.Types.Link { TraceId = ByteString.CopyFrom([.. new byte[15], 7]) };
            link.Attributes.Add(new KeyValue { Key = "why", Value = new AnyValue { StringValue = "retry" } });
            span.Links.Add(link);
        }

        span.Attributes.Add(new KeyValue { Key = "http.response.status_code", Value = new AnyValue { IntValue = error ? 500 : 200 } });
        var resource = new Resource();
        resource.Attributes.Add(new KeyValue { Key = "service.name", Value = new AnyValue { StringValue = service } });
        _store.AddSpan(new([.. new byte[15], trace], [.. new byte[7], id], parent == 0 ? null : [.. new byte[7], parent], service, name, kind,
            start, start + duration,
            span.ToByteArray(), resource.ToByteArray(), new InstrumentationScope { Name = "lib" }.ToByteArray()));
    }

    private string Find(TraceQuery query, TraceWindow? window = null) => string.Join(
        "; ",
        new TraceFinder(_store, default).Find(query, window ?? new(null, null, null, null, 20))
            .Select(static f => $"{f.Trace.Id[15]}:{string.Join(",", f.Matched.Select(static s => s.Stored.SpanId[7]))}"));

    [Theory]
    [InlineData("{}", "2:4; 1:1,2,3")]
    [InlineData("{ resource.service.name = \"shop-orders\" }", "1:1,2")]
    [InlineData("{ resource.service.name=\"shop-inventory\" && name=\"GET /stock\" }", "2:4; 1:3")]
    [InlineData("{ .service.name = \"shop-inventory\" && status = error }", "1:3")]
    [InlineData("{ span.http.route = \"/stock\" && duration > 5ms }", "1:3")]
    [InlineData("{ duration >= 40ms || name = \"GET\" }", "1:1,2")]
    [InlineData("{ kind = client }", "1:2")]
    [InlineData("{ kind != server && status != error }", "1:2")]
    [InlineData("{ span.http.response.status_code >= 500 }", "1:3")]
    [InlineData("{ name =~ \"GET /.*\" && rootServiceName = \"shop-orders\" }", "1:1,3")]
    [InlineData("{ span.http.route = nil }", "1:2")]
    [InlineData("{ span.http.route != nil && resource.service.name = \"shop-inventory\" }", "2:4; 1:3")]
    [InlineData("{ (status = error || duration < 3ms) && resource.service.name=\"shop-inventory\" }", "2:4; 1:3")]
    [InlineData("{ traceDuration < 3ms }", "2:4")]
    [InlineData("{ span:id = \"0000000000000004\" }", "2:4")]
    [InlineData("{ span.http.route !~ \"/o.*\" }", "2:4; 1:3")]
    [InlineData("{ span.\"http.route\" = `/orders` }", "1:1")]
    [InlineData("{ name = \"none\" }", "")]
    [InlineData("", "2:4; 1:1,2,3")]
    public void Spansets_choose_spans(string query, string expected) => Assert.Equal(expected, Find(TraceParser.Parse(query)));

    [Theory]
    [InlineData("{ name = \"GET /orders\" } && { status = error }", "1:1,3")]
    [InlineData("{ name = \"GET /stock\" } || { kind = client }", "2:4; 1:2,3")]
    [InlineData("{ kind = client } > { kind = server }", "1:3")]
    [InlineData("{ kind = server } > { kind = server }", "")]
    [InlineData("{ resource.service.name = \"shop-orders\" } > { resource.service.name = \"shop-inventory\" }", "1:3")]
    [InlineData("{ name = \"GET /orders\" } >> { }", "1:2,3")]
    [InlineData("{ status = error } << { }", "1:1,2")]
    [InlineData("{ status = error } < { }", "1:2")]
    [InlineData("{ kind = client } ~ { }", "")]
    [InlineData("{ kind = client } !> { }", "2:4; 1:1,2")]
    [InlineData("{ name = \"GET /orders\" } !>> { }", "2:4; 1:1")]
    [InlineData("{ status = error } !< { }", "2:4; 1:1,3")]
    [InlineData("{ kind = client } &> { kind = server }", "1:2,3")]
    [InlineData("{ name = \"GET /orders\" } &>> { status = error }", "1:1,3")]
    [InlineData("{ status = error } &<< { kind = client }", "1:2,3")]
    [InlineData("{ } | count() > 2", "1:1,2,3")]
    [InlineData("{ kind = server } | count() = 1", "2:4")]
    [InlineData("{ } | avg(duration) > 20ms", "1:1,2,3")]
    [InlineData("{ } | max(duration) - min(duration) >= 30ms", "1:1,2,3")]
    [InlineData("{ } | sum(span.http.response.status_code) = 900", "1:1,2,3")]
    [InlineData("{ } | by(resource.service.name) | count() > 1", "1:1,2")]
    [InlineData("{ } | by(resource.service.name) | count() > 0 | coalesce() | count() > 2", "1:1,2,3")]
    [InlineData("{ } | { kind = server } | select(span.http.route)", "2:4; 1:1,3")]
    [InlineData("({ kind = server } | count()) > ({ kind = client } | count())", "2:4; 1:1,2,3")]
    [InlineData("({ kind = server } | count() > 1) >> { kind = server && status = error }", "1:3")]
    [InlineData("{ duration > 2 * 10ms }", "1:1")]
    [InlineData("{ span.http.response.status_code / 100 = 5 }", "1:3")]
    [InlineData("{ -span.http.response.status_code < -400 }", "1:3")]
    [InlineData("{ !(kind = server) }", "1:2")]
    [InlineData("{ parent.name = \"GET\" }", "1:3")]
    [InlineData("{ parent.resource.service.name = \"shop-orders\" && resource.service.name != \"shop-orders\" }", "1:3")]
    [InlineData("{ instrumentation:name = \"lib\" && kind = client }", "1:2")]
    [InlineData("{ event:name = \"exception\" && event.exception.type =~ \".*Timeout\" }", "1:3")]
    [InlineData("{ event:timeSinceStart >= 1ms }", "1:3")]
    [InlineData("{ link:traceID = \"00000000000000000000000000000007\" }", "1:3")]
    [InlineData("{ link.why = \"retry\" }", "1:3")]
    [InlineData("{ span.tags = \"b\" }", "1:3")]
    [InlineData("{ span.tags != \"b\" }", "")]
    [InlineData("{ span:childCount = 1 && nestedSetParent = -1 }", "1:1")]
    [InlineData("{ status = error || kind = client && name = \"GET /stock\" }", "1:3")]
    public void Several_spansets_and_pipelines_choose_spans(string query, string expected) => Assert.Equal(expected, Find(TraceParser.Parse(query)));

    [Theory]
    [InlineData("service.name=shop-orders", "1:1,2")]
    [InlineData("service.name=shop-inventory name=\"GET /stock\"", "2:4; 1:3")]
    [InlineData("http.response.status_code=500", "1:3")]
    [InlineData("http.route=/stock error=true", "1:3")]
    [InlineData("", "2:4; 1:1,2,3")]
    public void Tags_choose_spans(string tags, string expected) => Assert.Equal(expected, Find(TraceParser.Tags(tags)));

    [Fact]
    public void The_window_bounds_trace_durations_and_counts()
    {
        Assert.Equal("1:1,2,3", Find(TraceParser.Parse(""), new(null, null, 10_000_000, null, 20)));
        Assert.Equal("2:4", Find(TraceParser.Parse(""), new(null, null, null, 10_000_000, 20)));
        Assert.Equal("2:4", Find(TraceParser.Parse(""), new(null, null, null, null, 1)));
        Assert.Equal("1:1,2,3", Find(TraceParser.Parse(""), new(0, 4000, null, null, 20)));
    }

    [Theory]
    [InlineData("{ . }", 2, "syntax error: unexpected END_ATTRIBUTE, expecting IDENTIFIER")]
    [InlineData("{", 1, "unexpected $end")]
    [InlineData("{ name }", 2, "must resolve to a boolean")]
    [InlineData("{ name = }", 9, "expecting a field or a value")]
    [InlineData("{ nosuch = 1 }", 2, "an attribute needs its scope: .nosuch")]
    [InlineData("{ parent }", 2, "the field parent without a name after it is not supported by the embedded engine")]
    [InlineData("{ } | compare({ status = error })", 6, "compare(…) is not supported by the embedded engine. Run the stack with --engine=docker")]
    [InlineData("{ } | count()", 0, "compare it, as in { } | count() > 2")]
    [InlineData("{ } | rate() | by(name)", 15, "only topk(…) and bottomk(…) follow a metric")]
    [InlineData("{ duration > \"x\" }", 2, "binary operations must operate on the same type")]
    [InlineData("name = \"x\"", 0, "expecting {")]
    [InlineData("{ name =~ \"(\" }", 9, "error parsing regexp")]
    public void What_is_wrong_or_outside_is_said_with_its_place(string query, int offset, string reason)
    {
        var error = Assert.Throws<QuerySyntaxException>(() => TraceParser.Parse(query));
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
        Assert.Equal(offset, error.Offset);
    }

    [Fact]
    public void A_span_that_cannot_be_read_keeps_what_the_store_knows_of_it()
    {
        var view = SpanView.Read(new([1], [2], null, "s", "n", 1, 0, 1, [0xff, 0xff, 0xff], [0x0a, 0xff], []), []);
        Assert.Equal("n", view.Stored.Name);
        Assert.Empty(view.Span.Attributes);
    }

    private string Metric(string query, bool instant = false)
    {
        var steps = instant ? new TraceSteps(0, 10_000, 10_000, Instant: true) : new TraceSteps(0, 6_000, 3_000);
        return string.Join("; ", new TraceMeter(new(_store, default), steps, 0).Series(TraceParser.Parse(query).Metric!)
            .Select(static one => $"{one.Texts} {string.Join(",", one.Values.Select(static value => Quantities.Format(value)))}"));
    }

    [Theory]
    [InlineData("{ } | count_over_time()", "{__name__=\"count_over_time\"} 3,1")]
    [InlineData("{ } | rate()", "{__name__=\"rate\"} 1000000,333333.3333333333")]
    [InlineData("{ name = \"none\" } | rate()", "{__name__=\"rate\"} 0,0")]
    [InlineData("{ } | count_over_time() by (resource.service.name)",
        "{resource.service.name=\"shop-inventory\"} 1,1; {resource.service.name=\"shop-orders\"} 2,0")]
    [InlineData("{ } | max_over_time(duration)", "{__name__=\"max_over_time\"} 0.04,0.002")]
    [InlineData("{ } | min_over_time(duration) by (kind)", "{kind=\"client\"} 0.02,NaN; {kind=\"server\"} 0.01,0.002")]
    [InlineData("{ kind = server } | avg_over_time(span.http.response.status_code)", "{__name__=\"avg_over_time\"} 350,200")]
    [InlineData("{ } | sum_over_time(span.http.response.status_code)", "{__name__=\"sum_over_time\"} 900,200")]
    [InlineData("{ } | quantile_over_time(duration, 1, 0.1)", "{p=\"0.1\"} 0.016777216,0.002097152; {p=\"1\"} 0.067108864,0.002097152")]
    [InlineData("{ } | histogram_over_time(duration)",
        "{__bucket=\"0.002097152\"} 0,1; {__bucket=\"0.016777216\"} 1,0; {__bucket=\"0.033554432\"} 1,0; {__bucket=\"0.067108864\"} 1,0")]
    [InlineData("{ } | count_over_time() by (kind) | topk(1)", "{kind=\"server\"} 2,1")]
    [InlineData("{ } | count_over_time() by (kind) > 1", "{kind=\"server\"} 2,NaN")]
    [InlineData("({ status = error } | count_over_time()) / ({ } | count_over_time()) * 100",
        "{__name__=\"(count_over_time / count_over_time)\"} 33.33333333333333,0")]
    [InlineData("1 - ({ kind = client } | count_over_time())", "{__name__=\"count_over_time\"} 0,1")]
    [InlineData("({ } | count_over_time() by (kind)) + ({ } | count_over_time())", "{kind=\"client\"} 4,1; {kind=\"server\"} 5,2")]
    [InlineData("({ } | max_over_time(duration)) > 30ms", "{__name__=\"max_over_time\"} 0.04,NaN")]
    public void Metrics_count_and_measure_spans(string query, string expected) => Assert.Equal(expected, Metric(query));

    [Fact]
    public void An_instant_metric_is_one_value_over_the_range() =>
        Assert.Equal("{kind=\"client\"} 1; {kind=\"server\"} 3", Metric("{ } | count_over_time() by (kind)", instant: true));

    [Fact]
    public void Steps_stand_on_whole_multiples_with_one_before()
    {
        var steps = TraceSteps.Aligned(61_500_000_000, 119_000_000_000, 10_000_000_000);
        Assert.Equal((50_000_000_000, 120_000_000_000, 7), (steps.StartNs, steps.EndNs, steps.Count));
        Assert.Equal((null, 0, 0, 1, 6, null), (steps.Of(50_000_000_000), steps.Of(50_000_000_001), steps.Of(60_000_000_000), steps.Of(60_000_000_001),
            steps.Of(120_000_000_000), steps.Of(120_000_000_001)));
        Assert.Equal(60_000, steps.TimeMs(0));
    }

    [Fact]
    public void Groups_and_aggregates_name_themselves_on_their_spansets()
    {
        var found = new TraceFinder(_store, default).Find(
            TraceParser.Parse("{ } | by(resource.service.name) | avg(duration) > 5ms"), new(null, null, null, null, 20));
        Assert.Equal(
            ["by(resource.service.name)=shop-orders avg(duration)=30ms", "by(resource.service.name)=shop-inventory avg(duration)=10ms"],
            Assert.Single(found).Sets.Select(static set => string.Join(" ", set.Attributes.Select(static one => $"{one.Key}={TraceValues.Text(one.Value)}"))));
    }

    [Fact]
    public void A_server_that_shares_its_span_id_with_the_client_is_its_child()
    {
        Add(9, 1, 0, "a", "call", 3, 10, 10, error: false);
        Add(9, 1, 0, "b", "serve", 2, 11, 5, error: false);
        Assert.Equal("9:1", Find(TraceParser.Parse("{ resource.service.name = \"a\" } > { resource.service.name = \"b\" }")));
    }

    [Theory]
    [InlineData(0, "0s")]
    [InlineData(1_500, "1.5µs")]
    [InlineData(-2_000_000, "-2ms")]
    [InlineData(5_400_000_000_000, "1h30m0s")]
    [InlineData(61_500_000_000, "1m1.5s")]
    public void Durations_are_written_as_Go_does(long ns, string expected) => Assert.Equal(expected, TraceValues.Duration(ns));
}
