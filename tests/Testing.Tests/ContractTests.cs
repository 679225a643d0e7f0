using System.Net.Http.Json;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.AspNetCore.Mvc.Testing;
using Shop;

namespace Testing.Tests;

/// <summary>What a service emits for an action, held against a <c>telemetry.lock</c>.</summary>
[Collection("in process")]
public sealed class ContractTests(ITestOutputHelper output) : IAsyncLifetime
{
    // What a defect keeps away is waited for to the end.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);
    private readonly TelemetryFixture _telemetry = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("contract").FullName;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync()
    {
        Directory.Delete(_folder, recursive: true);
        return _telemetry.DisposeAsync();
    }

    [Fact]
    public async Task It_is_the_same_whatever_the_order_the_run_and_what_others_sent()
    {
        var locks = new List<string>();
        for (var run = 0; run < 2; run++)
        {
            await using var shop = Host();
            using var client = shop.CreateClient();
            var fault = await AcceptedAsync(() => client.GetAsync("/fault"));
            locks.Add(await AcceptedAsync(() => PlaceAsync(client), () => client.GetAsync("/fault")));
            using var other = await client.GetAsync("/elsewhere");
            locks.Add(await AcceptedAsync(() => client.GetAsync("/fault"), () => PlaceAsync(client), () => client.GetAsync("/fault")));
            Assert.Equal(fault, await AcceptedAsync(() => client.GetAsync("/fault")));
            Assert.DoesNotContain("orders_placed_total", fault, StringComparison.Ordinal);
        }

        Assert.Single(locks.Distinct());
        Assert.Contains("\"orders_placed_total\": {", locks[0], StringComparison.Ordinal);
        Assert.Contains("\"Order {order_id} placed\": {", locks[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_is_the_same_for_services_that_call_each_other()
    {
        var locks = new List<string>();
        for (var run = 0; run < 2; run++)
        {
            await using var shop = await ShopProcesses.StartAsync(_telemetry);
            locks.Add(await AcceptedAsync(() => PlaceAsync(shop.Client)));
            locks.Add(await AcceptedAsync(() => PlaceAsync(shop.Client)));
        }

        Assert.Single(locks.Distinct());
        var server = JsonDocument.Parse(locks[0]).RootElement.GetProperty("services").GetProperty("shop-inventory").GetProperty("spans")
            .GetProperty("server GET /stock");
        Assert.Equal("shop-orders client GET", Assert.Single(server.GetProperty("parents").EnumerateArray()).GetString());
    }

    [Theory]
    [InlineData("metric renamed", "shop-orders: metric orders_placed_total is now called orders_created_total")]
    [InlineData("unit changed", "shop-orders: metric orders_packing_seconds is now called orders_packing_milliseconds")]
    [InlineData("label renamed", "shop-orders: metric orders_placed_total: label sku is now called article")]
    [InlineData("attribute lost", "shop-orders: span internal place order: attribute order.sku is gone")]
    [InlineData("wrong parent", "shop-orders: span client GET: is no longer below shop-orders internal place order")]
    [InlineData("exception swallowed", "shop-orders: span server GET /fault: attribute event exception is gone")]
    [InlineData("line lost", "shop-orders: line \"Order {order_id} placed\" is gone")]
    [InlineData("level lowered", "shop-orders: line \"Order {order_id} placed\": its level is warning, was information")]
    public async Task What_breaks_it_is_told(string defect, string said)
    {
        await using var shop = Host(defect);
        using var client = shop.CreateClient();
        var left = await _telemetry.Of(() => PlacedAndFailedAsync(client), Patience);
        var failure = Assert.Throws<TelemetryException>(() => left.Contract.Should().Match()).Message;
        output.WriteLine(failure);
        Assert.StartsWith("Expected the services to emit what telemetry.lock holds.\nFound: ", failure, StringComparison.Ordinal);
        Assert.Contains($"\n  {said}\n", failure, StringComparison.Ordinal);
        Assert.EndsWith(
            "\nRestore it, or mend what reads it and take it over with MICROMONITORED_ACCEPT=1 in the environment.", failure, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_new_breaks_nothing_and_many_values_in_place_of_few_do()
    {
        await using var shop = Host("label unbounded");
        using var client = shop.CreateClient();
        (await _telemetry.Of(() => PlacedAndFailedAsync(client))).Contract.Should().Match();

        var left = await _telemetry.Of(() => PlacedAndFailedAsync(client, [.. Enumerable.Range(0, 12).Select(number => $"A{number}")]), Patience);
        var failure = Assert.Throws<TelemetryException>(() => left.Contract.Should().Match()).Message;
        Assert.Contains("Found: one difference (", failure, StringComparison.Ordinal);
        Assert.Contains("\n  shop-orders: metric orders_placed_total: label sku has many values now, had few\n", failure, StringComparison.Ordinal);
        Assert.Contains("\n  [Added] shop-orders: metric orders_placed_total: label order_id\n", failure, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, " is missing; write it with MICROMONITORED_ACCEPT=1 in the environment and commit it")]
    [InlineData("<<<<<<< ours\n", ":1: is not valid JSON: ")]
    [InlineData("{}", ": is no record of telemetry; restore it, or write it anew with MICROMONITORED_ACCEPT=1 in the environment")]
    public async Task A_file_that_is_no_lock_is_refused(string? text, string said)
    {
        var path = Path.Combine(_folder, "telemetry.lock");
        if (text is not null)
            await File.WriteAllTextAsync(path, text, TestContext.Current.CancellationToken);
        await using var shop = Host();
        using var client = shop.CreateClient();
        var left = await _telemetry.Of(() => client.GetAsync("/fault"));
        var failure = Assert.Throws<TelemetryException>(() => left.Contract.Should().Match(path));
        Assert.StartsWith(path + said, failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', failure.Message);

        left.Contract.Should().Match(path, "", accepts: true);
        left.Contract.Should().Match(path);
    }

    [Fact]
    public async Task Nothing_is_no_telemetry_to_accept()
    {
        var path = Path.Combine(_folder, "telemetry.lock");
        var left = await _telemetry.Of(() => Task.CompletedTask, TimeSpan.FromMilliseconds(50));
        var failure = Assert.Throws<TelemetryException>(() => left.Contract.Should().Match(path, "", accepts: true));
        Assert.Contains("Found: no span of the trace", failure.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(path));
    }

    [Fact]
    public async Task It_names_the_schema_of_its_repository()
    {
        var tests = Directory.CreateDirectory(Path.Combine(_folder, "tests")).FullName;
        Directory.CreateDirectory(Path.Combine(_folder, "stack"));
        await File.WriteAllTextAsync(Path.Combine(_folder, "stack", "telemetry.schema.json"), "{}", TestContext.Current.CancellationToken);
        await using var shop = Host();
        using var client = shop.CreateClient();
        var left = await _telemetry.Of(() => client.GetAsync("/fault"));
        left.Contract.Should().Match("locks/telemetry.lock", Path.Combine(tests, "OrdersTests.cs"), accepts: true);

        using var written = JsonDocument.Parse(
            await File.ReadAllTextAsync(Path.Combine(tests, "locks", "telemetry.lock"), TestContext.Current.CancellationToken));
        Assert.Equal("../../stack/telemetry.schema.json", written.RootElement.GetProperty("$schema").GetString());
        left.Contract.Should().Match("locks/telemetry.lock", Path.Combine(tests, "OrdersTests.cs"));
        Assert.DoesNotContain("$schema", left.Contract.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_is_found_where_the_build_has_mapped_the_source()
    {
        await using var shop = Host();
        using var client = shop.CreateClient();
        var left = await _telemetry.Of(() => client.GetAsync("/fault"));
        var failure = Assert.Throws<TelemetryException>(() => left.Contract.Should().Match("none.lock", "/_/tests/Testing.Tests/ContractTests.cs"));
        Assert.StartsWith(Path.Combine(Path.GetDirectoryName(Here())!, "none.lock") + " is missing", failure.Message, StringComparison.Ordinal);
        failure = Assert.Throws<TelemetryException>(() => left.Contract.Should().Match("none.lock", "/_/elsewhere/ContractTests.cs"));
        Assert.Equal("/_/elsewhere, the folder of the test's source, is not there; say the file's whole path", failure.Message);
    }

    private WebApplicationFactory<Program> Host(string defect = "")
        => new WebApplicationFactory<Program>().WithWebHostBuilder(host => host.UseTelemetry(_telemetry).UseSetting("Defect", defect));

    // What telemetry.lock beside this file was recorded of.
    private static async Task PlacedAndFailedAsync(HttpClient client, params string[] skus)
    {
        foreach (var sku in skus.DefaultIfEmpty("A1"))
            await PlaceAsync(client, sku);
        await client.GetAsync("/fault");
    }

    private async Task<string> AcceptedAsync(params Func<Task>[] requests)
    {
        var left = await _telemetry.Of(async () =>
        {
            foreach (var request in requests)
                await request();
        });
        var path = Path.Combine(_folder, "accepted.lock");
        left.Contract.Should().Match(path, "", accepts: true);
        return await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken);
    }

    private static Task<HttpResponseMessage> PlaceAsync(HttpClient client, string sku = "A1") => client.PostAsJsonAsync("/orders", new Order(sku, 2));

    private static string Here([CallerFilePath] string source = "") => source;
}
