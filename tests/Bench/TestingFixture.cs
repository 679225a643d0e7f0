using System.Globalization;
using MicroMonitored.Testing;

namespace Bench;

/// <summary>How long <c>MicroMonitored.Testing</c> takes: its fixture beside the start of a bare web server, and one request with its assertions.</summary>
public static class TestingFixture
{
    private const int Starts = 21;
    private const int Requests = 50;

    /// <summary>Runs the comparison and writes <c>testing.md</c>.</summary>
    /// <param name="artifacts">The folder of the report.</param>
    public static async Task<int> RunAsync(string artifacts)
    {
        // What is compiled first is compiled for both.
        await BareAsync();
        await FixtureAsync();
        var starts = new List<(double Bare, double Fixture)>();
        for (var round = 0; round < Starts; round++)
            starts.Add((await BareAsync(), await FixtureAsync()));
        var requests = await RequestsAsync();
        var (bare, fixture) = (starts.Select(static start => start.Bare).ToList(), starts.Select(static start => start.Fixture).ToList());
        var ratio = Median.Of(starts.Select(static start => start.Fixture / start.Bare));
        var table = string.Create(CultureInfo.InvariantCulture, $"""
            | | median | longest | relative to a bare server |
            |---|---:|---:|---:|
            | a bare web server starts, of {Starts} | {Median.Of(bare):0} ms | {bare.Max():0} ms | 1.0 |
            | a fixture starts | {Median.Of(fixture):0} ms | {fixture.Max():0} ms | {ratio:0.0} |
            | a request and its assertions, of {Requests} | {Median.Of(requests):0} ms | {requests.Max():0} ms | |

            """);
        Directory.CreateDirectory(artifacts);
        await File.WriteAllTextAsync(Path.Combine(artifacts, "testing.md"), $"# What a test of telemetry takes\n\n{table}");
        await Console.Out.WriteLineAsync(table);
        return 0;
    }

    private static async Task<double> BareAsync()
    {
        var began = TimeProvider.System.GetTimestamp();
        await using var app = Service(static _ => { });
        await app.StartAsync();
        return Milliseconds(began);
    }

    private static async Task<double> FixtureAsync()
    {
        var began = TimeProvider.System.GetTimestamp();
        await using var telemetry = new TelemetryFixture();
        return Milliseconds(began);
    }

    private static async Task<IReadOnlyList<double>> RequestsAsync()
    {
        await using var telemetry = new TelemetryFixture();
        await using var app = Service(builder =>
        {
            builder.WebHost.UseTelemetry(telemetry);
            builder.AddMonitoring();
        });
        await app.StartAsync();
        using var client = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
        var times = new List<double>();
        for (var request = 0; request < Requests; request++)
        {
            var began = TimeProvider.System.GetTimestamp();
            var left = await telemetry.Of(() => client.GetAsync("/hello"));
            left.Trace.Should().HaveServer("GET /hello").Once().And.NoErrors().BeConnected();
            left.Metric("http.server.request.duration").Should().GrowBy(1, ("http.route", "/hello")).And.HaveUnit("s");
            times.Add(Milliseconds(began));
        }

        return times;
    }

    private static WebApplication Service(Action<WebApplicationBuilder> configure)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        configure(builder);
        var app = builder.Build();
        app.MapGet("/hello", static () => "Hello World!");
        return app;
    }

    private static double Milliseconds(long began) => TimeProvider.System.GetElapsedTime(began).TotalMilliseconds;
}
