using System.Collections.Concurrent;
using System.Diagnostics;

namespace Bench.StartUp;

/// <summary>Watches from outside when each component answers for the first time.</summary>
public static class Stopwatches
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>Runs the start and waits until all components answer.</summary>
    /// <param name="start">Returns when its own work is done.</param>
    /// <returns>Seconds from the start until all was ready and the start had returned, and until each component was.</returns>
    public static async Task<Round> MeasureAsync(ComposeFiles files, Func<Task> start)
    {
        using var limit = new CancellationTokenSource(Patience);
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(2) };
        var seconds = new ConcurrentDictionary<string, double>();
        var clock = Stopwatch.StartNew();
        var waiting = files.Ready.Select(pair => WaitAsync(pair.Key, () => AnswersAsync(client, pair.Value)))
            .Concat(files.Portless.Select(service => WaitAsync(service, () => IsHealthyAsync(files, service))))
            .ToList();
        await start();
        await Task.WhenAll(waiting);
        return new Round(clock.Elapsed.TotalSeconds, seconds);

        async Task WaitAsync(string name, Func<Task<bool>> ready)
        {
            while (!await ready())
                await Task.Delay(Interval, limit.Token);
            seconds[name] = clock.Elapsed.TotalSeconds;
        }
    }

    private static async Task<bool> AnswersAsync(HttpClient client, Uri address)
    {
        try
        {
            using var answer = await client.GetAsync(address);
            return answer.IsSuccessStatusCode;
        }
        catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException)
        {
            return false;
        }
    }

    private static async Task<bool> IsHealthyAsync(ComposeFiles files, string service)
        => (await Tool.RunAsync("docker", files.Folder, "ps", "--quiet", "--filter", "health=healthy", "--filter", $"network={files.Network}",
            "--filter", $"label=com.docker.compose.service={service}")).Length > 0;
}

/// <summary>One start.</summary>
/// <param name="All">Seconds until everything was ready.</param>
/// <param name="Each">Seconds until each component answered.</param>
public sealed record Round(double All, IReadOnlyDictionary<string, double> Each);
