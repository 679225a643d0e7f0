using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace EndToEnd.Tests.Embedded;

/// <summary>A developer's day beside a running stack: a service added, one run by hand, one started anew; ports as the files say.</summary>
[Collection("whole stacks, one at a time")]
public sealed class DailyLoopTests : IAsyncLifetime
{
    private readonly ScaffoldedShop _shop = new(inFiles: true);
    private readonly HttpClient _client = new() { Timeout = TimeSpan.FromSeconds(2) };
    private Process? _byHand;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private int Orders => _shop.FirstPort + 21;

    public async ValueTask InitializeAsync() => await _shop.CreateAsync(Cancellation);

    public async ValueTask DisposeAsync()
    {
        EndByHand();
        _client.Dispose();
        await _shop.TargetAsync("Teardown", CancellationToken.None, "--purge");
        await _shop.DisposeAsync();
    }

    [Fact]
    public async Task A_day_beside_the_stack()
    {
        await TargetAsync("Up", "--engine=embedded");
        var before = await IdsAsync();
        Assert.Equal(3, before.Values.Distinct().Count());

        await AnAddedServiceHasAPortOfItsOwnAndRestartsNoOther(before);
        await AServiceRunByHandJoinsTheStack();
        await UpTakesOverWhenThePortIsFree(before);

        await TargetAsync("Restart", "--service=inventory");
        var after = await IdsAsync();
        Assert.NotEqual(before["shop-inventory"], after["shop-inventory"]);
        Assert.Equal(before["prometheus"], after["prometheus"]);

        Assert.Contains("without shop-billing, shop-inventory and shop-orders", await TargetAsync("Up", "--only=stack"), StringComparison.Ordinal);
        Assert.Equal(["loki", "page", "prometheus", "tempo"], (await IdsAsync()).Keys.Order());
        await TargetAsync("Teardown");
        Assert.False(File.Exists(Path.Combine(_shop.Folder, "artifacts", "run", "development.json")));
    }

    private async Task AnAddedServiceHasAPortOfItsOwnAndRestartsNoOther(Dictionary<string, string> before)
    {
        await _shop.AddAsync("micro-monitored-service", "Shop.Billing", Cancellation);
        var said = await TargetAsync("Up");
        var after = await IdsAsync();
        Assert.Equal(before, after.Where(row => row.Key != "shop-billing").ToDictionary());
        var port = _shop.FirstPort + 22;
        Assert.Equal(port, (await StatusAsync()).Single(row => row.Name == "shop-billing").Port);
        foreach (var file in new[] { "src/Shop.Billing/Properties/launchSettings.json", "src/Shop.Billing/Shop.Billing.http" })
        {
            Assert.Contains($"[Updated] {file}: port {port}\n", said, StringComparison.Ordinal);
            Assert.Contains($"http://localhost:{port}", await File.ReadAllTextAsync(Path.Combine(_shop.Folder, file), Cancellation), StringComparison.Ordinal);
        }
    }

    private async Task AServiceRunByHandJoinsTheStack()
    {
        Assert.Contains("without shop-orders", await TargetAsync("Up", "--without=orders"), StringComparison.Ordinal);
        Assert.True(ScaffoldedShop.IsFree(Orders));
        Assert.Equal("down", (await StatusAsync()).Single(row => row.Name == "shop-orders").State);

        var start = new ProcessStartInfo("dotnet", ["run", "--project", "src/Shop.Orders"]) { WorkingDirectory = _shop.Folder, RedirectStandardOutput = true };
        foreach (var variable in start.Environment.Keys.Where(name => name.StartsWith("OTEL_", StringComparison.Ordinal)).ToList())
            start.Environment.Remove(variable);
        _byHand = Process.Start(start)!;
        _byHand.OutputDataReceived += static (_, _) => { };
        _byHand.BeginOutputReadLine();
        await ReadyAsync(TimeSpan.FromMinutes(3));

        var row = (await StatusAsync()).Single(row => row.Name == "shop-orders");
        Assert.Equal(("by hand", Orders), (row.State, row.Port));
        await TargetAsync("Verify");
        var checks = _shop.Checks();
        Assert.DoesNotContain(checks, check => check.Status == "fail");
        foreach (var id in new[] { "metrics.target-up", "logs.exactly-once", "links.log-to-trace" })
            Assert.Contains(checks, check => check.Id == id && check.Service == "shop-orders" && check.Status == "pass");
    }

    private async Task UpTakesOverWhenThePortIsFree(Dictionary<string, string> before)
    {
        var refused = await _shop.TargetAsync("Up", Cancellation);
        Assert.Equal(1, refused.ExitCode);
        Assert.Matches(
            $@"port {Orders} of the service shop-orders is taken by .+ \(pid \d+\); end it, leave the service out with --without=shop-orders", refused.Output);

        EndByHand();
        await TargetAsync("Up");
        var after = await IdsAsync();
        Assert.NotEqual(before["shop-orders"], after["shop-orders"]);
        Assert.Equal(before["shop-inventory"], after["shop-inventory"]);
    }

    private async Task ReadyAsync(TimeSpan limit)
    {
        for (var clock = Stopwatch.StartNew(); ; await Task.Delay(200, Cancellation))
        {
            try
            {
                using var answer = await _client.GetAsync(new Uri($"http://127.0.0.1:{Orders}/health/ready"), Cancellation);
                if (answer.IsSuccessStatusCode)
                    return;
            }
            catch (HttpRequestException)
            {
                Assert.False(_byHand!.HasExited, "dotnet run has ended");
                Assert.True(clock.Elapsed < limit, $"nothing answers on {Orders}");
            }
        }
    }

    private void EndByHand()
    {
        if (_byHand is null)
            return;
        _byHand.Kill(entireProcessTree: true);
        _byHand.WaitForExit();
        _byHand.Dispose();
        _byHand = null;
    }

    private async Task<string> TargetAsync(string target, params string[] arguments) => (await _shop.TargetAsync(target, Cancellation, arguments)).Succeeded();

    /// <summary>The process of everything that runs.</summary>
    private async Task<Dictionary<string, string>> IdsAsync()
        => (await StatusAsync()).Where(row => row.State == "ready").ToDictionary(row => row.Name, row => row.Id!);

    private async Task<IReadOnlyList<(string Name, string State, string? Id, int Port)>> StatusAsync()
    {
        using var rows = JsonDocument.Parse(await TargetAsync("Status", "--format=json"));
        return [.. rows.RootElement.EnumerateArray().Select(row => (
            row.GetProperty("name").GetString()!,
            row.GetProperty("state").GetString()!,
            row.TryGetProperty("id", out var id) ? id.GetString() : null,
            int.Parse(row.GetProperty("port").GetRawText(), CultureInfo.InvariantCulture)))];
    }
}
