using System.Buffers.Binary;
using System.IO.Compression;
using System.Net;
using System.Text;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using MicroMonitored.Embedded.Ingest;
using MicroMonitored.Embedded.Ingest.Jaeger;
using MicroMonitored.Embedded.Ingest.Otlp;
using MicroMonitored.Embedded.Ingest.Zipkin;
using MicroMonitored.Embedded.Store;
using OpenTelemetry.Proto.Collector.Logs.V1;
using OpenTelemetry.Proto.Collector.Metrics.V1;
using OpenTelemetry.Proto.Collector.Trace.V1;
using OpenTelemetry.Proto.Common.V1;
using OpenTelemetry.Proto.Metrics.V1;
using OpenTelemetry.Proto.Resource.V1;
using OpenTelemetry.Proto.Trace.V1;
using Status = OpenTelemetry.Proto.Trace.V1.Status;

namespace Embedded.Tests.Ingest;

public sealed class ReceiverTests
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly byte[] TraceId = [.. Enumerable.Range(1, 16).Select(i => (byte)i)];
    private const string TraceHex = "0102030405060708090a0b0c0d0e0f10";

    private const string Json = """
        {"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},
        "scopeSpans":[{"scope":{"name":"s"},"spans":[{"traceId":"0102030405060708090A0B0C0D0E0F10","spanId":"0000000000000001","parentSpanId":"","name":"GET /a","kind":2,
        "startTimeUnixNano":"1795394188000000000","endTimeUnixNano":1795394189000000000,"futureField":{"x":[1]},
        "attributes":[{"key":"n","value":{"intValue":"5"}},{"key":"d","value":{"doubleValue":0.5}},{"key":"b","value":{"boolValue":true}},{"key":"l","value":{"arrayValue":{"values":[{"stringValue":"x"}]}}}],
        "events":[{"timeUnixNano":"1","name":"e"}],"links":[{"traceId":"0102030405060708090a0b0c0d0e0f11","spanId":"0000000000000002"}],"status":{"code":2,"message":"m"}}]}]}]}
        """;

    [Fact]
    public async Task Grpc_protobuf_and_json_store_the_same_spans()
    {
        await using var engine = await Engine.StartAsync();
        using var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{engine.Options.Ports.OtlpGrpc}");
        var request = Traces(Span(1), Span(2));
        Assert.Null((await new TraceService.TraceServiceClient(channel).ExportAsync(request)).PartialSuccess);
        Assert.Equal(2, engine.Store.Spans.Trace(TraceId, None).Count);

        request = Traces(Span(3));
        var compressed = new ByteArrayContent(Gzip(request.ToByteArray()));
        compressed.Headers.ContentType = new("application/x-protobuf");
        compressed.Headers.ContentEncoding.Add("gzip");
        Assert.Equal(HttpStatusCode.OK, (await engine.PostAsync(engine.Options.Ports.OtlpHttp, "/v1/traces", compressed)).StatusCode);
        var stored = engine.Store.Spans.Trace(TraceId, None).Single(span => span.SpanId[7] == 3);
        Assert.Equal(Span(3), OpenTelemetry.Proto.Trace.V1.Span.Parser.ParseFrom(stored.Span));

        Assert.Equal(HttpStatusCode.OK, (await engine.PostAsync(engine.Options.Ports.OtlpHttp, "/v1/traces", Text(Json, "application/json; charset=utf-8"))).StatusCode);
        Assert.Equal(3, engine.Store.Spans.Trace(TraceId, None).Count);
    }

    [Fact]
    public void Json_means_what_protobuf_means()
    {
        var expected = new Span
        {
            TraceId = ByteString.CopyFrom(TraceId), SpanId = OtlpSpans.Id(1), Name = "GET /a", Kind = OpenTelemetry.Proto.Trace.V1.Span.Types.SpanKind.Server,
            StartTimeUnixNano = 1795394188000000000, EndTimeUnixNano = 1795394189000000000,
            Attributes =
            {
                new KeyValue { Key = "n", Value = new AnyValue { IntValue = 5 } },
                new KeyValue { Key = "d", Value = new AnyValue { DoubleValue = 0.5 } },
                new KeyValue { Key = "b", Value = new AnyValue { BoolValue = true } },
                new KeyValue { Key = "l", Value = new AnyValue { ArrayValue = new ArrayValue { Values = { new AnyValue { StringValue = "x" } } } } },
            },
            Events = { new Span.Types.Event { TimeUnixNano = 1, Name = "e" } },
            Links = { new Span.Types.Link { TraceId = ByteString.CopyFrom([.. TraceId[..15], 0x11]), SpanId = OtlpSpans.Id(2) } },
            Status = new Status { Code = Status.Types.StatusCode.Error, Message = "m" },
        };
        var request = OtlpJson.Parse<ExportTraceServiceRequest>(Encoding.UTF8.GetBytes(Json));
        Assert.Equal(expected, request.ResourceSpans[0].ScopeSpans[0].Spans[0]);
    }

    [Fact]
    public async Task Invalid_spans_are_refused_one_by_one_and_the_rest_is_kept()
    {
        await using var engine = await Engine.StartAsync();
        using var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{engine.Options.Ports.OtlpGrpc}");
        var bad = Span(9);
        bad.SpanId = ByteString.Empty;
        var answer = await new TraceService.TraceServiceClient(channel).ExportAsync(Traces(Span(1), bad));
        Assert.Equal(1, answer.PartialSuccess.RejectedSpans);
        Assert.Single(engine.Store.Spans.Trace(TraceId, None));
        Assert.Equal(1, engine.Counters.Value("rejected_spans", "invalid"));
    }

    [Fact]
    public async Task Otlp_metrics_become_the_series_Prometheus_would_make()
    {
        await using var engine = await Engine.StartAsync();
        using var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{engine.Options.Ports.OtlpGrpc}");
        var request = new ExportMetricsServiceRequest
        {
            ResourceMetrics =
            {
                new ResourceMetrics
                {
                    Resource = new Resource { Attributes = { OtlpSpans.Text("service.name", "shop"), OtlpSpans.Text("service.instance.id", "i1"), OtlpSpans.Text("host.name", "h") } },
                    ScopeMetrics =
                    {
                        new ScopeMetrics
                        {
                            Metrics =
                            {
                                new Metric
                                {
                                    Name = "orders.placed", Unit = "{order}",
                                    Sum = new Sum { IsMonotonic = true, AggregationTemporality = AggregationTemporality.Cumulative, DataPoints = { new NumberDataPoint { AsInt = 7, TimeUnixNano = 1795394188000000000, Attributes = { OtlpSpans.Text("a.b", "c") } } } },
                                },
                                new Metric
                                {
                                    Name = "http.duration", Unit = "s",
                                    Histogram = new Histogram
                                    {
                                        AggregationTemporality = AggregationTemporality.Cumulative,
                                        DataPoints =
                                        {
                                            new HistogramDataPoint
                                            {
                                                Count = 3, Sum = 1.5, BucketCounts = { 1, 1, 1 }, ExplicitBounds = { 0.5, 1 }, TimeUnixNano = 1795394188000000000,
                                                Exemplars = { new Exemplar { AsDouble = 0.7, TimeUnixNano = 1795394188000000000, TraceId = ByteString.CopyFrom(TraceId) } },
                                            },
                                        },
                                    },
                                },
                                new Metric { Name = "delta", Sum = new Sum { AggregationTemporality = AggregationTemporality.Delta, DataPoints = { new NumberDataPoint { AsInt = 1 } } } },
                            },
                        },
                    },
                },
            },
        };
        var answer = await new MetricsService.MetricsServiceClient(channel).ExportAsync(request);
        Assert.Equal(1, answer.PartialSuccess.RejectedDataPoints);
        Assert.Equal(7, Value(engine, "orders_placed_total{a_b=c,instance=i1,job=shop}"));
        Assert.Equal(2, Value(engine, "http_duration_seconds_bucket{instance=i1,job=shop,le=1.0}"));
        Assert.Equal(3, Value(engine, "http_duration_seconds_bucket{instance=i1,job=shop,le=+Inf}"));
        Assert.Equal(1.5, Value(engine, "http_duration_seconds_sum{instance=i1,job=shop}"));
        Assert.Equal(1, Value(engine, "target_info{host_name=h,instance=i1,job=shop}"));
        var bucket = engine.Store.Metrics.Series([new("le", MatchOperator.Equal, "1.0")], 5, None).Single();
        Assert.Equal(TraceHex, Assert.Single(engine.Store.Metrics.Exemplars([bucket.Id], 0, long.MaxValue, None)).Labels[0].Value);
    }

    [Theory]
    [InlineData("http.server.request.duration", "s", false, false, "http_server_request_duration_seconds")]
    [InlineData("requests", "1", true, false, "requests_total")]
    [InlineData("requests_total", "", true, false, "requests_total")]
    [InlineData("usage", "1", false, true, "usage_ratio")]
    [InlineData("memory.bytes", "By", false, true, "memory_bytes")]
    [InlineData("speed", "m/s", false, true, "speed_meters_per_second")]
    [InlineData("1up", "", false, true, "_1up")]
    [InlineData("a--b", "{thing}", false, true, "a_b")]
    public void Metric_names_get_their_suffixes(string name, string unit, bool counter, bool gauge, string expected) => Assert.Equal(expected, OtlpNames.Metric(name, unit, counter, gauge));

    [Fact]
    public async Task Otlp_logs_become_lines_with_their_trace()
    {
        await using var engine = await Engine.StartAsync();
        const string body = """
            {"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},"scopeLogs":[{"logRecords":[
            {"timeUnixNano":"1795394188000000001","severityNumber":17,"body":{"stringValue":"went wrong"},"traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"0000000000000001"}]}]}]}
            """;
        Assert.Equal(HttpStatusCode.OK, (await engine.PostAsync(engine.Options.Ports.OtlpHttp, "/v1/logs", Text(body, "application/json"))).StatusCode);
        var stream = Assert.Single(engine.Store.Logs.Streams([], None));
        Assert.Equal([new("job", "shop"), new("level", "error"), new("service_name", "shop")], stream.Labels);
        var entry = Assert.Single(engine.Store.Logs.Entries([stream.Id], 0, long.MaxValue, false, None));
        Assert.Equal(("went wrong", 1795394188000000001), (entry.Line, entry.TimestampNs));
        Assert.Contains(new("trace_id", TraceHex), entry.Metadata);
    }

    [Fact]
    public async Task Zipkin_and_Jaeger_spans_are_stored_as_Otlp_spans()
    {
        await using var engine = await Engine.StartAsync();
        const string zipkin = """
            [{"traceId":"0102030405060708090a0b0c0d0e0f10","id":"00000000000000a1","parentId":"00000000000000a0","name":"call","kind":"CLIENT","timestamp":1795394188000001,"duration":250,
            "localEndpoint":{"serviceName":"zip"},"remoteEndpoint":{"serviceName":"db","port":5432},"annotations":[{"timestamp":1795394188000002,"value":"sent"}],"tags":{"http.method":"GET","error":"boom"}}]
            """;
        Assert.Equal(HttpStatusCode.Accepted, (await engine.PostAsync(engine.Options.Ports.Zipkin, "/api/v2/spans", Text(zipkin, "application/json"))).StatusCode);
        var content = new ByteArrayContent(JaegerBatch());
        content.Headers.ContentType = new("application/vnd.apache.thrift.binary");
        Assert.Equal(HttpStatusCode.Accepted, (await engine.PostAsync(engine.Options.Ports.JaegerThrift, "/api/traces?format=jaeger.thrift", content)).StatusCode);

        var spans = engine.Store.Spans.Trace(TraceId, None);
        var fromZipkin = spans.Single(span => span.ServiceName == "zip");
        Assert.Equal(("call", 3, 1795394188000001000, 1795394188000251000, 0xa0), (fromZipkin.Name, fromZipkin.Kind, fromZipkin.StartNs, fromZipkin.EndNs, fromZipkin.ParentSpanId![7]));
        var zipkinSpan = OpenTelemetry.Proto.Trace.V1.Span.Parser.ParseFrom(fromZipkin.Span);
        Assert.Equal((Status.Types.StatusCode.Error, "boom"), (zipkinSpan.Status.Code, zipkinSpan.Status.Message));
        Assert.Contains(OtlpSpans.Text("peer.service", "db"), zipkinSpan.Attributes);
        Assert.Contains(OtlpSpans.Text("http.method", "GET"), zipkinSpan.Attributes);
        Assert.Equal("sent", Assert.Single(zipkinSpan.Events).Name);

        var fromJaeger = spans.Single(span => span.ServiceName == "jae");
        Assert.Equal(("op", 2, 1795394188000005000, 1795394188000012000, 0xa1), (fromJaeger.Name, fromJaeger.Kind, fromJaeger.StartNs, fromJaeger.EndNs, fromJaeger.ParentSpanId![7]));
        var jaegerSpan = OpenTelemetry.Proto.Trace.V1.Span.Parser.ParseFrom(fromJaeger.Span);
        Assert.Equal(new KeyValue { Key = "count", Value = new AnyValue { IntValue = 5 } }, Assert.Single(jaegerSpan.Attributes));
    }

    [Fact]
    public async Task Wrong_types_methods_paths_and_bodies_get_their_4xx()
    {
        await using var engine = await Engine.StartAsync();
        var ports = engine.Options.Ports;
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, (await engine.PostAsync(ports.OtlpHttp, "/v1/traces", Text("{}", "text/plain"))).StatusCode);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, (await engine.PostAsync(ports.Zipkin, "/api/v2/spans", Text("[]", "text/plain"))).StatusCode);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, (await engine.PostAsync(ports.JaegerThrift, "/api/traces", Text("x", "text/plain"))).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await engine.PostAsync(ports.OtlpHttp, "/v1/traces", Text("{\"resourceSpans\":5}", "application/json"))).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await engine.PostAsync(ports.OtlpHttp, "/v1/traces", Text("\u0001\u0002", "application/x-protobuf"))).StatusCode);
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
        using var request = new HttpRequestMessage(HttpMethod.Post, $"http://127.0.0.1:{engine.Options.Ports.OtlpGrpc}/opentelemetry.proto.collector.trace.v1.TraceService/Export")
        {
            Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact, Content = new ByteArrayContent([0, 0, 0, 0, 4, 0xFF, 0xFF, 0xFF, 0xFF]),
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
        Assert.Equal(HttpStatusCode.Forbidden, (await engine.PostAsync(port, "/v1/traces", Text("{}", "application/json"), ("Host", "evil.example"))).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await engine.PostAsync(port, "/v1/traces", Text("{}", "application/json"), ("Origin", "http://evil.example"))).StatusCode);
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
        Assert.Equal(HttpStatusCode.Unauthorized, (await engine.PostAsync(ports.OtlpHttp, "/v1/traces", Text("{}", "application/json"), ("Authorization", "Bearer wrong"))).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await engine.PostAsync(ports.OtlpHttp, "/v1/traces", Text("{}", "application/json"), ("Authorization", "Bearer 0123456789abcdef"))).StatusCode);
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
        Assert.All(await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => SendAsync(bomb))), status => Assert.Equal(HttpStatusCode.RequestEntityTooLarge, status));
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
            span.Attributes.Add(OtlpSpans.Text($"k{i}", "v"));
        span.Attributes[0].Value.StringValue = new string('x', 100_000);
        var nested = new AnyValue { StringValue = "deep" };
        for (var i = 0; i < 40; i++)
            nested = new AnyValue { ArrayValue = new ArrayValue { Values = { nested } } };
        span.Attributes[1].Value = nested;
        var stored = OpenTelemetry.Proto.Trace.V1.Span.Parser.ParseFrom(Assert.Single(OtlpSpans.From(Traces(span), counters).Spans).Span);
        Assert.Equal((OtlpLimits.Attributes, 44U, OtlpLimits.Text), (stored.Attributes.Count, stored.DroppedAttributesCount, stored.Attributes[0].Value.StringValue.Length));
        Assert.Equal((44, 1, 1), (counters.Value("truncated_attributes", "count"), counters.Value("truncated_attributes", "length"), counters.Value("truncated_attributes", "depth")));
    }

    [Fact]
    public void Mutated_payloads_are_taken_or_refused_and_nothing_else()
    {
        var counters = new EngineCounters();
        byte[][] seeds = [Traces(Span(1), Span(2)).ToByteArray(), Encoding.UTF8.GetBytes(Json), Encoding.UTF8.GetBytes("""[{"traceId":"0102030405060708","id":"a1","timestamp":1,"duration":2,"tags":{"a":"b"},"annotations":[{"timestamp":1,"value":"x"}]}]"""), JaegerBatch()];
        Action<byte[]>[] parsers =
        [
            bytes => OtlpSpans.From(ExportTraceServiceRequest.Parser.ParseFrom(bytes), counters),
            bytes => OtlpSpans.From(OtlpJson.Parse<ExportTraceServiceRequest>(bytes), counters),
            bytes => OtlpSpans.From(ZipkinSpans.Parse(bytes), counters),
            bytes => OtlpSpans.From(JaegerSpans.Parse(bytes), counters),
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
            catch (Exception exception) when (exception is IngestException or InvalidProtocolBufferException)
            {
            }
        }

        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 3_000_000_000);
    }

    private static double Value(Engine engine, string series)
    {
        foreach (var set in engine.Store.Metrics.Series([], 1000, None))
            if (series == $"{set.Labels.First(label => label.Key == "__name__").Value}{{{string.Join(',', set.Labels.Where(label => label.Key != "__name__").Select(label => $"{label.Key}={label.Value}"))}}}")
                return engine.Store.Metrics.Newest([set.Id], 0, long.MaxValue, None)[set.Id].Value;
        Assert.Fail($"{series} is not there.");
        return 0;
    }

    private static Span Span(byte id) => new()
    {
        TraceId = ByteString.CopyFrom(TraceId), SpanId = OtlpSpans.Id(id), Name = "GET /a", Kind = OpenTelemetry.Proto.Trace.V1.Span.Types.SpanKind.Server,
        StartTimeUnixNano = 1795394188000000000, EndTimeUnixNano = 1795394189000000000,
    };

    private static ExportTraceServiceRequest Traces(params Span[] spans) => new()
    {
        ResourceSpans = { new ResourceSpans { Resource = new Resource { Attributes = { OtlpSpans.Text("service.name", "shop") } }, ScopeSpans = { new ScopeSpans { Spans = { spans } } } } },
    };

    private static StringContent Text(string text, string type) => new(text, System.Net.Http.Headers.MediaTypeHeaderValue.Parse(type));

    private static byte[] Gzip(byte[] bytes)
    {
        using var stream = new MemoryStream();
        using (var gzip = new GZipStream(stream, CompressionLevel.Fastest))
            gzip.Write(bytes);
        return stream.ToArray();
    }

    /// <summary>One span with a tag, written field by field as the Thrift binary protocol says.</summary>
    private static byte[] JaegerBatch()
    {
        using var stream = new MemoryStream();
        Field(12, 1);
        Binary(1, "jae");
        stream.WriteByte(0);
        Field(15, 2);
        stream.WriteByte(12);
        Int(1);
        Long(1, 0x090a0b0c0d0e0f10);
        Long(2, 0x0102030405060708);
        Long(3, 0xa2);
        Long(4, 0xa1);
        Binary(5, "op");
        Long(8, 1795394188000005);
        Long(9, 7);
        Field(15, 10);
        stream.WriteByte(12);
        Int(2);
        Binary(1, "span.kind");
        Field(8, 2);
        Int(0);
        Binary(3, "server");
        stream.WriteByte(0);
        Binary(1, "count");
        Field(8, 2);
        Int(3);
        Long(6, 5);
        stream.WriteByte(0);
        stream.WriteByte(0);
        stream.WriteByte(0);
        return stream.ToArray();

        void Field(byte type, short id)
        {
            stream.WriteByte(type);
            Span<byte> bytes = stackalloc byte[2];
            BinaryPrimitives.WriteInt16BigEndian(bytes, id);
            stream.Write(bytes);
        }

        void Int(int value)
        {
            Span<byte> bytes = stackalloc byte[4];
            BinaryPrimitives.WriteInt32BigEndian(bytes, value);
            stream.Write(bytes);
        }

        void Long(short id, long value)
        {
            Field(10, id);
            Span<byte> bytes = stackalloc byte[8];
            BinaryPrimitives.WriteInt64BigEndian(bytes, value);
            stream.Write(bytes);
        }

        void Binary(short id, string text)
        {
            Field(11, id);
            Int(text.Length);
            stream.Write(Encoding.ASCII.GetBytes(text));
        }
    }
}
