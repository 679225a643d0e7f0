using System.Diagnostics;
using System.Text;
using MicroMonitored.Verification.Clients;

namespace MicroMonitored.Verification.Tests;

/// <summary>A log file that is renamed while it is written, as a log rotation does.</summary>
internal sealed class RotatingProbe(string folder) : ILogProbe
{
    private readonly FolderLogProbe _inner = new(folder, folder);
    private int _appended;

    public async Task AppendAsync(string fileName, IReadOnlyList<string> lines, CancellationToken cancellation)
    {
        if (++_appended % 4 == 0)
            File.Move(Path.Combine(folder, fileName), Path.Combine(folder, $"{fileName}.{_appended}"));
        await _inner.AppendAsync(fileName, lines, cancellation);
    }

    public Task RemoveAsync(string fileName, CancellationToken cancellation) => _inner.RemoveAsync(fileName, cancellation);
}

/// <summary>Lines that no service should write.</summary>
internal static class OddLines
{
    private static readonly byte[][] Whole =
    [
        [.. "{\"message\":\""u8, .. Encoding.ASCII.GetBytes(new string('x', 300_000)), .. "\"}\n"u8],
        [.. "invalid "u8, 0xff, 0xfe, .. " UTF-8\n"u8],
        [.. "a NUL "u8, 0, .. " within\n"u8],
        [.. "\u001b[31mred\u001b[0m\n"u8],
        [.. "{ \"not\": \"closed\n"u8],
    ];

    /// <summary>Writes them, half a line at the end, and waits until the whole ones are stored and nothing else is.</summary>
    public static async Task WriteAsync(ShopStack stack)
    {
        var file = Path.Combine(stack.Engine.Logs, "odd.log");
        await File.WriteAllBytesAsync(file, [.. Whole.SelectMany(line => line), .. "half a line"u8]);
        await StoredAsync(stack, "odd", Whole.Length);
        await File.AppendAllTextAsync(file, ", and its end\n");
        await StoredAsync(stack, "odd", Whole.Length + 1);
    }

    /// <summary>Waits until exactly so many lines of a job are stored.</summary>
    public static async Task StoredAsync(ShopStack stack, string job, int count)
    {
        using var http = new SignalHttp();
        var loki = new LokiClient(http, stack.Plan.Endpoints.Loki);
        IReadOnlyList<StoredLine> stored = [];
        for (var clock = Stopwatch.StartNew(); stored.Count != count && clock.Elapsed < TimeSpan.FromSeconds(15); await Task.Delay(100))
        {
            var now = DateTimeOffset.UtcNow;
            stored = await loki.QueryRangeAsync($"{{job=\"{job}\"}}", now.AddHours(-1), now.AddHours(1), CancellationToken.None);
        }
        Assert.Equal(count, stored.Count);
    }
}

/// <summary>The engine is killed while services and log files go on, and started again.</summary>
internal static class Outage
{
    private const int Requests = 5;

    public static async Task LiveThroughAsync(ShopStack stack)
    {
        var orders = stack.Plan.Services.Single(service => service.Name == ShopStack.Orders);
        var file = Path.Combine(stack.Engine.Logs, "outage.log");
        using var client = new HttpClient();
        await File.WriteAllTextAsync(file, "before\n");
        await OddLines.StoredAsync(stack, "outage", 1);

        await stack.Engine.KillAsync();
        var traces = new List<string>();
        for (var number = 0; number < Requests; number++)
        {
            traces.Add(ActivityTraceId.CreateRandom().ToHexString());
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(orders.BaseAddress, orders.ProbePath));
            request.Headers.Add("traceparent", $"00-{traces[^1]}-{ActivitySpanId.CreateRandom().ToHexString()}-01");
            var clock = Stopwatch.StartNew();
            using var answer = await client.SendAsync(request);
            Assert.Equal(200, (int)answer.StatusCode);
            Assert.InRange(clock.Elapsed.TotalSeconds, 0, 1);
            await File.AppendAllTextAsync(file, $"line {number}\n");
            // Renamed three times while nobody reads it.
            if (number is 1 or 2 or 3)
                File.Move(file, $"{file}.{number}");
        }

        await stack.Engine.RestartAsync();
        await OddLines.StoredAsync(stack, "outage", 1 + Requests);
        using var http = new SignalHttp();
        var tempo = new TempoClient(http, stack.Plan.Endpoints.Tempo);
        foreach (var trace in traces)
        {
            var spans = 0;
            for (var clock = Stopwatch.StartNew(); spans < 3 && clock.Elapsed < TimeSpan.FromSeconds(20); await Task.Delay(100))
                spans = (await tempo.TraceAsync(trace, CancellationToken.None)).Count;
            Assert.Equal(3, spans);
        }
    }
}
