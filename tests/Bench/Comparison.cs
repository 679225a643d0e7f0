using System.Globalization;
using System.Net;
using Bench.Servers;

namespace Bench;

/// <summary>All servers run side by side; each round loads them one after the other, so that noise meets all alike.</summary>
public static class Comparison
{
    private const int Connections = 16;
    private const int RequestsPerRound = 30_000;

    /// <summary>What a warm server still compiles in a round: its timers' and rare paths' methods.</summary>
    private const int StrayMethods = 10;

    private static readonly TimeSpan Budget = TimeSpan.FromSeconds(110);
    private static readonly TimeSpan WarmUpLimit = TimeSpan.FromSeconds(100);
    private static readonly TimeSpan ScrapeInterval = TimeSpan.FromSeconds(1);

    /// <summary>More than the delay of the exporters below, so that the work a round leaves behind is counted in that round.</summary>
    private static readonly TimeSpan Aftermath = TimeSpan.FromMilliseconds(700);

    /// <summary>Runs the comparison and writes <c>report.md</c> and <c>chart.svg</c>.</summary>
    public static async Task<int> RunAsync(string artifacts, IReadOnlyList<string> names)
    {
        var variants = (names.Count == 0 ? Variant.Default : names.Prepend(Variant.Bare).Distinct()).Select(Variant.Named).ToList();
        var logs = Directory.CreateTempSubdirectory("bench").FullName;
        try
        {
            var results = await MeasureAsync(variants, logs);
            Directory.CreateDirectory(artifacts);
            var table = Report.Table(results);
            await File.WriteAllTextAsync(Path.Combine(artifacts, "report.md"), Report.Markdown(table));
            await File.WriteAllTextAsync(Path.Combine(artifacts, "chart.svg"), Chart.Svg(results));
            await Console.Out.WriteLineAsync(table);
            return 0;
        }
        catch (Exception fault) when (fault is InvalidOperationException or OperationCanceledException or HttpRequestException
            or System.Net.Sockets.SocketException)
        {
            await Console.Error.WriteLineAsync($"A server did not answer: {fault.Message}");
            return 1;
        }
        finally
        {
            Directory.Delete(logs, recursive: true);
        }
    }

    private static async Task<IReadOnlyList<Result>> MeasureAsync(IReadOnlyList<Variant> variants, string logs)
    {
        using var limit = new CancellationTokenSource(WarmUpLimit + Budget + Budget);
        await using var sink = await Child.StartAsync(["sink"], new Dictionary<string, string>());
        var variables = new Dictionary<string, string>
        {
            ["DOTNET_ENVIRONMENT"] = "Production",
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = sink.Address.ToString(),
            ["OTEL_TRACES_SAMPLER"] = "parentbased_traceidratio",
            ["OTEL_TRACES_SAMPLER_ARG"] = "1.0",
            ["OTEL_BSP_SCHEDULE_DELAY"] = "500",
        };
        var servers = new List<Child>();
        try
        {
            foreach (var variant in variants)
                servers.Add(await Child.StartAsync(["serve", variant.Name, Directory.CreateDirectory(Path.Combine(logs, variant.Name)).FullName], variables));
            var costs = variants.Select(static _ => new List<Cost>()).ToList();
            await Console.Out.WriteLineAsync("warming up until everything is compiled to its last tier");
            await WarmUpAsync(variants, servers, sink, limit.Token);
            var started = TimeProvider.System.GetTimestamp();
            for (var round = 0; TimeProvider.System.GetElapsedTime(started) < Budget || round < 3; round++)
            {
                for (var index = 0; index < servers.Count; index++)
                    costs[index].Add(await RoundAsync(servers[index], sink, limit.Token));
                var shares = variants.Zip(costs, static (variant, own)
                    => string.Create(CultureInfo.InvariantCulture, $"{variant.Name} {own[^1].ProcessorTime:0.0} us"));
                await Console.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"round {round + 1}: {string.Join("  ", shares)}"));
            }

            return [.. variants.Select((variant, index) => Result.Of(variant, costs[index], costs[0]))];
        }
        finally
        {
            foreach (var server in servers)
                await server.DisposeAsync();
        }
    }

    /// <summary>A server is warm once it has answered a whole round and compiled next to nothing.</summary>
    private static async Task WarmUpAsync(IReadOnlyList<Variant> variants, IReadOnlyList<Child> servers, Child sink, CancellationToken cancellationToken)
    {
        var started = TimeProvider.System.GetTimestamp();
        var cold = servers.ToDictionary(static server => server, static _ => long.MinValue / 2);
        while (cold.Count > 0 && TimeProvider.System.GetElapsedTime(started) < WarmUpLimit)
        {
            foreach (var (server, before) in cold.ToList())
            {
                await RoundAsync(server, sink, cancellationToken);
                using var client = new HttpClient { BaseAddress = server.Address };
                var compiled = await NumberAsync(client, Server.Compiled, cancellationToken);
                if (compiled - before <= StrayMethods)
                    cold.Remove(server);
                else
                    cold[server] = compiled;
            }
        }

        foreach (var (variant, _) in variants.Zip(servers).Where(pair => cold.ContainsKey(pair.Second)))
            await Console.Out.WriteLineAsync($"{variant.Name} still compiles after {WarmUpLimit.TotalSeconds:0} s: its figures hold some of that");
    }

    private static async Task<Cost> RoundAsync(Child server, Child sink, CancellationToken cancellationToken)
    {
        using var client = new HttpClient { BaseAddress = server.Address };
        var bytes = await NumberAsync(client, Server.Allocated, cancellationToken);
        var spans = await ReceivedAsync(sink, cancellationToken);
        var time = server.ProcessorTime;
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var scrapes = ScrapeAsync(client, ended.Token);
        await Load.RunAsync(server.Address, Server.Hello, RequestsPerRound, Connections, cancellationToken);
        await Task.Delay(Aftermath, cancellationToken);
        await ended.CancelAsync();
        await scrapes;
        var spent = server.ProcessorTime - time;
        return new Cost(
            spent.TotalMicroseconds / RequestsPerRound,
            (await NumberAsync(client, Server.Allocated, cancellationToken) - bytes) / (double)RequestsPerRound,
            (await ReceivedAsync(sink, cancellationToken) - spans) / (double)RequestsPerRound);
    }

    private static async Task ScrapeAsync(HttpClient client, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(ScrapeInterval);
        try
        {
            do
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, "/metrics");
                request.Headers.Accept.ParseAdd("application/openmetrics-text; version=1.0.0");
                using var answer = await client.SendAsync(request, cancellationToken);
            }
            while (await timer.WaitForNextTickAsync(cancellationToken));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
        }
    }

    private static async Task<long> ReceivedAsync(Child sink, CancellationToken cancellationToken)
    {
        using var client = new HttpClient
            { BaseAddress = sink.Address, DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
        return await NumberAsync(client, Sink.Received, cancellationToken);
    }

    private static async Task<long> NumberAsync(HttpClient client, string path, CancellationToken cancellationToken)
        => long.Parse(await client.GetStringAsync(path, cancellationToken), CultureInfo.InvariantCulture);
}
