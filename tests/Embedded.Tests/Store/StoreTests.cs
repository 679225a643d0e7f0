using CsCheck;
using MicroMonitored.Embedded;
using MicroMonitored.Embedded.Store;
using MicroMonitored.Protocols.Exposition;

namespace Embedded.Tests.Store;

public sealed class StoreTests : IAsyncDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;
    private readonly TemporaryFolder _folder = new();
    private readonly EngineCounters _counters = new();
    private TelemetryStore _store;

    public StoreTests() => _store = new TelemetryStore(_folder.Path, _counters);

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public void Chunks_give_back_every_bit() =>
        Gen.Select(Gen.Long[0, 1L << 42], Gen.Double).Array[0, 200].Sample(
            pairs =>
            {
                var samples = pairs.Select(pair => new Sample(pair.Item1, pair.Item2)).Append(new Sample(5, Sample.StaleMarker)).ToArray();
                var chunk = SampleCodec.DecodeChunk(SampleCodec.EncodeChunk(samples));
                Assert.Equal(samples.Select(Bits), chunk.Select(Bits));
                var log = samples.Select((sample, index) => ((long)(index * 7 % 11), sample)).ToList();
                Assert.Equal(log.Select(entry => (entry.Item1, Bits(entry.sample))),
                    SampleCodec.DecodeLog(SampleCodec.EncodeLog(log)).Select(entry => (entry.SeriesId, Bits(entry.Sample))));
            },
            iter: 500);

    [Fact]
    public async Task Samples_are_the_same_from_memory_chunks_and_after_a_restart()
    {
        for (var i = 1; i <= 1000; i++)
            await AppendAsync("m", i * 1000, i);
        var id = Assert.Single(_store.Metrics.Series([Name("m")], 10, None)).Id;
        Check();
        await _store.Metrics.FlushAsync(None);
        Check();
        await AppendAsync("m", 1_001_000, 1001);
        await RestartAsync();
        Assert.Equal(1001, _store.Metrics.Samples(id, 0, long.MaxValue, None).Count);
        Assert.Equal(1001, _store.Count().Samples);
        Check();

        void Check()
        {
            Assert.Equal(Enumerable.Range(11, 490).Select(i => new Sample(i * 1000, i)), _store.Metrics.Samples(id, 10_000, 500_000, None));
            Assert.Equal(new Sample(42_000, 42), _store.Metrics.Newest([id], 0, 42_999, None)[id]);
            Assert.Empty(_store.Metrics.Newest([id], 42_000, 42_500, None));
        }
    }

    [Fact]
    public async Task Old_samples_are_dropped_and_counted_as_Prometheus_does()
    {
        await AppendAsync("m", 2000, 1);
        Assert.Equal(new MetricOutcome(0, 1, 0), await AppendAsync("m", 1000, 1));
        Assert.Equal(new MetricOutcome(1, 0, 0), await AppendAsync("m", 2000, 1));
        Assert.Equal(new MetricOutcome(0, 1, 0), await AppendAsync("m", 2000, 2));
        Assert.Equal(2, _counters.Value("dropped_samples", "out_of_order"));
    }

    [Fact]
    public async Task All_four_matchers_choose_series()
    {
        foreach (var value in (string[])["a", "b", "ab\nc"])
            await _store.Metrics.AppendAsync(
                new MetricBatch([new NewSample([new("__name__", "m"), new("x", value)], new Sample(1, 1))], new Dictionary<string, MetricMetadata>()), None);
        await AppendAsync("m", 1, 1);
        Assert.Equal(1, Count(MatchOperator.Equal, "a"));
        Assert.Equal(3, Count(MatchOperator.NotEqual, "a"));
        Assert.Equal(2, Count(MatchOperator.Matches, "a.*"));
        Assert.Equal(2, Count(MatchOperator.NotMatches, "a|b"));
        Assert.Equal(1, Count(MatchOperator.Equal, ""));
        Assert.Throws<QueryLimitException>(() => _store.Metrics.Series([Name("m")], 2, None));
        Assert.ThrowsAny<ArgumentException>(() => Count(MatchOperator.Matches, "("));
        Assert.ThrowsAny<ArgumentException>(() => Count(MatchOperator.Matches, "(?=a)"));

        int Count(MatchOperator matchOperator, string value) => _store.Metrics.Series([Name("m"), new LabelMatcher("x", matchOperator, value)], 10, None).Count;
    }

    [Fact]
    public async Task An_exemplar_repeated_by_every_scrape_is_stored_once()
    {
        for (var i = 1; i <= 3; i++)
            await _store.Metrics.AppendAsync(
                new MetricBatch([new NewSample([new("__name__", "m")], new Sample(i, i), new NewExemplar(0.5, 77, [new("trace_id", "t")]))],
                    new Dictionary<string, MetricMetadata>()), None);
        var id = Assert.Single(_store.Metrics.Series([Name("m")], 10, None)).Id;
        Assert.Equal("t", Assert.Single(_store.Metrics.Exemplars([id], 0, 100, None)).Labels[0].Value);
        Assert.Equal(1, _store.Count().Exemplars);
    }

    [Fact]
    public async Task Lines_come_ordered_by_time_then_arrival_both_ways()
    {
        KeyValuePair<string, string>[] first = [new("service_name", "a")], second = [new("service_name", "b")];
        await _store.Logs.AppendAsync(
            [new(first, 5, "5a", []), new(second, 5, "5b", []), new(first, 3, "3\0", [new("trace_id", "t")]), new(second, 9, "9", []), new(first, 7, "7", [])],
                None);
        var ids = _store.Logs.Streams([], None).Select(stream => stream.Id).ToArray();
        Assert.Equal(["3\0", "5a", "5b", "7"], _store.Logs.Entries(ids, 0, 9, false, LogNeeds.None, None).Select(entry => entry.Line));
        Assert.Equal(["9", "7", "5b", "5a"], _store.Logs.Entries(ids, 5, 10, true, LogNeeds.None, None).Select(entry => entry.Line));
        Assert.Single(_store.Logs.Streams([new LabelMatcher("service_name", MatchOperator.Matches, "a|c")], None));
    }

    [Fact]
    public async Task A_span_sent_again_is_stored_once_and_found_by_every_way()
    {
        var spans = Enumerable.Range(1, 10).Select(i => Span(1, i, i % 2 == 0 ? "orders" : "inventory", i * 1000)).ToList();
        await _store.Spans.AppendAsync(spans, None);
        await _store.Spans.AppendAsync([.. spans, Span(2, 1, "orders", 99_000)], None);
        Assert.Equal(spans.Select(span => span.StartNs), _store.Spans.Trace(spans[0].TraceId, None).Select(span => span.StartNs));
        Assert.Equal(11, _store.Count().Spans);
        Assert.Equal(2, _store.Count().Traces);
        Assert.Equal(["inventory", "orders"], _store.Spans.ServiceNames(None));
        Assert.Equal(["GET 1", "GET 3", "GET 5", "GET 7", "GET 9"], _store.Spans.SpanNames("inventory", None));
        Assert.Equal([2, 1], _store.Spans.Search(new TraceSearch { ServiceName = "orders" }, None).Select(id => (int)id[15]));
        Assert.Equal([1], _store.Spans.Search(new TraceSearch { SpanName = "GET 4", StartNs = 4000, EndNs = 4000 }, None).Select(id => (int)id[15]));
        Assert.Single(_store.Spans.Search(new TraceSearch { Limit = 1 }, None));
        Assert.Empty(_store.Spans.Search(new TraceSearch { MinDurationNs = 501 }, None));
    }

    [Fact]
    public async Task Retention_deletes_what_is_older_and_keeps_the_rest()
    {
        await AppendAsync("old", 1000, 1);
        await AppendAsync("both", 1000, 1);
        await _store.Metrics.FlushAsync(None);
        await AppendAsync("both", 10_000_000, 2);
        await _store.Metrics.FlushAsync(None);
        await _store.Logs.AppendAsync([new([new("service_name", "a")], 10, "old", []), new([new("service_name", "b")], 100, "new", [])], None);
        await _store.Spans.AppendAsync([Span(1, 1, "gone", 10)], None);
        await _store.Spans.AppendAsync([Span(2, 1, "kept", 100)], None);

        await _store.Metrics.RetainAsync(5_000_000, None);
        await _store.Logs.RetainAsync(50, None);
        await _store.Spans.RetainAsync(50, None);

        Assert.Equal("both", Assert.Single(_store.Metrics.Series([], 10, None)).Labels[0].Value);
        Assert.Equal("b", Assert.Single(_store.Logs.Streams([], None)).Labels[0].Value);
        Assert.Equal(["kept"], _store.Spans.ServiceNames(None));
        var counts = _store.Count();
        Assert.Equal((1, 1, 1, 1, 1), (counts.Series, counts.Samples, counts.LogLines, counts.Spans, counts.Traces));
        await _store.Spans.AppendAsync([Span(1, 1, "gone", 200)], None);
        Assert.Single(_store.Spans.Trace(Span(1, 1, "", 0).TraceId, None));
    }

    [Fact]
    public async Task Beyond_its_size_the_oldest_goes_first_and_is_counted()
    {
        var random = new Random(7);
        var noise = new byte[6000];
        for (var i = 0; i < 300; i++)
        {
            random.NextBytes(noise);
            await _store.Logs.AppendAsync([new([new("service_name", "a")], 1000 + i, Convert.ToBase64String(noise), [])], None);
            await _store.Spans.AppendAsync([Span((byte)(i % 250), i % 250, "orders", 1000 + i) with { Span = [.. noise] }], None);
        }

        var before = _store.Count();
        await _store.RetainSizeAsync(100_000_000, 5000, None);
        Assert.Equal(before, _store.Count());
        await _store.RetainSizeAsync(2_000_000, 5000, None);
        var after = _store.Count();
        Assert.InRange(after.DatabaseBytes, 1, before.DatabaseBytes);
        Assert.InRange(after.LogLines, 1, 299);
        Assert.Equal(before.LogLines - after.LogLines, _counters.Value("dropped_log_lines", "retention_size"));
        Assert.Equal(before.Spans - after.Spans, _counters.Value("dropped_spans", "retention_size"));
        var left = _store.Logs.Entries([.. _store.Logs.Streams([], None).Select(one => one.Id)], 0, 5000, false, LogNeeds.None, None)
            .Select(line => line.TimestampNs);
        Assert.Equal(Enumerable.Range(1300 - (int)after.LogLines, (int)after.LogLines).Select(time => (long)time), left);
        await _store.RetainSizeAsync(1, 5000, None);
        Assert.Equal((0, 0), (_store.Count().LogLines, _store.Count().Spans));
    }

    [Fact]
    public async Task Many_writers_at_once_are_all_committed()
    {
        await Task.WhenAll(Enumerable.Range(0, 400).Select(i => _store.Logs.AppendAsync([new([new("service_name", $"s{i % 5}")], i, $"{i}", [])], None)));
        Assert.Equal(400, _store.Count().LogLines);
        Assert.Equal(5, _store.Logs.Streams([], None).Count);
    }

    [Fact]
    public void A_folder_in_use_is_refused() =>
        Assert.Contains("in use", Assert.Throws<StoreOpenException>(() => new TelemetryStore(_folder.Path, _counters)).Message, StringComparison.Ordinal);

    private static (long, long) Bits(Sample sample) => (sample.TimestampMs, BitConverter.DoubleToInt64Bits(sample.Value));

    private static LabelMatcher Name(string name) => new("__name__", MatchOperator.Equal, name);

    private static StoredSpan Span(byte trace, int span, string service, long start) => new(
        [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, trace], [0, 0, 0, 0, 0, 0, 0, (byte)span], null, service, $"GET {span}", 2,
        start, start + 500, [1], [2], [3]);

    private Task<MetricOutcome> AppendAsync(string name, long time, double value) =>
        _store.Metrics.AppendAsync(
            new MetricBatch([new NewSample([new("__name__", name)], new Sample(time, value))], new Dictionary<string, MetricMetadata>()), None);

    private async Task RestartAsync()
    {
        await _store.DisposeAsync();
        _store = new TelemetryStore(_folder.Path, _counters);
    }
}
