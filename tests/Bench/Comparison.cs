using System.Globalization;
using Bench.Servers;

namespace Bench;

/// <summary>All servers run side by side; each round loads them one after the other, so that noise meets all alike.</summary>
public static class Comparison
{
    private const int Connections = 16;
    private const int WarmUpRounds = 8;
    private const int RequestsPerRound = 30_000;
    private static readonly TimeSpan Budget = TimeSpan.FromSeconds(110);
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
        catch (Exception fault) when (fault is InvalidOperationException or OperationCanceledException or HttpRequestException or System.Net.Sockets.SocketException)
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
        using var limit = new CancellationTokenSource(Budget + Budget);
        var started = TimeProvider.System.GetTimestamp();
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
            for (var round = 0; round < WarmUpRounds; round++)
            {
                foreach (var server in servers)
                    await Load.RunAsync(server.Address, Server.Hello, RequestsPerRound, Connections, limit.Token);
            }

            for (var round = 0; TimeProvider.System.GetElapsedTime(started) < Budget || round < 3; round++)
            {
                for (var index = 0; index < servers.Count; index++)
                    costs[index].Add(await RoundAsync(servers[index], limit.Token));
                await Console.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"round {round + 1}: {string.Join("  ", variants.Zip(costs, static (variant, own) => string.Create(CultureInfo.InvariantCulture, $"{variant.Name} {own[^1].ProcessorTime:0.0} us")))}"));
            }

            return [.. variants.Select((variant, index) => Result.Of(variant, costs[index], costs[0]))];
        }
        finally
        {
            foreach (var server in servers)
                await server.DisposeAsync();
        }
    }

    private static async Task<Cost> RoundAsync(Child server, CancellationToken cancellationToken)
    {
        using var client = new HttpClient { BaseAddress = server.Address };
        var bytes = await AllocatedAsync(client, cancellationToken);
        var time = server.ProcessorTime;
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var scrapes = ScrapeAsync(client, ended.Token);
        await Load.RunAsync(server.Address, Server.Hello, RequestsPerRound, Connections, cancellationToken);
        await Task.Delay(Aftermath, cancellationToken);
        await ended.CancelAsync();
        await scrapes;
        var spent = server.ProcessorTime - time;
        return new Cost(spent.TotalMicroseconds / RequestsPerRound, (await AllocatedAsync(client, cancellationToken) - bytes) / (double)RequestsPerRound);
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

    private static async Task<long> AllocatedAsync(HttpClient client, CancellationToken cancellationToken)
        => long.Parse(await client.GetStringAsync(Server.Allocated, cancellationToken), CultureInfo.InvariantCulture);
}
