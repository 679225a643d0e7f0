using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using MicroMonitored.Embedded.Hosting;
using MicroMonitored.Embedded.Store;
using MicroMonitored.Model;

namespace Embedded.Tests.Ingest;

public sealed class EngineProcessTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task All_faults_of_the_configuration_are_named_at_once()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("embedded.json"),
            """{"bindAddress":"0.0.0.0","dataFolder":5,"scrapeInterval":"soon","ports":{"grafana":70000,"prometheus":9090,"loki":9090},"colour":"red"}""");
        using var engine = new EngineProcess(folder.File("embedded.json"));
        var (code, errors) = await engine.ExitAsync();
        Assert.Equal(1, code);
        foreach (var key in (string[])["bindAddress", "dataFolder", "logFolder", "scrapeInterval", "ports.grafana", "ports.loki", "colour"])
            Assert.Single(errors, error => error.Contains($": {key}: ", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData(null)]
    public void A_file_that_is_missing_or_not_json_is_one_fault(string? text)
    {
        using var folder = new TemporaryFolder();
        if (text is not null)
            File.WriteAllText(folder.File("embedded.json"), text);
        Assert.Contains(
            "embedded.json: ",
            Assert.Single(Assert.Throws<FaultException>(() => EmbeddedFiles.Read(folder.File("embedded.json"))).Faults),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_busy_port_is_named_and_nothing_is_left()
    {
        using var folder = new TemporaryFolder();
        var ports = Configurations.FreePorts();
        using var busy = new TcpListener(IPAddress.Loopback, ports.Loki);
        busy.Start();
        using var engine = new EngineProcess(Configurations.Write(folder, ports));
        var (code, errors) = await engine.ExitAsync();
        Assert.Equal(1, code);
        Assert.Contains($"ports.loki: 127.0.0.1:{ports.Loki} is in use", Assert.Single(errors), StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_stops_soon_after_SIGTERM()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no SIGTERM.");
        using var folder = new TemporaryFolder();
        var ports = Configurations.FreePorts();
        using var engine = new EngineProcess(Configurations.Write(folder, ports));
        await engine.WaitUntilReadyAsync(ports.Prometheus);
        var clock = Stopwatch.StartNew();
        using (var kill = Process.Start("kill", engine.Id.ToString(CultureInfo.InvariantCulture)))
            await kill.WaitForExitAsync();
        Assert.Equal(0, (await engine.ExitAsync()).Code);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(10), $"It took {clock.Elapsed}.");
    }

    [Fact]
    public async Task Killed_at_any_moment_it_keeps_what_it_acknowledged_and_doubles_no_line()
    {
        // Eight by default; more for a longer run.
        var kills = int.TryParse(Environment.GetEnvironmentVariable("MICROMONITORED_KILLS"), out var wanted) ? wanted : 8;
        using var folder = new TemporaryFolder();
        var ports = Configurations.FreePorts();
        var configuration = Configurations.Write(folder, ports);
        Directory.CreateDirectory(folder.File("logs"));
        var random = new Random(1);
        var acknowledged = new List<int>();
        var lines = 0;
        var next = 0;
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
        for (var kill = 0; kill < kills; kill++)
        {
            using var engine = new EngineProcess(configuration);
            await engine.WaitUntilReadyAsync(ports.Prometheus);
            using var stop = new CancellationTokenSource();
            var sending = Task.WhenAll(Enumerable.Range(0, 4).Select(_ => SendAsync(stop.Token)));
            var writing = WriteAsync(stop.Token);
            var before = Acknowledged();
            for (var wait = 0; wait < 400 && Acknowledged() == before; wait++)
                await Task.Delay(25);
            // Now and then long enough that small blocks are being merged.
            await Task.Delay(random.Next(kill % 4 == 3 ? 3000 : 500));
            await engine.KillAsync();
            await stop.CancelAsync();
            await sending;
            await writing;
        }

        using (var engine = new EngineProcess(configuration))
        {
            await engine.WaitUntilReadyAsync(ports.Prometheus);
            await CaughtUpAsync();
            await engine.KillAsync();
        }

        await using var store = new TelemetryStore(folder.File("data"), new EngineCounters());
        await store.CompactAsync(None);
        Assert.NotEmpty(acknowledged);
        Assert.All(acknowledged, id => Assert.Single(store.Spans.Trace(TraceId(id), None)));
        var streams = store.Logs.Streams([], None).Select(stream => stream.Id).ToArray();
        var stored = store.Logs.Entries(streams, 0, long.MaxValue, false, LogNeeds.None, None).Select(entry => entry.Line).ToList();
        Assert.Equal(Enumerable.Range(0, lines).Select(Line).Order(StringComparer.Ordinal), stored.Order(StringComparer.Ordinal));

        int Acknowledged()
        {
            lock (acknowledged)
                return acknowledged.Count;
        }

        // The line written now is the last one stored, because nobody writes any more.
        async Task CaughtUpAsync()
        {
            await File.AppendAllTextAsync(folder.File("logs/a.log"), Line(lines++) + "\n", None);
            var query = $"http://127.0.0.1:{ports.Loki}/loki/api/v1/query_range?start=1&query={Uri.EscapeDataString($"{{job=\"a\"}} |= `{Line(lines - 1)}`")}";
            for (var wait = 0; wait < 200; wait++)
            {
                if ((await client.GetStringAsync(query, None)).Contains($"\\\"n\\\":{lines - 1}", StringComparison.Ordinal))
                    return;
                await Task.Delay(50);
            }
        }

        async Task SendAsync(CancellationToken cancellation)
        {
            while (!cancellation.IsCancellationRequested)
            {
                var id = Interlocked.Increment(ref next);
                var traceId = Convert.ToHexString(TraceId(id));
                var span = $$"""{"traceId":"{{traceId}}","spanId":"0000000000000001","name":"n","startTimeUnixNano":"1","endTimeUnixNano":"2"}""";
                var body = $$"""{"resourceSpans":[{"scopeSpans":[{"spans":[{{span}}]}]}]}""";
                try
                {
                    using var content = new StringContent(body, Encoding.UTF8, "application/json");
                    using var response = await client.PostAsync($"http://127.0.0.1:{ports.OtlpHttp}/v1/traces", content, cancellation);
                    if (response.IsSuccessStatusCode)
                        lock (acknowledged)
                            acknowledged.Add(id);
                }
                catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException)
                {
                    await Task.Delay(5, None);
                }
            }
        }

        async Task WriteAsync(CancellationToken cancellation)
        {
            while (!cancellation.IsCancellationRequested)
            {
                var text = new StringBuilder();
                for (var i = 0; i < 20; i++)
                    text.Append(Line(lines++)).Append('\n');
                await File.AppendAllTextAsync(folder.File("logs/a.log"), text.ToString(), None);
                if (lines % 400 == 0)
                    File.Move(folder.File("logs/a.log"), folder.File($"logs/a.{lines / 400}.log"));
                await Task.Delay(5, None);
            }
        }

        static string Line(int number) => $"{{\"n\":{number}}}";

        static byte[] TraceId(int id)
        {
            var bytes = new byte[16];
            BitConverter.TryWriteBytes(bytes.AsSpan(12), id);
            return bytes;
        }
    }
}
