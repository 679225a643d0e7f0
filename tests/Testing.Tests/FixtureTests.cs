using System.Diagnostics;
using System.Net.Http.Json;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.Logging;
using Shop;

namespace Testing.Tests;

/// <summary>The service within the test's process, by a <c>WebApplicationFactory</c>.</summary>
[Collection("in process")]
public sealed class FixtureTests(ITestOutputHelper output) : IAsyncLifetime
{
    private readonly TelemetryFixture _telemetry = new();

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _telemetry.DisposeAsync();

    [Fact]
    public async Task It_is_ready_when_it_is_made_and_leaves_nothing_behind()
    {
        Uri ready;
        using var client = new HttpClient();
        await using (var telemetry = new TelemetryFixture())
        {
            ready = new Uri(telemetry.Stack.Tempo, "ready");
            Assert.Equal("ready\n", await client.GetStringAsync(ready));
        }

        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetStringAsync(ready));
    }

    [Fact]
    public async Task A_request_is_followed_through_all_signals()
    {
        await using var shop = Shop();
        using var client = shop.CreateClient();
        var left = await _telemetry.Of(() => client.PostAsJsonAsync("/orders", new Order("A1", 2)));

        Assert.True(left.Answer.IsSuccessStatusCode);
        left.Trace.Should().HaveServer("POST /orders").With("http.response.status_code", 201).Once().And.BeConnected();
        left.Trace.Should().HaveSpan("place order", "shop-orders", ActivityKind.Internal);
        left.Metric("orders_placed").Should().GrowBy(1, ("sku", "A1")).And.GrowBy(1).And.GrowByAtLeast(1).And.Be(1, ("sku", "A1"));
        left.Metric("orders.placed").Should().HaveUnit("{order}").And.HaveType("counter").And.HaveLabels("sku").And.NotGrow(("sku", "B2"));
        left.Logs.Should().Contain(LogLevel.Information, "Order {order_id} placed").And.NotContain(LogLevel.Error);
        left.Should().Link();
    }

    [Fact]
    public async Task A_request_that_fails_is_the_reason_for_what_it_did_not_leave()
    {
        await using var shop = Shop();
        using var client = shop.CreateClient();
        var left = await _telemetry.Of(() => client.GetAsync("/fault"), TimeSpan.FromSeconds(5));
        left.Trace.Should().HaveServer("GET /fault").Failing("System.InvalidOperationException");
        Action[] expectations =
        [
            () => left.Metric("orders_placed").Should().GrowBy(1),
            () => left.Logs.Should().Contain(LogLevel.Information, "Order {order_id} placed"),
        ];
        Assert.All(expectations, expectation => Assert.Contains(
            "First broken hop: shop-orders, \"GET /fault\": the request failed with System.InvalidOperationException",
            Assert.Throws<TelemetryException>(expectation).Message, StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_engine_and_its_questions_are_no_telemetry_of_the_service()
    {
        await using var shop = Shop();
        using var client = shop.CreateClient();
        var first = await _telemetry.Of(() => client.PostAsJsonAsync("/orders", new Order("A1", 2)));
        var second = await _telemetry.Of(() => client.PostAsJsonAsync("/orders", new Order("A1", 2)));

        Assert.Equal(first.Trace.Spans.Count, second.Trace.Spans.Count);
        foreach (var requests in new[] { first, second })
            requests.Metric("http.server.request.duration").Should().GrowBy(1).And.GrowBy(1, ("http.route", "/orders"));
        Assert.Equal(["/orders"], second.Metric("http.server.request.duration").Series.Select(series => series.Labels.GetValueOrDefault("http_route", "")));
    }

    [Fact]
    public async Task Recordings_beside_each_other_do_not_see_each_other()
    {
        await using var shop = Shop();
        using var client = shop.CreateClient();
        var all = await Task.WhenAll(Enumerable.Range(0, 8).Select(number => Task.Run(
            () => _telemetry.Of(() => client.PostAsJsonAsync("/orders", new Order($"A{number}", 2))))));

        foreach (var (number, left) in all.Index())
        {
            left.Trace.Should().HaveServer("POST /orders").Once();
            left.Trace.Should().HaveSpan("place order").With("order.sku", $"A{number}").Once();
            left.Metric("orders.placed").Should().GrowBy(1, ("sku", $"A{number}")).And.GrowBy(1);
            Assert.Single(left.Logs.Lines, line => line.Message.EndsWith(" placed", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task What_was_counted_before_the_action_is_not_its_own()
    {
        await using var shop = Shop();
        using var client = shop.CreateClient();
        for (var round = 0; round < 5; round++)
        {
            (await client.PostAsJsonAsync("/orders", new Order("A1", 2))).Dispose();
            var left = await _telemetry.Of(() => client.PostAsJsonAsync("/orders", new Order("A1", 2)));
            left.Metric("orders.placed").Should().GrowBy(1);
        }
    }

    [Fact]
    public async Task A_collection_that_was_under_way_is_not_the_one_that_counts()
    {
        await using var service = new SlowlyCollected(_telemetry.Stack.OtlpHttp);
        var all = new List<RecordedTelemetry>();
        for (var round = 0; round < 3; round++)
            all.Add(await _telemetry.Of(service.PlaceAsync));
        Assert.All(all, left => left.Metric("orders.placed").Should().GrowBy(1));
    }

    [Fact]
    public async Task A_host_in_place_of_another_counts_anew()
    {
        for (var round = 0; round < 2; round++)
        {
            await using var shop = Shop();
            using var client = shop.CreateClient();
            var left = await _telemetry.Of(() => client.PostAsJsonAsync("/orders", new Order("A1", 2)));
            left.Metric("orders.placed").Should().GrowBy(1, ("sku", "A1"));
        }

        await using var last = Shop();
        using var caller = last.CreateClient();
        (await _telemetry.Of(() => caller.GetAsync("/fault"))).Metric("orders.placed").Should().NotGrow();
    }

    [Fact]
    public async Task A_host_that_is_collected_too_seldom_to_be_waited_for_begins_anew_after_another()
    {
        var seldom = new TelemetryOptions { MetricInterval = TimeSpan.FromSeconds(3), Timeout = TimeSpan.FromSeconds(4) };
        await using var telemetry = TelemetryFixture.With(seldom);
        for (var round = 0; round < 2; round++)
        {
            await using var shop = Shop(telemetry);
            using var client = shop.CreateClient();
            var left = await telemetry.Of(() => client.PostAsJsonAsync("/orders", new Order("A1", 2)));
            left.Metric("orders.placed").Should().GrowBy(1, ("sku", "A1"));
        }
    }

    [Fact]
    public async Task What_goes_on_after_the_answer_is_waited_for()
    {
        await using var shop = Shop();
        using var client = shop.CreateClient();
        var left = await _telemetry.Of(
            () =>
            {
                var request = client.PostAsJsonAsync("/orders", new Order("A1", 2));
                _ = Task.Run(async () =>
                {
                    await Task.Delay(700);
                    using var _ = await client.GetAsync("/orders/later");
                });
                return request;
            },
            until: left => left.Trace.Spans.Any(span => span.Text("url.path") == "/orders/later"));
        Assert.Equal(2, left.Trace.Spans.Count(span => span.Kind == ActivityKind.Server));
    }

    [Fact]
    public async Task Nothing_is_nothing_only_after_the_window()
    {
        var began = Stopwatch.GetTimestamp();
        var left = await _telemetry.Of(() => Task.CompletedTask, TimeSpan.FromMilliseconds(50));
        left.Trace.Should().BeEmpty();
        Assert.InRange(Stopwatch.GetElapsedTime(began), _telemetry.Options.Window, TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task A_service_that_is_not_wired_is_told_so()
    {
        await using var shop = new WebApplicationFactory<Program>();
        using var client = shop.CreateClient();
        var left = await _telemetry.Of(() => client.GetAsync("/fault"), TimeSpan.FromSeconds(1));
        var failure = Assert.Throws<TelemetryException>(() => left.Trace.Should().HaveServer("GET /fault"));
        Assert.Contains("the test → the store: no service sent a span in that time. Is it wired", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stack_that_is_up_takes_the_place_of_the_engine()
    {
        var options = new TelemetryOptions { Stack = _telemetry.Stack, Metrics = false };
        await using var telemetry = TelemetryFixture.With(options);
        await using var shop = Shop(telemetry);
        using var client = shop.CreateClient();
        var left = await telemetry.Of(() => client.PostAsJsonAsync("/orders", new Order("A1", 2)));
        left.Trace.Should().HaveServer("POST /orders").Containing("place order");
        left.Should().Link();
        Assert.Equal(_telemetry.Environment["OTEL_EXPORTER_OTLP_ENDPOINT"], telemetry.Environment["OTEL_EXPORTER_OTLP_ENDPOINT"]);
    }

    [Fact]
    public async Task A_stack_that_does_not_answer_is_named()
    {
        var ended = new TelemetryFixture();
        await ended.DisposeAsync();
        await using var telemetry = TelemetryFixture.With(new TelemetryOptions { Stack = ended.Stack });
        var failure = await Assert.ThrowsAsync<TelemetryException>(() => telemetry.Of(() => Task.CompletedTask));
        Assert.Contains($"The store does not answer: prometheus not answering on {ended.Stack.Prometheus.GetLeftPart(UriPartial.Authority)}", failure.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Requests_one_after_another_are_as_expected()
    {
        var rounds = int.Parse(Environment.GetEnvironmentVariable("MICROMONITORED_ROUNDS") ?? "10", System.Globalization.CultureInfo.InvariantCulture);
        await using var shop = Shop();
        using var client = shop.CreateClient();
        var times = new List<TimeSpan>();
        for (var round = 0; round < rounds; round++)
        {
            var began = Stopwatch.GetTimestamp();
            var left = await _telemetry.Of(() => client.PostAsJsonAsync("/orders", new Order("A1", 2)));
            left.Trace.Should().HaveServer("POST /orders").Containing("place order").And.BeConnected();
            left.Metric("orders.placed").Should().GrowBy(1, ("sku", "A1"));
            left.Logs.Should().Contain(LogLevel.Information, "Order {order_id} placed");
            left.Should().Link();
            times.Add(Stopwatch.GetElapsedTime(began));
        }

        times.Sort();
        output.WriteLine($"{rounds} rounds: median {times[rounds / 2].TotalMilliseconds:0} ms, longest {times[^1].TotalMilliseconds:0} ms");
    }

    private WebApplicationFactory<Program> Shop(TelemetryFixture? telemetry = null)
        => new WebApplicationFactory<Program>().WithWebHostBuilder(host => host
            .UseTelemetry(telemetry ?? _telemetry));
}
