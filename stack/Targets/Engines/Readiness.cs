using System.Collections.Concurrent;
using System.Diagnostics;
using Cake.Core;

namespace MicroMonitored.Targets.Engines;

/// <summary>What to ask to learn whether a component is ready.</summary>
/// <param name="Address">The address that answers 2xx when ready; null where only the engine can tell.</param>
internal sealed record Probe(string Component, Uri? Address);

/// <summary>Polls readiness from outside, all components in parallel.</summary>
internal static class Readiness
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Answer = TimeSpan.FromSeconds(2);

    /// <summary>Waits until every component answers 2xx.</summary>
    /// <param name="healthy">Asks the engine about a component without an address.</param>
    /// <param name="exited">Tells why a component can never become ready, or null.</param>
    /// <returns>Seconds on <paramref name="clock"/> at which each became ready.</returns>
    /// <exception cref="CakeException">A component exited, or was not ready in time.</exception>
    public static async Task<IReadOnlyDictionary<string, double>> WaitAsync(
        IReadOnlyList<Probe> probes, Stopwatch clock, TimeSpan timeout, Func<string, string?> exited, CancellationToken cancellation,
        Func<string, CancellationToken, Task<bool>>? healthy = null)
    {
        using var client = Client();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var seconds = new ConcurrentDictionary<string, double>();
        var last = new ConcurrentDictionary<string, string>();
        var waiting = probes.Select(WaitForAsync).ToList();
        try
        {
            while (waiting.Count > 0)
            {
                var done = await Task.WhenAny(waiting);
                waiting.Remove(done);
                await done;
            }
        }
        catch
        {
            await stop.CancelAsync();
            throw;
        }

        return seconds;

        async Task WaitForAsync(Probe probe)
        {
            while (true)
            {
                var (ready, answer) = probe.Address is { } address
                    ? await AskAsync(client, address, stop.Token)
                    : (healthy is not null && await healthy(probe.Component, stop.Token), "its health check fails");
                if (ready)
                {
                    seconds[probe.Component] = clock.Elapsed.TotalSeconds;
                    return;
                }

                last[probe.Component] = answer;
                if (exited(probe.Component) is { } reason)
                    throw new CakeException(reason);
                if (clock.Elapsed > timeout)
                    throw new CakeException($"{probe.Component} was not ready after {timeout.TotalSeconds:0} s: {probe.Address?.ToString() ?? "the engine"} "
                        + $"says {last[probe.Component]}; see ./build.sh --target=Logs --component={probe.Component}");
                await Task.Delay(Interval, stop.Token);
            }
        }
    }

    /// <summary>Asks each component that is not known to be down once.</summary>
    public static async Task<IReadOnlyList<ComponentStatus>> OfAsync(
        IReadOnlyList<ComponentStatus> components, IReadOnlyList<Probe> probes, CancellationToken cancellation)
    {
        if (components.All(component => component.State == "down"))
            return components;
        using var client = Client();
        return await Task.WhenAll(components.Select(async component =>
        {
            if (component.State == "down" || probes.FirstOrDefault(probe => probe.Component == component.Name) is not { Address: { } address })
                return component;
            var (ready, _) = await AskAsync(client, address, cancellation);
            return component with { State = ready ? "ready" : component.State };
        }));
    }

    private static HttpClient Client() => new(new SocketsHttpHandler { UseProxy = false, ConnectTimeout = Answer }) { Timeout = Answer };

    private static async Task<(bool Ready, string Answer)> AskAsync(HttpClient client, Uri address, CancellationToken cancellation)
    {
        try
        {
            using var answer = await client.GetAsync(address, HttpCompletionOption.ResponseHeadersRead, cancellation);
            return (answer.IsSuccessStatusCode, $"{(int)answer.StatusCode}");
        }
        catch (HttpRequestException exception)
        {
            return (false, exception.HttpRequestError.ToString());
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return (false, "nothing in time");
        }
    }
}
