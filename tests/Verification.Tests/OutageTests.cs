using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using MicroMonitored.Protocols.Exposition;
using MicroMonitored.Verification.Clients;

namespace MicroMonitored.Verification.Tests;

/// <summary>The template's services as processes, while the OTLP receiver is away.</summary>
public sealed class OutageTests
{
    private const int RequestsPerSecond = 15;
    private const int SpansPerRequest = 3;
    private const string Lost = "otel_sdk_processor_span_processed_total";

    /// <summary>Seconds of <c>MICROMONITORED_OUTAGE</c>, or more than the exporter's standard timeout of 10 s.</summary>
    private static readonly TimeSpan Away = TimeSpan.FromSeconds(
        int.TryParse(Environment.GetEnvironmentVariable("MICROMONITORED_OUTAGE"), CultureInfo.InvariantCulture, out var seconds) ? seconds : 12);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task No_span_of_an_outage_is_lost_and_no_request_is_slower_for_it()
    {
        await using var stack = await ShopStack.StartAsync();
        using var load = new Load(stack);
        var before = await load.RunAsync(TimeSpan.FromSeconds(4), Cancellation);
        var memory = await load.WorkingSetAsync(Cancellation);
        await stack.Engine.KillAsync();
        var during = await load.RunAsync(Away, Cancellation);
        var grown = await load.WorkingSetAsync(Cancellation) - memory;
        await stack.Engine.RestartAsync();
        var after = await load.RunAsync(TimeSpan.FromSeconds(4), Cancellation);

        var clock = Stopwatch.StartNew();
        var missing = await load.MissingAsync([.. before.Keys, .. during.Keys, .. after.Keys], TimeSpan.FromSeconds(30), Cancellation);
        TestContext.Current.TestOutputHelper!.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{during.Count} requests in {Away.TotalSeconds} s without a receiver, all spans there {clock.Elapsed.TotalSeconds:0.0} s after; "
            + $"95 of 100 answered within {Percentile(before):0.0} ms before, {Percentile(during):0.0} ms during; {grown / 1e6:0.0} MB more memory"));
        Assert.Equal(0, missing);
        Assert.Equal(0, await load.LostAsync(Cancellation));
        Assert.InRange(Percentile(during), 0, Math.Max(50, 3 * Percentile(before)));
        Assert.InRange(grown, double.NegativeInfinity, 150e6);
    }

    [Fact]
    public async Task What_the_queue_has_no_room_for_is_lost_and_counted_span_by_span()
    {
        await using var stack = await ShopStack.StartAsync();
        await stack.StopAsync(ShopStack.Orders);
        await stack.StartAsync(ShopStack.Orders,
            KeyValuePair.Create("OTEL_BSP_MAX_QUEUE_SIZE", "16"), KeyValuePair.Create("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "16"));
        using var load = new Load(stack);
        await stack.Engine.KillAsync();
        var during = await load.RunAsync(TimeSpan.FromSeconds(3), Cancellation);
        await stack.Engine.RestartAsync();
        var lost = await load.LostAsync(Cancellation);

        Assert.InRange(lost, 1, during.Count * SpansPerRequest);
        Assert.Equal(lost, await load.MissingAsync(during.Keys, TimeSpan.FromSeconds(10), Cancellation));
    }

    private static double Percentile(ConcurrentDictionary<string, double> requests) => requests.Values.Order().ElementAt(requests.Count * 95 / 100);

    /// <summary>A steady load on Orders, which asks Inventory: three spans a request.</summary>
    private sealed class Load(ShopStack stack) : IDisposable
    {
        private readonly HttpClient _client = new();
        private readonly SignalHttp _http = new();

        private ServiceUnderTest Orders => stack.Plan.Services.Single(service => service.Name == ShopStack.Orders);

        /// <summary>The milliseconds that each request took, by its trace.</summary>
        public async Task<ConcurrentDictionary<string, double>> RunAsync(TimeSpan time, CancellationToken cancellation)
        {
            var taken = new ConcurrentDictionary<string, double>();
            var asked = new List<Task>();
            using var beat = new PeriodicTimer(TimeSpan.FromSeconds(1) / RequestsPerSecond);
            for (var clock = Stopwatch.StartNew(); clock.Elapsed < time; await beat.WaitForNextTickAsync(cancellation))
                asked.Add(AskAsync(taken, cancellation));
            await Task.WhenAll(asked);
            return taken;
        }

        /// <summary>The spans that are still not there when the time is over; one too many is a failure of its own.</summary>
        public async Task<int> MissingAsync(IEnumerable<string> traces, TimeSpan limit, CancellationToken cancellation)
        {
            var tempo = new TempoClient(_http, stack.Plan.Endpoints.Tempo);
            var missing = traces.ToDictionary(trace => trace, _ => SpansPerRequest);
            for (var clock = Stopwatch.StartNew(); missing.Count > 0 && clock.Elapsed < limit; await Task.Delay(200, cancellation))
            {
                foreach (var trace in missing.Keys)
                {
                    var spans = await tempo.TraceAsync(trace, cancellation);
                    Assert.InRange(spans.Count, 0, SpansPerRequest);
                    Assert.Equal(spans.Count, spans.Select(span => span.SpanId).Distinct().Count());
                    missing[trace] = SpansPerRequest - spans.Count;
                    if (missing[trace] == 0)
                        missing.Remove(trace);
                }
            }

            return missing.Values.Sum();
        }

        /// <summary>The spans of Orders that its queue had no room for.</summary>
        public async Task<double> LostAsync(CancellationToken cancellation)
            => (await SamplesAsync(Lost, cancellation)).Where(sample => sample.Label("error_type") is not null).Sum(sample => sample.Value);

        public async Task<double> WorkingSetAsync(CancellationToken cancellation)
            => (await SamplesAsync("dotnet_process_memory_working_set_bytes", cancellation)).Single().Value;

        public void Dispose()
        {
            _client.Dispose();
            _http.Dispose();
        }

        private async Task<IReadOnlyList<ScrapedSample>> SamplesAsync(string name, CancellationToken cancellation)
            => ExpositionParser.Read(await _client.GetStringAsync(new Uri(Orders.BaseAddress, "/metrics"), cancellation), name.Equals);

        private async Task AskAsync(ConcurrentDictionary<string, double> taken, CancellationToken cancellation)
        {
            var trace = ActivityTraceId.CreateRandom().ToHexString();
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(Orders.BaseAddress, Orders.ProbePath));
            request.Headers.Add("traceparent", $"00-{trace}-{ActivitySpanId.CreateRandom().ToHexString()}-01");
            var clock = Stopwatch.StartNew();
            using var answer = await _client.SendAsync(request, cancellation);
            taken[trace] = clock.Elapsed.TotalMilliseconds;
            Assert.Equal(200, (int)answer.StatusCode);
        }
    }
}
