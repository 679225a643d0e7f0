using System.Net;
using System.Text;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using MicroMonitored.Embedded.Ingest.Otlp;
using MicroMonitored.Embedded.Store;
using MicroMonitored.Protocols.Jaeger;
using MicroMonitored.Protocols.Otlp;
using MicroMonitored.Protocols.Zipkin;
using OpenTelemetry.Proto.Collector.Trace.V1;
using OpenTelemetry.Proto.Common.V1;
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
        var own = await engine.PostAsync(port, "/v1/traces", Text("{}", "application/json"), ("Origin", $"http://127.0.0.1:{port}"));
        Assert.Equal(HttpStatusCode.OK, own.StatusCode);
        Assert.False(own.Headers.Contains("Access-Control-Allow-Origin"));
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
    public async Task A_gzip_bomb_is_refused_without_growing_the_memory()
    {
        using var folder = new TemporaryFolder();
        var ports = Configurations.FreePorts();
        using var engine = new EngineProcess(Configurations.Write(folder, ports));
        await engine.WaitUntilReadyAsync(ports.Prometheus);
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(30) };
        Assert.Equal(HttpStatusCode.OK, await SendAsync(Gzip(Traces(Span(1)).ToByteArray())));
        var before = engine.WorkingSet;
        var bomb = Gzip(new byte[200_000_000]);
        Assert.All(await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => SendAsync(bomb))), status =>
            Assert.Equal(HttpStatusCode.RequestEntityTooLarge, status));
        Assert.True(engine.WorkingSet - before < 100_000_000, $"The working set grew by {engine.WorkingSet - before} bytes.");

        async Task<HttpStatusCode> SendAsync(byte[] body)
        {
            using var content = new ByteArrayContent(body);
            content.Headers.ContentType = new("application/x-protobuf");
            content.Headers.ContentEncoding.Add("gzip");
            using var response = await client.PostAsync($"http://127.0.0.1:{ports.OtlpHttp}/v1/traces", content);
            return response.StatusCode;
        }
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
    public void Mutated_payloads_are_taken_or_refused_and_nothing_else()
    {
        var counters = new EngineCounters();
        const string zipkin =
            """[{"traceId":"0102030405060708","id":"a1","timestamp":1,"duration":2,"tags":{"a":"b"},"annotations":[{"timestamp":1,"value":"x"}]}]""";
        byte[][] seeds = [Traces(Span(1), Span(2)).ToByteArray(), Encoding.UTF8.GetBytes(Json), Encoding.UTF8.GetBytes(zipkin), JaegerBatch()];
        Action<byte[]>[] parsers =
        [
            bytes => OtlpSpans.From(ExportTraceServiceRequest.Parser.ParseFrom(bytes), counters),
            bytes => OtlpSpans.From(OtlpJson.Parse<ExportTraceServiceRequest>(bytes), counters),
            bytes => OtlpSpans.From(ZipkinReader.Read(bytes), counters),
            bytes => OtlpSpans.From(JaegerReader.Read(bytes), counters),
        ];
        var random = new Random(5);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var round = 0; round < 12_000; round++)
        {
            var which = round % seeds.Length;
            var bytes = (byte[])seeds[which].Clone();
            for (var change = random.Next(1, 6); change > 0; change--)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            try
            {
                parsers[which](bytes[..random.Next(bytes.Length + 1)]);
            }
            catch (Exception exception) when (exception is FormatException or InvalidProtocolBufferException)
            {
            }
        }

        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 3_000_000_000);
    }
}
