using System.Net;
using System.Net.Http.Headers;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using MicroMonitored.Embedded.Ingest.Wire;
using MicroMonitored.Embedded.Store;
using OpenTelemetry.Proto.Collector.Trace.V1;
using Snappier;
using static Embedded.Tests.Ingest.Payloads;

namespace Embedded.Tests.Ingest;

/// <summary>Loki's and Prometheus' own protobuf, OTLP in JSON, and what a sender is told that should come again.</summary>
public sealed class WireTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task A_remote_write_is_stored_with_metadata_and_exemplars()
    {
        await using var engine = await Engine.StartAsync();
        Assert.Equal(HttpStatusCode.NoContent, (await WriteAsync(engine, Write(1000, 2000))).StatusCode);
        var series = Assert.Single(engine.Store.Metrics.Series([new("__name__", MatchOperator.Equal, "jobs_total")], 10, None));
        Assert.Equal(["__name__", "kind"], series.Labels.Select(label => label.Key));
        Assert.Equal([new Sample(1000, 1), new Sample(2000, 2)], engine.Store.Metrics.Samples(series.Id, 0, 5000, None));
        Assert.Equal("t1", Assert.Single(engine.Store.Metrics.Exemplars([series.Id], 0, 5000, None)).Labels[0].Value);
        Assert.Equal("counter", engine.Store.Metrics.Metadata()["jobs_total"].Type);

        var late = await WriteAsync(engine, Write(500, 3000));
        Assert.Equal(HttpStatusCode.BadRequest, late.StatusCode);
        Assert.Contains("out of order sample", await late.Content.ReadAsStringAsync(None), StringComparison.Ordinal);
        Assert.Equal(3, engine.Store.Metrics.Samples(series.Id, 0, 5000, None).Count);
    }

    [Fact]
    public async Task A_bad_remote_write_says_why_and_stores_nothing()
    {
        await using var engine = await Engine.StartAsync();
        var nameless = new WriteRequest { Timeseries = { new TimeSeries { Labels = { new Label { Name = "a", Value = "b" } } } } };
        var misnamed = new WriteRequest { Timeseries = { new TimeSeries { Labels = { new Label { Name = "a b", Value = "b" } } } } };
        Assert.Contains("__name__", await RefusedAsync(Snappy.CompressToArray(nameless.ToByteArray())), StringComparison.Ordinal);
        Assert.Contains("not a label name", await RefusedAsync(Snappy.CompressToArray(misnamed.ToByteArray())), StringComparison.Ordinal);
        Assert.Contains("decompressed", await RefusedAsync([1, 2, 3]), StringComparison.Ordinal);
        Assert.Contains("not a remote write", await RefusedAsync(Snappy.CompressToArray([0xFF, 0xFF])), StringComparison.Ordinal);
        await RefusedAsync(Snappy.CompressToArray(new byte[17 * 1024 * 1024]), HttpStatusCode.RequestEntityTooLarge);
        // Says sixteen million bytes and brings six.
        await RefusedAsync([0xFF, 0xFF, 0xFF, 0x07, 0x00, 0x61]);
        await RefusedAsync([], HttpStatusCode.UnsupportedMediaType, "application/json");
        await RefusedAsync([], HttpStatusCode.UnsupportedMediaType, "application/x-protobuf;proto=io.prometheus.write.v2.Request");
        Assert.Empty(engine.Store.Metrics.Series([new("__name__", MatchOperator.Equal, "jobs_total")], 10, None));

        async Task<string> RefusedAsync(byte[] body, HttpStatusCode status = HttpStatusCode.BadRequest, string type = "application/x-protobuf")
        {
            var answer = await PostAsync(engine, engine.Options.Ports.Prometheus, "/api/v1/write", body, type, "snappy");
            Assert.Equal(status, answer.StatusCode);
            return await answer.Content.ReadAsStringAsync(None);
        }
    }

    [Fact]
    public async Task Loki_protobuf_stores_lines_with_labels_and_metadata()
    {
        await using var engine = await Engine.StartAsync();
        var push = LokiPushOf("{app=\"shop\", level=\"say \\\"hi\\\"\"}");
        Assert.Equal(HttpStatusCode.NoContent, (await PushAsync(push)).StatusCode);
        var stream = Assert.Single(engine.Store.Logs.Streams([], None));
        Assert.Equal("shop", StoredLabels.Value(stream.Labels, "service_name"));
        Assert.Equal("say \"hi\"", StoredLabels.Value(stream.Labels, "level"));
        var line = Assert.Single(engine.Store.Logs.Entries([stream.Id], 0, long.MaxValue, false, LogNeeds.None, None));
        Assert.Equal((5_000_000_007, "hello", "t"), (line.TimestampNs, line.Line, line.Metadata[0].Value));

        foreach (var labels in (string[])["", "app", "{app!=\"a\"}", "{app=\"a\"} |= \"b\"", "{}"])
        {
            push.Streams[0].Labels = labels;
            Assert.Equal(HttpStatusCode.BadRequest, (await PushAsync(push)).StatusCode);
        }

        Assert.Equal(1, engine.Store.Count().LogLines);

        Task<HttpResponseMessage> PushAsync(PushRequest request) => PostAsync(
            engine, engine.Options.Ports.Loki, "/loki/api/v1/push", Snappy.CompressToArray(request.ToByteArray()), "application/x-protobuf", null);
    }

    [Fact]
    public async Task Otlp_json_is_taken_for_all_three_signals()
    {
        await using var engine = await Engine.StartAsync();
        var port = engine.Options.Ports.OtlpHttp;
        await TakenAsync("/v1/traces", Json);
        await TakenAsync("/v1/logs", JsonLogs);
        await TakenAsync("/v1/metrics", JsonMetrics);
        Assert.Single(engine.Store.Spans.Trace(TraceId, None));
        Assert.Equal(1, engine.Store.Count().LogLines);
        Assert.Single(engine.Store.Metrics.Series([new("__name__", MatchOperator.Equal, "depth")], 10, None));

        async Task TakenAsync(string path, string json)
        {
            using var answer = await engine.PostAsync(port, path, Text(json, "application/json"));
            Assert.Equal((HttpStatusCode.OK, "application/json"), (answer.StatusCode, answer.Content.Headers.ContentType?.MediaType));
            Assert.Equal("{}", await answer.Content.ReadAsStringAsync(None));
        }
    }

    [Fact]
    public async Task Every_drop_is_at_the_engines_own_metrics()
    {
        await using var engine = await Engine.StartAsync();
        engine.Counters.Add("dropped_log_lines", "a \"reason\"", 3);
        await WriteAsync(engine, Write(2000, 1000));
        foreach (var port in (int[])[engine.Options.Ports.Prometheus, engine.Options.Ports.Loki, engine.Options.Ports.Tempo, engine.Options.Ports.Grafana])
        {
            var text = await engine.Client.GetStringAsync($"http://127.0.0.1:{port}/metrics", None);
            Assert.Contains("micromonitored_dropped_log_lines_total{reason=\"a \\\"reason\\\"\"} 3\n", text, StringComparison.Ordinal);
            Assert.Contains("micromonitored_dropped_samples_total{reason=\"out_of_order\"} 1\n", text, StringComparison.Ordinal);
            Assert.Contains("micromonitored_refused_requests_total{reason=\"400\"} 1\n", text, StringComparison.Ordinal);
            MicroMonitored.Protocols.Exposition.ExpositionParser.Parse(text, false, 1000);
        }
    }

    [Fact]
    public async Task A_store_that_takes_nothing_is_503_and_unavailable_with_the_time_to_wait()
    {
        await using var engine = await Engine.StartAsync();
        await engine.Store.DisposeAsync();
        foreach (var answer in (HttpResponseMessage[])[
            await engine.PostAsync(engine.Options.Ports.OtlpHttp, "/v1/traces", Text(Json, "application/json")), await WriteAsync(engine, Write(1))])
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
            Assert.Equal(TimeSpan.FromSeconds(1), answer.Headers.RetryAfter?.Delta);
        }

        using var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{engine.Options.Ports.OtlpGrpc}");
        var refused = await Assert.ThrowsAsync<RpcException>(async () => await new TraceService.TraceServiceClient(channel).ExportAsync(Traces(Span(1))));
        Assert.Equal(StatusCode.Unavailable, refused.StatusCode);
        var details = Assert.Single(refused.Trailers, trailer => trailer.Key == "grpc-status-details-bin").ValueBytes;
        Assert.Contains(
            "type.googleapis.com/google.rpc.RetryInfo\u0012\u0004\n\u0002\b\u0001", System.Text.Encoding.Latin1.GetString(details), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_queue_that_stays_full_sends_the_next_away()
    {
        using var folder = new TemporaryFolder();
        using var database = new Database(folder.Path);
        await using var queue = new CommitQueue(database.Writer);
        using var held = new ManualResetEventSlim();
        var first = queue.WriteAsync(new HeldWrite(held), None);
        var others = Enumerable.Range(0, 1000).Select(_ => queue.WriteAsync(new HeldWrite(held), None)).ToList();
        var refused = await Assert.ThrowsAsync<StoreUnavailableException>(() => others[^1]);
        Assert.Contains("cannot keep up", refused.Message, StringComparison.Ordinal);
        held.Set();
        await first;
        await ((Task)Task.WhenAll(others)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        Assert.InRange(others.Count(write => write.IsFaulted), 1, 999);
        await queue.WriteAsync(new HeldWrite(held), None);
    }

    private static Task<HttpResponseMessage> WriteAsync(Engine engine, WriteRequest request) => PostAsync(
        engine, engine.Options.Ports.Prometheus, "/api/v1/write", Snappy.CompressToArray(request.ToByteArray()), "application/x-protobuf", "snappy");

    private static async Task<HttpResponseMessage> PostAsync(Engine engine, int port, string path, byte[] body, string type, string? encoding)
    {
        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        if (encoding is not null)
            content.Headers.ContentEncoding.Add(encoding);
        return await engine.PostAsync(port, path, content);
    }

    private sealed class HeldWrite(ManualResetEventSlim held) : StoreWrite
    {
        public override bool Alone => true;

        public override int Rows => 1;

        public override void Apply(WriteSession session) => held.Wait();
    }
}
