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
        span.Attributes.Add(new KeyValue { Key = "http.response.status_code", Value = new AnyValue { IntValue = error ? 500 : 200 } });
        var resource = new Resource();
        resource.Attributes.Add(new KeyValue { Key = "service.name", Value = new AnyValue { StringValue = service } });
        _store.AddSpan(new([.. new byte[15], trace], [.. new byte[7], id], parent == 0 ? null : [.. new byte[7], parent], service, name, kind,
            start, start + duration,
            span.ToByteArray(), resource.ToByteArray(), new InstrumentationScope { Name = "lib" }.ToByteArray()));
    }

    private string Find(TraceCondition condition, TraceWindow? window = null) => string.Join(
        "; ",
        new TraceFinder(_store, default).Find(condition, window ?? new(null, null, null, null, 20))
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
    [InlineData("service.name=shop-orders", "1:1,2")]
    [InlineData("service.name=shop-inventory name=\"GET /stock\"", "2:4; 1:3")]
    [InlineData("http.response.status_code=500", "1:3")]
    [InlineData("http.route=/stock error=true", "1:3")]
    [InlineData("", "2:4; 1:1,2,3")]
    public void Tags_choose_spans(string tags, string expected) => Assert.Equal(expected, Find(TraceParser.Tags(tags)));

    [Fact]
    public void The_window_bounds_trace_durations_and_counts()
    {
        Assert.Equal("1:1,2,3", Find(new TraceEverything(), new(null, null, 10_000_000, null, 20)));
        Assert.Equal("2:4", Find(new TraceEverything(), new(null, null, null, 10_000_000, 20)));
        Assert.Equal("2:4", Find(new TraceEverything(), new(null, null, null, null, 1)));
        Assert.Equal("1:1,2,3", Find(new TraceEverything(), new(0, 4000, null, null, 20)));
    }

    [Theory]
    [InlineData("{ . }", 2, "syntax error: unexpected END_ATTRIBUTE, expecting IDENTIFIER")]
    [InlineData("{", 1, "unexpected $end")]
    [InlineData("{ name }", 7, "expecting a comparison")]
    [InlineData("{ name = }", 9, "expecting a value")]
    [InlineData("{ nosuch = 1 }", 2, "the field nosuch is not supported by the embedded engine")]
    [InlineData("{ name = \"a\" } | count() > 1", 15, "--engine=docker")]
    [InlineData("{ name = \"a\" } && { name = \"b\" }", 15, "--engine=docker")]
    [InlineData("{ span.a + 1 = 2 }", 9, "arithmetic is not supported")]
    [InlineData("{ event.name = \"x\" }", 2, "the scope event. is not supported")]
    [InlineData("{ duration > \"x\" }", 2, "binary operations must operate on the same type")]
    [InlineData("name = \"x\"", 0, "expecting {")]
    [InlineData("{ name =~ \"(\" }", 10, "error parsing regexp")]
    public void What_is_wrong_or_outside_is_said_with_its_place(string query, int offset, string reason)
    {
        var error = Assert.Throws<QuerySyntaxException>(() => TraceParser.Parse(query));
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
        Assert.Equal(offset, error.Offset);
    }

    [Fact]
    public void A_span_that_cannot_be_read_keeps_what_the_store_knows_of_it()
    {
        var view = SpanView.Read(new([1], [2], null, "s", "n", 1, 0, 1, [0xff, 0xff, 0xff], [0x0a, 0xff], []));
        Assert.Equal("n", view.Stored.Name);
        Assert.Empty(view.Span.Attributes);
    }
}
