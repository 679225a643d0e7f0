using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Google.Protobuf;
using Snappier;
using static Embedded.Tests.Ingest.Payloads;

namespace Embedded.Tests.Ingest;

/// <summary>Bodies that are small on the wire and large in memory: by their compression, or by what is made of each of their bytes.</summary>
public sealed class BombTests
{
    private const int Most = 16 * 1024 * 1024;

    [Fact]
    public async Task They_are_refused_without_growing_the_memory()
    {
        using var folder = new TemporaryFolder();
        var ports = Configurations.FreePorts();
        using var engine = new EngineProcess(Configurations.Write(folder, ports));
        await engine.WaitUntilReadyAsync(ports.Prometheus);
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(60) };
        (string Name, int Port, string Path, string Type, string? Encoding, byte[] Body)[] bombs =
        [
            ("zeros", ports.OtlpHttp, "/v1/traces", "application/x-protobuf", "gzip", Gzip(new byte[200_000_000])),
            ("spans", ports.OtlpHttp, "/v1/traces", "application/x-protobuf", "gzip", Gzip(Nested(Most - 100, 1, 2, 2))),
            ("attributes of one span", ports.OtlpHttp, "/v1/traces", "application/x-protobuf", "gzip", Gzip(Nested(Most - 100, 1, 2, 2, 9))),
            ("log records", ports.OtlpHttp, "/v1/logs", "application/x-protobuf", "gzip", Gzip(Nested(Most - 100, 1, 2, 2))),
            ("data points", ports.OtlpHttp, "/v1/metrics", "application/x-protobuf", "gzip", Gzip(Nested(Most - 100, 1, 2, 2, 5, 1))),
            ("JSON spans", ports.OtlpHttp, "/v1/traces", "application/json", "gzip",
                Gzip(Repeated("""{"resourceSpans":[{"scopeSpans":[{"spans":[{}""", ",{}", "]}]}]}"))),
            ("Zipkin annotations", ports.Zipkin, "/api/v2/spans", "application/json", "gzip",
                Gzip(Repeated("""[{"traceId":"1","id":"1","annotations":[{}""", ",{}", "]}]"))),
            ("Zipkin tags", ports.Zipkin, "/api/v2/spans", "application/json", "gzip", Gzip(ZipkinTags())),
            ("Jaeger tags", ports.JaegerThrift, "/api/traces", "application/x-thrift", "gzip", Gzip(JaegerTags())),
            ("Loki lines", ports.Loki, "/loki/api/v1/push", "application/json", "gzip",
                Gzip(Repeated("""{"streams":[{"stream":{"a":"b"},"values":[["1","" ]""", ",[\"1\",\"\"]", "]}]}"))),
            ("Loki entries", ports.Loki, "/loki/api/v1/push", "application/x-protobuf", null, Snappy.CompressToArray(Nested(Most - 100, 1, 2))),
            ("series", ports.Prometheus, "/api/v1/write", "application/x-protobuf", "snappy", Snappy.CompressToArray(Nested(Most - 100, 1))),
            ("exemplars", ports.Prometheus, "/api/v1/write", "application/x-protobuf", "snappy", Snappy.CompressToArray(Nested(Most - 100, 1, 3))),
        ];
        var valid = Gzip(Traces(Span(1)).ToByteArray());
        Assert.Equal(HttpStatusCode.OK, await SendAsync(ports.OtlpHttp, "/v1/traces", "application/x-protobuf", "gzip", valid));
        Assert.Equal("0", await CallAsync(valid));
        var start = engine.WorkingSet;
        var before = start;
        foreach (var (name, port, path, type, encoding, body) in bombs)
        {
            var statuses = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => SendAsync(port, path, type, encoding, body)));
            Assert.All(statuses, status => Assert.Equal((name, HttpStatusCode.RequestEntityTooLarge), (name, status)));
            Grown(name, body.Length);
        }

        var bomb = Gzip(Nested((4 * 1024 * 1024) - 100, 1, 2, 2));
        Assert.All(await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => CallAsync(bomb))), status => Assert.Equal("8", status));
        Grown("spans over gRPC", bomb.Length);

        void Grown(string name, int length)
        {
            var now = engine.WorkingSet;
            TestContext.Current.TestOutputHelper?.WriteLine($"{name}: 4 times {length} bytes, {(now - before) / 1e6:F0} MB more");
            Assert.True(now - before < 100_000_000 && now - start < 150_000_000, $"{name}: {start}, {before}, {now} bytes");
            before = now;
        }

        async Task<string> CallAsync(byte[] body)
        {
            using var request = new HttpRequestMessage(
                HttpMethod.Post, $"http://127.0.0.1:{ports.OtlpGrpc}/opentelemetry.proto.collector.trace.v1.TraceService/Export")
            {
                Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact,
                Content = new ByteArrayContent([1, (byte)(body.Length >> 24), (byte)(body.Length >> 16), (byte)(body.Length >> 8), (byte)body.Length, .. body]),
            };
            request.Content.Headers.ContentType = new("application/grpc");
            request.Content.Headers.Add("grpc-encoding", "gzip");
            request.Headers.TE.Add(new("trailers"));
            using var response = await client.SendAsync(request);
            await response.Content.ReadAsByteArrayAsync();
            return Assert.Single(response.Headers.TryGetValues("grpc-status", out var values) ? values : response.TrailingHeaders.GetValues("grpc-status"));
        }

        async Task<HttpStatusCode> SendAsync(int port, string path, string type, string? encoding, byte[] body)
        {
            using var content = new ByteArrayContent(body);
            content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
            if (encoding is not null)
                content.Headers.ContentEncoding.Add(encoding);
            using var response = await client.PostAsync($"http://127.0.0.1:{port}{path}", content);
            return response.StatusCode;
        }
    }

    /// <summary>Empty messages of the last field, each two bytes, within one message of each field before it.</summary>
    private static byte[] Nested(int length, params int[] fields)
    {
        var inner = new byte[length - (length % 2)];
        for (var i = 0; i < inner.Length; i += 2)
            inner[i] = (byte)((fields[^1] << 3) | 2);
        for (var depth = fields.Length - 2; depth >= 0; depth--)
        {
            using var outer = new MemoryStream();
            using (var output = new CodedOutputStream(outer, leaveOpen: true))
            {
                output.WriteTag(fields[depth], WireFormat.WireType.LengthDelimited);
                output.WriteLength(inner.Length);
            }

            outer.Write(inner);
            inner = outer.ToArray();
        }

        return inner;
    }

    private static byte[] Repeated(string start, string part, string end)
    {
        var text = new StringBuilder(start, Most);
        while (text.Length + part.Length + end.Length < Most)
            text.Append(part);
        return Encoding.ASCII.GetBytes(text.Append(end).ToString());
    }

    private static byte[] ZipkinTags()
    {
        var text = new StringBuilder("""[{"traceId":"1","id":"1","tags":{"":"" """);
        for (var i = 0; text.Length < Most - 100; i++)
            text.Append($",\"{i:x}\":\"\"");
        return Encoding.ASCII.GetBytes(text.Append("}}]").ToString());
    }

    /// <summary>A batch whose process has a list of as many empty tags as there are bytes: a struct that ends at once is one zero.</summary>
    private static byte[] JaegerTags()
    {
        var body = new byte[Most - 100];
        byte[] start = [12, 0, 1, 15, 0, 2, 12, 0, 0xff, 0xff, 0x00];
        start.CopyTo(body, 0);
        return body;
    }
}
