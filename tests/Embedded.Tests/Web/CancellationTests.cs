using System.Diagnostics;
using System.Globalization;
using Embedded.Tests.Ingest;
using Google.Protobuf;
using MicroMonitored.Embedded.Store;
using MicroMonitored.Protocols.Exposition;
using static Embedded.Tests.Ingest.Payloads;

namespace Embedded.Tests.Web;

/// <summary>Queries that would run to their limit of 30 s: nobody waits for them but who asked, and they end when that one goes away.</summary>
public sealed class CancellationTests
{
    /// <summary>As many as the engine answers at a time.</summary>
    private const int Queries = 16;
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task A_query_ends_with_its_client_and_holds_neither_the_writer_nor_the_next()
    {
        using var folder = new TemporaryFolder();
        var now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        await FillAsync(folder.File("data"), now);
        var ports = Configurations.FreePorts();
        using var engine = new EngineProcess(Configurations.Write(folder, ports));
        await engine.WaitUntilReadyAsync(ports.Prometheus);
        using var client = new HttpClient { Timeout = TimeSpan.FromMinutes(1) };
        var (from, to) = (now - 3_600_000, now);
        var shaped = string.Concat(Enumerable.Repeat("|json|line_format \"{{__line__|upper|replace \\\"X\\\" \\\"y\\\"}}\"", 3));
        (int Port, string Slow, string Quick)[] languages =
        [
            (ports.Prometheus,
                $"/api/v1/query_range?start={from / 1000}&end={to / 1000}&step=1&query=sum(quantile_over_time(0.5,rate(m[10m])[30m:1s]))",
                "/api/v1/query?query=1"),
            (ports.Loki,
                $"/loki/api/v1/query_range?start={from}000000&end={to}000000&step=1&query=sum(rate({{job=\"a\"}}{shaped}|~\"(x|y)*z\"[30m]))",
                "/loki/api/v1/labels"),
            (ports.Tempo,
                $"/api/metrics/query_range?start={from / 1000}&end={to / 1000}&step=10s&q={{}}>>{{}}|quantile_over_time(duration,.9)by(span.a)", "/api/echo"),
        ];
        foreach (var (port, slow, quick) in languages)
        {
            using var gone = new CancellationTokenSource();
            var asked = Enumerable.Range(0, Queries).Select(_ => client.GetAsync($"http://127.0.0.1:{port}{slow}", gone.Token)).ToList();
            await Task.Delay(1000);
            var clock = Stopwatch.StartNew();
            using (var content = new ByteArrayContent(Traces(Span(1)).ToByteArray()))
            {
                content.Headers.ContentType = new("application/x-protobuf");
                using var stored = await client.PostAsync($"http://127.0.0.1:{ports.OtlpHttp}/v1/traces", content);
                Assert.True(stored.IsSuccessStatusCode && clock.Elapsed < Soon, $"{slow}: a span was {stored.StatusCode} after {clock.Elapsed}");
            }

            Assert.DoesNotContain(asked, static query => query.IsCompleted);
            await gone.CancelAsync();
            foreach (var query in asked)
                await ((Task)query).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            clock.Restart();
            using var answer = await client.GetAsync($"http://127.0.0.1:{port}{quick}");
            Assert.True(answer.IsSuccessStatusCode && clock.Elapsed < Soon, $"{quick}: {answer.StatusCode} after {clock.Elapsed}");
        }
    }

    private static async Task FillAsync(string folder, long now)
    {
        await using var store = new TelemetryStore(folder, new EngineCounters());
        for (var part = 0; part < 40; part++)
        {
            await store.Metrics.AppendAsync(new([.. Enumerable.Range(0, 100).SelectMany(second => Enumerable.Range(0, 50).Select(series => new NewSample(
                [new("__name__", "m"), new("n", series.ToString(CultureInfo.InvariantCulture))],
                new(now - 4_000_000 + (part * 100_000) + (second * 1000), part + second))))], new Dictionary<string, MetricMetadata>()), default);
            await store.Logs.AppendAsync([.. Enumerable.Range(0, 2000).Select(line => new LogRecord(
                [new("job", "a"), new("service_name", "a")], (now - 3_500_000 + (part * 80_000) + line) * 1_000_000,
                $"{{\"a\":\"{new string('X', 300)}\",\"n\":{line}}}", []))], default);
            await store.Spans.AppendAsync([.. Enumerable.Range(0, 500).Select(trace =>
            {
                var span = Span(1);
                var id = new byte[16];
                BitConverter.TryWriteBytes(id, (part * 500) + trace + 1);
                var start = (now - 3_500_000 + (part * 80_000) + trace) * 1_000_000;
                return new StoredSpan(id, [0, 0, 0, 0, 0, 0, 0, 1], null, "shop", "GET /a", 2, start, start + 1_000_000,
                    span.ToByteArray(), [], []);
            })], default);
        }
    }
}
