using System.Net.Http.Headers;
using System.Text;
using System.Text.RegularExpressions;
using Google.Protobuf;
using MicroMonitored.Embedded.Store;
using MicroMonitored.Protocols.Otlp;
using OpenTelemetry.Proto.Collector.Logs.V1;
using OpenTelemetry.Proto.Collector.Metrics.V1;
using OpenTelemetry.Proto.Collector.Trace.V1;
using Snappier;
using static Embedded.Tests.Ingest.Payloads;

namespace Embedded.Tests.Ingest;

/// <summary>A whole engine under broken and hostile bodies: what is valid is kept, what is not is the sender's fault, and every answer is still one.</summary>
public sealed partial class HostileTrafficTests
{
    private const int Bodies = 4000;

    [Fact]
    public async Task Everything_valid_is_kept_and_everything_stored_can_be_shown()
    {
        await using var engine = await Engine.StartAsync();
        var ports = engine.Options.Ports;
        byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);
        byte[] Proto<T>(string json)
            where T : IMessage<T>, new() => OtlpJson.Parse<T>(Utf8(json)).ToByteArray();
        (int Port, string Path, string Type, bool Snappy, byte[] Body)[] kinds =
        [
            (ports.OtlpHttp, "/v1/traces", "application/x-protobuf", false, Proto<ExportTraceServiceRequest>(Json)),
            (ports.OtlpHttp, "/v1/traces", "application/json", false, Utf8(Json)),
            (ports.OtlpHttp, "/v1/metrics", "application/x-protobuf", false, Proto<ExportMetricsServiceRequest>(JsonMetrics)),
            (ports.OtlpHttp, "/v1/metrics", "application/json", false, Utf8(JsonMetrics)),
            (ports.OtlpHttp, "/v1/logs", "application/x-protobuf", false, Proto<ExportLogsServiceRequest>(JsonLogs)),
            (ports.OtlpHttp, "/v1/logs", "application/json", false, Utf8(JsonLogs)),
            (ports.Zipkin, "/api/v2/spans", "application/json", false, Utf8(ZipkinJson)),
            (ports.JaegerThrift, "/api/traces", "application/x-thrift", false, JaegerBatch()),
            (ports.Loki, "/loki/api/v1/push", "application/json", false, Utf8(LokiJson)),
            (ports.Loki, "/loki/api/v1/push", "application/x-protobuf", true, LokiPushOf("{app=\"shop\"}").ToByteArray()),
            (ports.Prometheus, "/api/v1/write", "application/x-protobuf", true, Write(1000, 2000).ToByteArray()),
        ];
        var (bodies, refused, valid) = (0, 0, 0);
        var extremes = kinds.Index().Where(static kind => kind.Item.Type == "application/json")
            .SelectMany(static kind => Extremes(Encoding.UTF8.GetString(kind.Item.Body)).Select(text => (kind.Index, Encoding.UTF8.GetBytes(text))));
        foreach (var (kind, body) in extremes.Concat(Fuzz.Mutations([.. kinds.Select(static kind => kind.Body)]).Take(Bodies)))
        {
            bodies++;
            var (port, path, type, snappy, _) = kinds[kind];
            var (status, reason) = await SendAsync(port, path, type, snappy ? Snappy.CompressToArray(body) : body);
            Assert.True(status is >= 200 and < 500, $"{path} {type}: {status} {reason}\n{Convert.ToHexString(body)} ({Encoding.UTF8.GetString(body)})");
            if (status >= 400)
            {
                refused++;
                Assert.NotEmpty(reason);
            }

            if (refused % 10 == 0)
                Assert.Equal(200, (await SendAsync(ports.OtlpHttp, "/v1/traces", "application/x-protobuf", Valid(++valid))).Status);
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{bodies} bodies, {refused} refused, {valid} valid ones between them");
        for (var id = 1; id <= valid; id++)
            Assert.Single(engine.Store.Spans.Trace(Trace(id), default));
        await engine.Store.CompactAsync(default);
        var addresses = Addresses(engine).ToList();
        foreach (var (port, address) in addresses)
        {
            using var answer = await engine.Client.GetAsync($"http://127.0.0.1:{port}{address}");
            var text = await answer.Content.ReadAsStringAsync();
            Assert.True(answer.IsSuccessStatusCode, $"{address}: {answer.StatusCode} {text}");
            Assert.DoesNotContain('\u001b', text);
        }

        async Task<(int Status, string Reason)> SendAsync(int port, string path, string type, byte[] body)
        {
            using var content = new ByteArrayContent(body);
            content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
            using var answer = await engine.PostAsync(port, path, content);
            return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync());
        }
    }

    /// <summary>The text with each of its numbers, one after the other, as it should not be.</summary>
    private static IEnumerable<string> Extremes(string json) =>
        from number in Number().Matches(json)
        from extreme in (string[])["0", "-1", "2147483648", "253402300800000", "253402300800000000000", "9223372036854775807", "18446744073709551615", "1e308"]
        select $"{json[..number.Index]}{extreme}{json[(number.Index + number.Length)..]}";

    [GeneratedRegex("(?<=[:\\[\"])[0-9.]+(?=[,\"\\]}])")]
    private static partial Regex Number();

    private static byte[] Trace(int id) => [9, 9, 9, 9, 0, 0, 0, 0, 0, 0, 0, 0, (byte)(id >> 24), (byte)(id >> 16), (byte)(id >> 8), (byte)id];

    private static byte[] Valid(int id)
    {
        var span = Span(1);
        span.TraceId = ByteString.CopyFrom(Trace(id));
        return Traces(span).ToByteArray();
    }

    /// <summary>Every page and every list, each stored stream, series and trace looked at, over all of time.</summary>
    private static IEnumerable<(int Port, string Address)> Addresses(Engine engine)
    {
        var ports = engine.Options.Ports;
        foreach (var page in (string[])["/", "/logs", "/traces", "/metrics", "/map", "/alerts", "/dashboards", "/explore"])
        {
            yield return (ports.Grafana, page);
            yield return (ports.Grafana, $"{page}?from=0&to=4102444800000");
        }

        foreach (var path in (string[])["/api/v1/labels", "/api/v1/metadata", "/api/v1/label/__name__/values", "/api/v1/targets", "/metrics"])
            yield return (ports.Prometheus, path);
        foreach (var series in engine.Store.Metrics.Series([], MetricStore.MaxSeries, default).Take(500))
        {
            var selector = Uri.EscapeDataString($"{{__name__=\"{series.Labels.First(static label => label.Key == "__name__").Value}\"}}");
            yield return (ports.Prometheus, $"/api/v1/query?query={selector}%5B10y%5D&time=1795394188");
            yield return (ports.Prometheus, $"/api/v1/query_exemplars?query={selector}&start=0&end=4102444800");
        }

        foreach (var path in (string[])["labels", "label/app/values", "series?start=1&match[]={app=~\".%2B\"}",
            "query_range?start=1&limit=5000&query={service_name=~\".%2B\"}"])
            yield return (ports.Loki, $"/loki/api/v1/{path}");
        foreach (var path in (string[])["search", "search?q={}&limit=1000", "v2/search/tags", "search/tag/service.name/values", "v2/search/tag/.a/values"])
            yield return (ports.Tempo, $"/api/{path}");
        foreach (var trace in engine.Store.Spans.Search(new() { Limit = 300 }, default))
        {
            yield return (ports.Tempo, $"/api/v2/traces/{Convert.ToHexString(trace)}");
            yield return (ports.Tempo, $"/api/traces/{Convert.ToHexString(trace)}");
            yield return (ports.Grafana, $"/trace/{Convert.ToHexStringLower(trace)}");
        }
    }
}
