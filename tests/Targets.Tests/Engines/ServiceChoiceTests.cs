using MicroMonitored.Model;
using MicroMonitored.Model.Services;
using MicroMonitored.Targets.Engines.Embedded;
using MicroMonitored.Targets.Tasks;

namespace Targets.Tests.Engines;

/// <summary>Which services a target starts, stops or leaves alone.</summary>
public sealed class ServiceChoiceTests : IDisposable
{
    private static readonly IReadOnlyList<DiscoveredService> Services =
    [
        .. new[] { "Shop.Inventory", "Shop.Orders", "Shop.Back.Orders.Archive" }
            .Select(name => new DiscoveredService(ServiceName.Derive(name), name, $"/src/{name}/{name}.csproj", 1, null, [])),
    ];

    private readonly SimulatedStack _stack = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _stack.Dispose();

    [Theory]
    [InlineData("shop-orders")]
    [InlineData("Shop.Orders")]
    [InlineData("orders")]
    [InlineData("Orders")]
    public void A_service_is_named_by_its_name_its_project_or_its_last_word(string name)
    {
        var choice = ServiceChoice.Without(Services, [name, "shop-orders"]);
        Assert.Equal(["shop-orders"], choice.Stopped.Select(service => service.Name));
        Assert.Equal(["shop-inventory", "shop-back-orders-archive"], choice.Started.Select(service => service.Name));
        Assert.Equal(["shop-orders"], ServiceChoice.Again(Services, name).Started.Select(service => service.Name));
    }

    [Fact]
    public void A_name_that_is_no_service_is_refused_with_the_nearest()
    {
        Assert.Equal(
            [
                "--without=order: no such service; did you mean orders? known: shop-inventory, shop-orders, shop-back-orders-archive",
                "--without=zzzzzzzz: no such service; known: shop-inventory, shop-orders, shop-back-orders-archive",
            ],
            Assert.Throws<FaultException>(() => ServiceChoice.Without(Services, ["order", "orders", "zzzzzzzz"])).Faults);
        Assert.Equal("--service=x: no such service; known: none", Assert.Throws<FaultException>(() => ServiceChoice.Again([], "x")).Message);
    }

    [Fact]
    public async Task Up_leaves_a_service_out_stops_its_container_and_takes_it_over_again()
    {
        await new Up().RunAsync(_stack.Context(("engine", "docker")));
        _stack.CommandLines();

        await new Up().RunAsync(_stack.Context(("without", "orders")));
        var lines = _stack.CommandLines();
        Assert.Contains("docker stop sample-micro-app-services-shop-orders-1", lines);
        Assert.Contains("docker rm sample-micro-app-services-shop-orders-1", lines);
        Assert.DoesNotContain(lines, line => line.Contains("services.compose.yaml", StringComparison.Ordinal));
        Assert.Contains("without shop-orders.", _stack.Said, StringComparison.Ordinal);
        Assert.Equal("down", (await _stack.Engine().StatusAsync(Cancellation)).Single(row => row.Name == "shop-orders").State);

        await new Up().RunAsync(_stack.Context());
        Assert.Equal("ready", (await _stack.Engine().StatusAsync(Cancellation)).Single(row => row.Name == "shop-orders").State);
    }

    [Fact]
    public async Task Restart_starts_one_anew_and_only_the_stack_needs_no_service()
    {
        await new Up().RunAsync(_stack.Context(("engine", "docker")));
        _stack.CommandLines();

        await new Restart().RunAsync(_stack.Context(("service", "orders")));
        Assert.Contains("docker stop sample-micro-app-services-shop-orders-1", _stack.CommandLines());
        Assert.Equal("ready", (await _stack.Engine().StatusAsync(Cancellation)).Single(row => row.Name == "shop-orders").State);

        await new Up().RunAsync(_stack.Context(("only", "stack")));
        Assert.DoesNotContain(_stack.Engine().Containers(), container => container.Service == "shop-orders");
        var refused = await Assert.ThrowsAsync<FaultException>(() => new Up().RunAsync(_stack.Context(("only", "metrics.*"))));
        Assert.Equal("--only=metrics.*: use --only=stack", refused.Message);
        Assert.Equal(
            "--service is missing; known: shop-orders",
            (await Assert.ThrowsAsync<FaultException>(() => new Restart().RunAsync(_stack.Context()))).Message);
    }

    [Fact]
    public async Task A_service_started_by_hand_is_told_where_the_stack_is_while_it_is_up()
    {
        await new Up().RunAsync(_stack.Context(("engine", "docker")));
        var told = await File.ReadAllTextAsync(_stack.Paths.Development, Cancellation);
        Assert.Contains($"\"Checkout\": \"{_stack.Paths.Root}\"", told, StringComparison.Ordinal);
        Assert.Contains($"\"OTEL_EXPORTER_OTLP_ENDPOINT\": \"http://127.0.0.1:{_stack.FirstPort + 5}\"", told, StringComparison.Ordinal);
        Assert.Contains($"\"OTEL_EXPORTER_OTLP_LOGS_ENDPOINT\": \"http://127.0.0.1:{_stack.FirstPort + 2}/otlp/v1/logs\"", told, StringComparison.Ordinal);
        Assert.Contains($"\"Services:shop-orders:http:0\": \"http://127.0.0.1:{_stack.FirstPort + 10}\"", told, StringComparison.Ordinal);

        await new Teardown().RunAsync(_stack.Context());
        Assert.False(File.Exists(_stack.Paths.Development));
    }

    [Fact]
    public void A_process_is_started_anew_when_a_peer_has_moved_but_not_when_one_came_or_went()
    {
        var runs = Told(("a", "http://127.0.0.1:1"), ("b", "http://127.0.0.1:2"));
        Assert.True(runs.Serves(Told(("a", "http://127.0.0.1:1"), ("b", "http://127.0.0.1:2"), ("c", "http://127.0.0.1:3"))));
        Assert.True(runs.Serves(Told(("b", "http://127.0.0.1:2"))));
        Assert.False(runs.Serves(Told(("b", "http://127.0.0.1:9"))));
        Assert.False(runs.Serves(runs with { Fingerprint = "other" }));

        static HostProcess Told(params (string Name, string Address)[] peers)
            => new("shop-orders", "service", 8080, "/app/Shop.Orders.dll", "print", peers.ToDictionary(peer => peer.Name, peer => peer.Address));
    }
}
