using System.Net;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using MicroMonitored.Embedded.Ingest.Otlp;
using MicroMonitored.Embedded.Store;
using MicroMonitored.Protocols.Otlp;
using OpenTelemetry.Proto.Collector.Metrics.V1;
using OpenTelemetry.Proto.Collector.Trace.V1;
using OpenTelemetry.Proto.Common.V1;
using OpenTelemetry.Proto.Metrics.V1;
using static Embedded.Tests.Ingest.Payloads;

namespace Embedded.Tests.Ingest;

/// <summary>What the receivers do not take.</summary>
public sealed class RefusalTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task Wrong_types_methods_paths_and_bodies_get_their_4xx()
    {
        await using var engine = await Engine.StartAsync();
        var ports = engine.Options.Ports;
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, (await engine.PostAsync(ports.OtlpHttp, "/v1/traces", Text("{}", "text/plain"))).StatusCode);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, (await engine.PostAsync(ports.Zipkin, "/api/v2/spans", Text("[]", "text/plain"))).StatusCode);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, (await engine.PostAsync(ports.JaegerThrift, "/api/traces", Text("x", "text/plain"))).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (
            await engine.PostAsync(ports.OtlpHttp, "/v1/traces", Text("{\"resourceSpans\":5}", "application/json"))).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (
            await engine.PostAsync(ports.OtlpHttp, "/v1/traces", Text("\u0001\u0002", "application/x-protobuf"))).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await engine.PostAsync(ports.Zipkin, "/api/v2/spans", Text("{}", "application/json"))).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await engine.PostAsync(ports.JaegerThrift, "/api/traces", Text("x", "application/x-thrift"))).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await engine.PostAsync(ports.OtlpHttp, "/v2/traces", Text("{}", "application/json"))).StatusCode);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, (await engine.Client.GetAsync($"http://127.0.0.1:{ports.OtlpHttp}/v1/traces")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await engine.PostAsync(ports.OtlpHttp, "/v1/traces", Text("{}", "application/json"))).StatusCode);
    }

    [Fact]
    public async Task A_broken_grpc_message_is_the_senders_fault()
    {
        await using var engine = await Engine.StartAsync();
        using var request = new HttpRequestMessage(
            HttpMethod.Post, $"http://127.0.0.1:{engine.Options.Ports.OtlpGrpc}/opentelemetry.proto.collector.trace.v1.TraceService/Export")
        {
            Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact,
                Content = new ByteArrayContent([0, 0, 0, 0, 4, 0xFF, 0xFF, 0xFF, 0xFF]),
        };
        request.Content.Headers.ContentType = new("application/grpc");
        request.Headers.TE.Add(new("trailers"));
        using var response = await engine.Client.SendAsync(request);
        await response.Content.ReadAsByteArrayAsync();
        var status = response.Headers.TryGetValues("grpc-status", out var values) ? values : response.TrailingHeaders.GetValues("grpc-status");
        Assert.Equal("3", Assert.Single(status));
    }

    [Fact]
    public async Task Foreign_hosts_and_origins_are_refused()
    {
        await using var engine = await Engine.StartAsync();
        var port = engine.Options.Ports.OtlpHttp;
        Assert.Equal(HttpStatusCode.Forbidden, (await engine.PostAsync(
            port, "/v1/traces", Text("{}", "application/json"), ("Host", "evil.example"))).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await engine.PostAsync(
            port, "/v1/traces", Text("{}", "application/json"), ("Origin", "http://evil.example"))).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await engine.PostAsync(port, "/v1/traces", Text("{}", "application/json"), ("Origin", "null"))).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (
            await engine.PostAsync(port, "/v1/traces", Text("{}", "application/json"), ("Sec-Fetch-Site", "cross-site"))).StatusCode);
        foreach (var listener in engine.Options.Listeners.Where(listener => listener.Number != engine.Options.Ports.OtlpGrpc))
        {
            var address = $"http://127.0.0.1:{listener.Number}/";
            using var request = new HttpRequestMessage(HttpMethod.Get, address) { Headers = { Host = "evil.example" } };
            Assert.Equal(HttpStatusCode.Forbidden, (await engine.Client.SendAsync(request)).StatusCode);
            using var preflight = new HttpRequestMessage(HttpMethod.Options, address) { Headers = { { "Origin", "http://evil.example" } } };
            var answer = await engine.Client.SendAsync(preflight);
            Assert.DoesNotContain(answer.Headers, header => header.Key.StartsWith("Access-Control", StringComparison.Ordinal));
        }

        var own = await engine.PostAsync(port, "/v1/traces", Text("{}", "application/json"), ("Origin", $"http://127.0.0.1:{port}"));
        Assert.Equal(HttpStatusCode.OK, own.StatusCode);
        Assert.False(own.Headers.Contains("Access-Control-Allow-Origin"));
    }

    [Fact]
    public async Task No_address_leads_to_a_file()
    {
        await using var engine = await Engine.StartAsync();
        foreach (var port in (int[])[engine.Options.Ports.Grafana, engine.Options.Ports.Prometheus, engine.Options.Ports.Loki, engine.Options.Ports.Tempo])
        {
            foreach (var path in (string[])["/..%2fembedded.json", "/dashboards/..%2f..%2fembedded", "/d/%2e%2e%2fstore.db", "/app.css%00", "/data/store.db"])
            {
                using var answer = await engine.Client.GetAsync($"http://127.0.0.1:{port}{path}");
                Assert.InRange((int)answer.StatusCode, 400, 404);
            }
        }
    }

    [Fact]
    public async Task Beyond_loopback_everything_but_readiness_needs_the_token()
    {
        await using var engine = await Engine.StartAsync(options => options with { BindAddress = IPAddress.Any, Token = "0123456789abcdef" });
        var ports = engine.Options.Ports;
        Assert.Equal(HttpStatusCode.Unauthorized, (await engine.PostAsync(ports.OtlpHttp, "/v1/traces", Text("{}", "application/json"))).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized,
            (await engine.PostAsync(ports.OtlpHttp, "/v1/traces", Text("{}", "application/json"), ("Authorization", "Bearer wrong"))).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await engine.PostAsync(
            ports.OtlpHttp, "/v1/traces", Text("{}", "application/json"), ("Authorization", "Bearer 0123456789abcdef"))).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await engine.Client.GetAsync($"http://127.0.0.1:{ports.Prometheus}/api/v1/targets")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await engine.Client.GetAsync($"http://127.0.0.1:{ports.Prometheus}/-/ready")).StatusCode);
    }

    [Fact]
    public async Task A_grpc_message_over_the_limit_is_resource_exhausted_also_when_compressed()
    {
        await using var engine = await Engine.StartAsync();
        using var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{engine.Options.Ports.OtlpGrpc}", new GrpcChannelOptions { MaxSendMessageSize = null });
        var large = Span(1);
        large.Name = new string('a', 17 * 1024 * 1024);
        var refused = await Assert.ThrowsAsync<RpcException>(async () =>
            await new TraceService.TraceServiceClient(channel).ExportAsync(Traces(large), new Metadata { { "grpc-internal-encoding-request", "gzip" } }));
        Assert.Equal(StatusCode.ResourceExhausted, refused.StatusCode);
    }

    [Fact]
    public void Attributes_are_capped_and_what_was_cut_is_counted()
    {
        var counters = new EngineCounters();
        var span = Span(1);
        for (var i = 0; i < 300; i++)
            span.Attributes.Add(OtlpValues.Text($"k{i}", "v"));
        span.Attributes[0].Value.StringValue = new string('x', 100_000);
        var nested = new AnyValue { StringValue = "deep" };
        for (var i = 0; i < 40; i++)
            nested = new AnyValue { ArrayValue = new ArrayValue { Values = { nested } } };
        span.Attributes[1].Value = nested;
        var stored = OpenTelemetry.Proto.Trace.V1.Span.Parser.ParseFrom(Assert.Single(OtlpSpans.From(Traces(span), counters).Spans).Span);
        Assert.Equal((OtlpLimits.Attributes, 44U, OtlpLimits.Text),
            (stored.Attributes.Count, stored.DroppedAttributesCount, stored.Attributes[0].Value.StringValue.Length));
        Assert.Equal((44, 1, 1), (counters.Value("truncated_attributes", "count"), counters.Value("truncated_attributes", "length"),
            counters.Value("truncated_attributes", "depth")));
    }

    [Fact]
    public void What_would_multiply_is_refused_and_counted()
    {
        var counters = new EngineCounters();
        var point = new HistogramDataPoint { Count = 1 };
        for (var i = 0; i < 300; i++)
            point.Attributes.Add(OtlpValues.Text($"k{i}", "v"));
        for (var i = 0; i < 20_000; i++)
            point.ExplicitBounds.Add(i);
        point.BucketCounts.AddRange(Enumerable.Repeat(1UL, 20_001));
        for (var i = 0; i < 100_000; i++)
            point.Exemplars.Add(new Exemplar { AsDouble = i / 10.0 });
        var histogram = new Histogram { AggregationTemporality = AggregationTemporality.Cumulative, DataPoints = { point } };
        var accepted = OtlpMetrics.From(Metrics(new Metric { Name = "m", Histogram = histogram }), 1, counters);
        Assert.InRange(accepted.Batch.Samples.Sum(sample => (long)sample.Labels.Count), 1_900_000, 2_000_000);
        Assert.Equal(20_002, accepted.Batch.Samples.Count + accepted.Rejected);
        Assert.Equal((accepted.Rejected, 44), (counters.Value("rejected_data_points", "invalid"), counters.Value("truncated_attributes", "count")));
        Assert.Equal(1, accepted.Batch.Samples[1].Exemplar!.Value);
    }

    [Fact]
    public void Attributes_of_one_label_name_are_one_label()
    {
        var point = new NumberDataPoint { AsInt = 1, Attributes = { OtlpValues.Text("a.b", "1"), OtlpValues.Text("a_b", "2") } };
        var metric = new Metric { Name = "m", Gauge = new Gauge { DataPoints = { point } } };
        var sample = Assert.Single(OtlpMetrics.From(Metrics(metric), 1, new EngineCounters()).Batch.Samples);
        Assert.Equal([new("__name__", "m"), new("a_b", "1;2")], sample.Labels);
    }

    private static ExportMetricsServiceRequest Metrics(Metric metric) =>
        new() { ResourceMetrics = { new ResourceMetrics { ScopeMetrics = { new ScopeMetrics { Metrics = { metric } } } } } };
}
