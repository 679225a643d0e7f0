using System.Text;
using System.Text.Json;
using MicroMonitored.Embedded.Ingest.Scrape;
using MicroMonitored.Embedded.Store;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Embedded.Tests.Ingest;

public sealed class ScrapeTests : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;
    private readonly WebApplication _target;
    private volatile RequestDelegate _answer = Metrics("a 1\n");
    private Engine _engine = null!;

    public ScrapeTests()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _target = builder.Build();
        _target.Run(context => _answer(context));
    }

    private string Address => new Uri(_target.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Authority;

    public async ValueTask InitializeAsync()
    {
        await _target.StartAsync();
        _engine = await Engine.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _engine.DisposeAsync();
        await _target.DisposeAsync();
    }

    [Fact]
    public async Task A_target_is_scraped_and_its_series_carry_job_and_instance()
    {
        _answer = Metrics("a{job=\"own\",x=\"y\"} 5\n");
        Discover(Address);
        await UntilAsync(() => Newest("a") == 5 && Newest("up") == 1);
        var labels = _engine.Store.Metrics.Series([new("__name__", MatchOperator.Equal, "a")], 5, None).Single().Labels;
        Assert.Equal([new("__name__", "a"), new("exported_job", "own"), new("instance", Address), new("job", "shop"), new("x", "y")], labels);
        Assert.Equal(1, Newest("scrape_samples_scraped"));
        Assert.Equal("up", Targets().Single().Health);
    }

    [Fact]
    public async Task A_series_that_is_gone_and_a_target_that_is_gone_end_with_the_stale_marker()
    {
        _answer = Metrics("a 1\nb 2\n");
        Discover(Address);
        await UntilAsync(() => Newest("b") == 2);
        _answer = Metrics("a 1\n");
        await UntilAsync(() => IsStale("b") && !IsStale("a"));
        _engine.Discover("[]");
        await UntilAsync(() => IsStale("a") && IsStale("up") && Targets().Count == 0);
    }

    [Theory]
    [InlineData("500", "server returned HTTP status 500")]
    [InlineData("redirect", "server returned HTTP status 302")]
    [InlineData("hang", "context deadline exceeded")]
    [InlineData("endless", "body size limit exceeded")]
    [InlineData("many", "sample limit exceeded")]
    [InlineData("html", "unsupported Content-Type")]
    [InlineData("garbage", "line 1")]
    public async Task A_failing_target_is_down_with_its_reason_and_the_others_stay_up(string fault, string reason)
    {
        _answer = async context =>
        {
            if (context.Request.Path == "/good")
            {
                await Metrics("a 1\n")(context);
                return;
            }

            context.Response.ContentType = "text/plain; version=0.0.4";
            switch (fault)
            {
                case "500":
                    context.Response.StatusCode = 500;
                    break;
                case "redirect":
                    context.Response.Redirect("/good");
                    break;
                case "hang":
                    await Task.Delay(5000, context.RequestAborted);
                    break;
                case "endless":
                    var block = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("a 1\n", 50_000)));
                    for (var i = 0; i < 500; i++)
                        await context.Response.Body.WriteAsync(block, context.RequestAborted);
                    break;
                case "many":
                    await context.Response.WriteAsync(string.Concat(Enumerable.Repeat("a 1\n", TargetScraper.SampleLimit + 1)), context.RequestAborted);
                    break;
                case "html":
                    context.Response.ContentType = "text/html";
                    await context.Response.WriteAsync("<p>");
                    break;
                default:
                    await context.Response.WriteAsync("}{");
                    break;
            }
        };
        _engine.Discover(
            $$"""[{"targets":["{{Address}}"],"labels":{"job":"bad"} },{"targets":["{{Address}}"],"labels":{"job":"good","__metrics_path__":"/good"} }]""");
        await UntilAsync(() => Targets().Any(target => target.Job == "bad" && target.Health == "down")
            && Targets().Any(target => target.Job == "good" && target.Health == "up"));
        Assert.Contains(reason, Targets().Single(target => target.Job == "bad").LastError, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_target_that_breaks_off_just_when_it_is_taken_away_ends_nothing_else()
    {
        using var gone = new CancellationTokenSource();
        using var client = new HttpClient(new Breaking(gone.Cancel));
        var labels = new Dictionary<string, string> { ["job"] = "shop", ["instance"] = Address };
        var scraper = new TargetScraper(new DiscoveredTarget(new Uri($"http://{Address}/metrics"), labels, labels), client, _engine.Store.Metrics,
            TimeProvider.System, _engine.Counters, TimeSpan.FromSeconds(5));

        await scraper.ScrapeAsync(gone.Token);
        Assert.Equal(1, _engine.Counters.Value("scrape_failures", "target"));
    }

    [Fact]
    public async Task Exemplars_come_with_OpenMetrics()
    {
        _answer = async context =>
        {
            Assert.StartsWith("application/openmetrics-text", context.Request.Headers.Accept.ToString(), StringComparison.Ordinal);
            context.Response.ContentType = "application/openmetrics-text; version=1.0.0; charset=utf-8";
            await context.Response.WriteAsync("# TYPE a histogram\na_bucket{le=\"1\"} 3 # {trace_id=\"t1\"} 0.5 1795394192.452\n# EOF\n");
        };
        Discover(Address);
        await UntilAsync(() => Newest("a_bucket") == 3);
        var set = _engine.Store.Metrics.Series([new("le", MatchOperator.Equal, "1.0")], 5, None).Single();
        await UntilAsync(() => _engine.Store.Metrics.Exemplars([set.Id], 0, long.MaxValue, None) is [{ TimestampMs: 1795394192452 }]);
        Assert.Equal("histogram", _engine.Store.Metrics.Metadata()["a"].Type);
    }

    [Fact]
    public async Task A_broken_discovery_file_keeps_the_targets_and_is_counted()
    {
        Discover(Address);
        await UntilAsync(() => Targets().Count == 1);
        _engine.Discover("[{\"targets\":");
        await UntilAsync(() => _engine.Counters.Value("discovery_errors", "invalid_file") > 0);
        Assert.Single(Targets());
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[{}]")]
    [InlineData("[{\"targets\":[\"a b\"]}]")]
    [InlineData("[{\"targets\":[\"user@host:80\"]}]")]
    [InlineData("[{\"targets\":[\"h:80\"],\"labels\":{\"__scheme__\":\"file\"}}]")]
    public void Targets_that_are_no_addresses_are_refused(string json) =>
        Assert.Throws<JsonException>(() => FileDiscovery.Parse(Encoding.UTF8.GetBytes(json), "f"));

    /// <summary>Answers with a body that breaks off, and tells so before.</summary>
    private sealed class Breaking(Action before) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var body = new StreamContent(new BrokenStream(before));
            body.Headers.ContentType = new("text/plain");
            return Task.FromResult(new HttpResponseMessage { Content = body });
        }
    }

    private sealed class BrokenStream(Action before) : MemoryStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            before();
            throw new IOException("Connection reset by peer");
        }
    }

    private static RequestDelegate Metrics(string text) => context =>
    {
        context.Response.ContentType = "text/plain; version=0.0.4; charset=utf-8";
        return context.Response.WriteAsync(text);
    };

    private void Discover(string address) => _engine.Discover($$"""[{"targets":["{{address}}"],"labels":{"job":"shop"} }]""");

    private IReadOnlyList<ScrapeTarget> Targets() => _engine.Services.GetRequiredService<ITargetReader>().Targets();

    private Sample? Last(string name)
    {
        var sets = _engine.Store.Metrics.Series([new("__name__", MatchOperator.Equal, name), new("job", MatchOperator.NotEqual, "micromonitored")], 5, None);
        return sets.Count > 0 && _engine.Store.Metrics.Newest([sets[0].Id], 0, long.MaxValue, None).TryGetValue(sets[0].Id, out var sample) ? sample : null;
    }

    private double? Newest(string name) => Last(name)?.Value;

    private bool IsStale(string name) => Last(name)?.IsStale == true;

    private static async Task UntilAsync(Func<bool> condition)
    {
        var deadline = DateTime.UtcNow.AddSeconds(20);
        while (!condition())
        {
            Assert.True(DateTime.UtcNow < deadline, "The condition was not met within 20 s.");
            await Task.Delay(25);
        }
    }
}
