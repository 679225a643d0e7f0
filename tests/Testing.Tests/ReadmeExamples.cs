using System.Diagnostics;
using System.Net.Http.Json;
using MicroMonitored.Model.Components;
using MicroMonitored.Verification;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.Logging;
using Shop;

namespace Testing.Tests.Examples;

[Collection("in process")]
public sealed class OrdersTests(TelemetryFixture telemetry) : IClassFixture<TelemetryFixture>
{
    [Fact]
    public async Task An_order_is_counted_once()
    {
        await using var shop = new WebApplicationFactory<Program>().WithWebHostBuilder(host => host.UseTelemetry(telemetry));
        using var client = shop.CreateClient();
        var left = await telemetry.Of(() => client.PostAsJsonAsync("/orders", new Order("A1", 2)));
        left.Trace.Should().HaveServer("POST /orders").Containing("place order").With("order.sku", "A1");
        left.Metric("orders.placed").Should().GrowBy(1, ("sku", "A1")).And.HaveUnit("{order}").And.HaveLabels("sku");
    }
}

/// <summary>What the README shows, as it is shown there; each is run.</summary>
[Collection("in process")]
public sealed class ReadmeExamples(TelemetryFixture telemetry) : IClassFixture<TelemetryFixture>
{
    [Fact]
    public async Task A_call_between_services()
    {
        await using var shop = await ShopProcesses.StartAsync(telemetry);
        var client = shop.Client;

        var left = await telemetry.Of(() => client.PostAsJsonAsync("/orders", new Order("A1", 2)));
        left.Trace.Should().HaveServer("POST /orders").Calling("shop-inventory", "GET /stock").And.NoErrors();
        left.Metric("orders_placed").Should().GrowBy(1, ("sku", "A1"));
        left.Logs.Should().Contain(LogLevel.Information, "Order {order_id} placed");
        left.Should().Link();
    }

    [Fact]
    public async Task Absence_and_what_follows()
    {
        const string secret = "s3cr3t";
        await using var shop = await ShopProcesses.StartAsync(telemetry);
        var client = shop.Client;

        var left = await telemetry.Of(
            () => client.PostAsJsonAsync("/orders", new Order("A1", 2)),
            until: left => left.Trace.Spans.Any(span => span.Name == "place order"));

        left.Trace.Should().NotHaveSpan("DELETE /orders").NoErrors().NotContain(secret);
        left.Metric("orders_placed").Should().NotGrow(("sku", "B2"));
        left.Logs.Should().NotContain(LogLevel.Warning).And.NotContain(secret);
    }

    [Fact]
    public async Task What_it_emits_is_as_committed()
    {
        await using var shop = new WebApplicationFactory<Program>().WithWebHostBuilder(host => host.UseTelemetry(telemetry));
        using var client = shop.CreateClient();

        var left = await telemetry.Of(async () =>
        {
            await client.PostAsJsonAsync("/orders", new Order("A1", 2));
            await client.GetAsync("/fault");
        });
        left.Contract.Should().Match("telemetry.lock");
    }

    [Fact]
    public void Variables_of_a_process()
    {
        var start = new ProcessStartInfo("dotnet", ["exec", "Shop.dll", "--urls", "http://127.0.0.1:5080"]).UseTelemetry(telemetry);
        Assert.Equal(telemetry.Stack.OtlpGrpc, new Uri(start.Environment["OTEL_EXPORTER_OTLP_ENDPOINT"]!));
    }

    [Fact]
    public async Task A_stack_by_its_addresses()
    {
        var options = new TelemetryOptions
        {
            Stack = new StackEndpoints
            {
                Prometheus = new Uri("http://127.0.0.1:9090"), Loki = new Uri("http://127.0.0.1:3100"), Tempo = new Uri("http://127.0.0.1:3200"),
                OtlpHttp = new Uri("http://127.0.0.1:4318"),
            },
        };
        await using var elsewhere = TelemetryFixture.With(options);
        Assert.Equal("http://127.0.0.1:4318", elsewhere.Environment["OTEL_EXPORTER_OTLP_ENDPOINT"]);
    }

    [Fact]
    public void What_the_README_shows_is_what_is_compiled_here()
    {
        static string Squeezed(string text) => string.Join('\n', text.Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0));
        var root = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(root, "global.json")))
            root = Path.GetDirectoryName(root)!;
        var compiled = Squeezed(File.ReadAllText(Path.Combine(root, "tests/Testing.Tests/ReadmeExamples.cs")));
        var readme = File.ReadAllText(Path.Combine(root, "stack/Testing/README.md"));
        var examples = readme.Split("```csharp\n")[1..].Select(block => block.Split("```")[0]).ToList();
        Assert.InRange(examples.Count, 5, 10);
        Assert.All(examples, example => Assert.Contains(Squeezed(example), compiled, StringComparison.Ordinal));
    }
}
