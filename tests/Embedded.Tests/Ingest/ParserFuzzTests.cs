using System.Text;
using System.Text.Json;
using Google.Protobuf;
using MicroMonitored.Embedded.Ingest;
using MicroMonitored.Embedded.Ingest.Otlp;
using MicroMonitored.Embedded.Ingest.Scrape;
using MicroMonitored.Embedded.Ingest.Tail;
using MicroMonitored.Embedded.Ingest.Wire;
using MicroMonitored.Embedded.Store;
using MicroMonitored.Embedded.Web;
using MicroMonitored.Protocols.Exposition;
using MicroMonitored.Protocols.Jaeger;
using MicroMonitored.Protocols.Otlp;
using MicroMonitored.Protocols.Zipkin;
using Microsoft.AspNetCore.Http;
using OpenTelemetry.Proto.Collector.Logs.V1;
using OpenTelemetry.Proto.Collector.Metrics.V1;
using OpenTelemetry.Proto.Collector.Trace.V1;
using Snappier;
using static Embedded.Tests.Ingest.Payloads;

namespace Embedded.Tests.Ingest;

/// <summary>Every parser of what comes in, with mutated and random bytes: taken or refused with a reason, and nothing else.</summary>
public sealed class ParserFuzzTests : IDisposable
{
    private const int Inputs = 30_000;
    private readonly EngineCounters _counters = new();
    private readonly RequestBody _body = new();

    public void Dispose() => _body.Dispose();

    [Fact]
    public void Otlp_traces()
    {
        Protobuf<ExportTraceServiceRequest>([Traces(Span(1), Span(2)), OtlpJson.Parse<ExportTraceServiceRequest>(Bytes(Json))], Take);
        JsonOf<ExportTraceServiceRequest>(Json, Take);

        void Take(ExportTraceServiceRequest request) => OtlpSpans.From(request, _counters);
    }

    [Fact]
    public void Otlp_metrics()
    {
        Protobuf<ExportMetricsServiceRequest>([OtlpJson.Parse<ExportMetricsServiceRequest>(Bytes(JsonMetrics))], Take);
        JsonOf<ExportMetricsServiceRequest>(JsonMetrics, Take);

        void Take(ExportMetricsServiceRequest request) => OtlpMetrics.From(request, 1, _counters);
    }

    [Fact]
    public void Otlp_logs()
    {
        Protobuf<ExportLogsServiceRequest>([OtlpJson.Parse<ExportLogsServiceRequest>(Bytes(JsonLogs))], Take);
        JsonOf<ExportLogsServiceRequest>(JsonLogs, Take);

        void Take(ExportLogsServiceRequest request) => OtlpLogs.From(request, 1, _counters);
    }

    [Fact]
    public void Zipkin() => Fuzz.Bytes(Inputs, [Bytes(ZipkinJson)], Refuses, bytes => OtlpSpans.From(ZipkinReader.Read(bytes), _counters));

    [Fact]
    public void Jaeger() => Fuzz.Bytes(Inputs, [JaegerBatch()], Refuses, bytes => OtlpSpans.From(JaegerReader.Read(bytes), _counters));

    [Fact]
    public void Loki_json() => Fuzz.Bytes(Inputs, [Bytes(LokiJson)], Refuses, bytes => Push(bytes, "application/json"));

    [Fact]
    public void Loki_protobuf()
    {
        var push = LokiPushOf("{app=\"shop\", level=\"say \\\"hi\\\"\"}");
        Fuzz.Bytes(Inputs, [push.ToByteArray()], Refuses, bytes => Push(Snappy.CompressToArray(bytes), "application/x-protobuf"));
        Fuzz.Bytes(Inputs, [Snappy.CompressToArray(push.ToByteArray())], Refuses, bytes => Push(bytes, "application/x-protobuf"));
    }

    [Fact]
    public void Remote_write() => Fuzz.Bytes(
        Inputs, [Write(1000, 2000).ToByteArray()], Refuses, bytes => RemoteWrite.From(WriteRequest.Parser.ParseFrom(bytes), _counters));

    [Fact]
    public void Log_lines() => Fuzz.Bytes(
        Inputs,
        [Bytes("""{"timestamp":"2026-11-23T00:36:28.963098312Z","level":"information","trace_id":"0af7","x":{"a":[1,{"b":"\u00e9"}]},"message":"m"}""")],
        static _ => false,
        static bytes => LogLine.Parse(bytes, cut: bytes.Length % 2 == 0));

    [Theory]
    [InlineData("scrape-openmetrics.txt", true)]
    [InlineData("scrape-text.txt", false)]
    public void Exposition(string file, bool openMetrics)
    {
        var lines = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Fixtures", "real", "prometheus", file)).Where(static line => line != "# EOF");
        Fuzz.Texts(Inputs, lines.Chunk(30).Select(static part => string.Join('\n', part) + "\n# EOF\n"),
            ["{", "}", "\"", "\\", "#", "\n", ",", "=", " ", "1e999", "NaN", "# TYPE a histogram\n", "le=\"1\"", "# EOF\n"],
            static exception => exception is ExpositionException, content => ExpositionParser.Parse(content, openMetrics, TargetScraper.SampleLimit));
    }

    [Fact]
    public void Discovery_files() => Fuzz.Bytes(
        Inputs, [Bytes("""[{"targets":["h:80","[::1]:9"],"labels":{"job":"a","__scheme__":"https","__metrics_path__":"/x?y=z"} },{"targets":[]}]""")],
        static exception => exception is JsonException or InvalidOperationException, static bytes => FileDiscovery.Parse(bytes, "f"));

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static bool Refuses(Exception exception) => exception is FormatException or InvalidProtocolBufferException or IngestException
        or BadHttpRequestException { StatusCode: >= 400 and < 500 };

    private static void Protobuf<T>(T[] seeds, Action<T> take)
        where T : IMessage<T>, new() => Fuzz.Bytes(Inputs, [.. seeds.Select(static seed => seed.ToByteArray())], Refuses, bytes =>
        {
            var message = new T();
            message.MergeFrom(bytes);
            take(message);
        });

    private static void JsonOf<T>(string seed, Action<T> take)
        where T : IMessage<T>, new() => Fuzz.Bytes(Inputs, [Bytes(seed)], Refuses, bytes => take(OtlpJson.Parse<T>(bytes)));

    private void Push(byte[] body, string type)
    {
        var context = new DefaultHttpContext { Request = { Method = "POST", ContentType = type, Body = new MemoryStream(body) } };
        LokiPush.ReadAsync(context.Request, _body, default).GetAwaiter().GetResult();
    }
}
