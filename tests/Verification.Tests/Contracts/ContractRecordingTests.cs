using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using MicroMonitored.Model.Embedded;
using MicroMonitored.Verification;
using MicroMonitored.Verification.Clients;
using MicroMonitored.Verification.Contracts;
using MicroMonitored.Verification.Tests;

namespace Verification.Tests.Contracts;

/// <summary>The template's services beside the embedded engine: what they emit is recorded, they are broken, and it is recorded again.</summary>
[Collection("stack")]
public sealed partial class ContractRecordingTests(ITestOutputHelper output)
{
    private static readonly int Runs = int.Parse(Environment.GetEnvironmentVariable("MICROMONITORED_RUNS") ?? "2", CultureInfo.InvariantCulture);

    [Fact]
    public async Task It_is_the_same_in_every_run_and_tells_what_breaks()
    {
        await using var stack = await ShopStack.StartAsync();
        var locked = await RecordAsync(stack);
        for (var run = 1; run < Runs; run++)
            Assert.Equal(ContractFile.Write(locked), ContractFile.Write(await RecordAsync(stack)));
        Assert.Empty((await ContractSchemaTests.SchemaAsync()).Validate(ContractFile.Write(locked)));
        Assert.Contains(locked.Items, item => item is { Service: ShopStack.Orders, Name: "http_server_request_duration_seconds" }
            && item.Traits["type"] == "histogram" && item.Parts["http_route"] == "few");
        Assert.Contains(locked.Items, item => item is { Service: ShopStack.Inventory, Name: "server GET /stock", Parents: ["shop-orders client GET"] });

        StackFault? before = null;
        foreach (var (fault, expected) in new (string, string)[]
        {
            ("traceparent-stripped", "Removed shop-inventory: span server GET /stock: is no longer below shop-orders client GET"),
            ("exception-swallowed", "Removed shop-orders: span server GET /fault is gone"),
            ("runtime-metrics-off", "Removed shop-orders: metric dotnet_gc_heap_total_allocated_bytes_total is gone"),
            ("metric-renamed", "Removed shop-orders: metric http_server_request_duration_seconds is gone|"
                + "Renamed shop-orders: metric http_server_request_duration_seconds is now called *"),
        })
        {
            var injected = StackFault.All.Single(known => known.Name == fault);
            await stack.BreakAsync(injected, before);
            before = injected;
            var differences = ContractComparison.Of(locked, await RecordAsync(stack)).Where(difference => difference.IsBreaking)
                .Select(difference => $"{difference.Change} {difference.Item.Service}: {difference.Detail}").ToList();
            output.WriteLine($"{fault}\n  {string.Join("\n  ", differences)}");
            Assert.Contains(differences, difference => expected.Split('|').Any(pattern => Patterns.Matches(pattern, difference)));
        }
    }

    [Theory]
    [InlineData("metric-renamed")]
    [InlineData("runtime-metrics-off")]
    public async Task The_panels_that_it_names_are_those_that_are_left_empty(string fault)
    {
        var (locked, whole) = await AskedAsync(null);
        var (emitted, broken) = await AskedAsync(StackFault.All.Single(known => known.Name == fault));

        var uses = new TelemetryUses();
        foreach (var dashboard in Directory.EnumerateFiles(RealEngine.Shipped["dashboards"], "*.json"))
            uses.AddDashboard(await File.ReadAllBytesAsync(dashboard, TestContext.Current.CancellationToken));
        var named = ContractComparison.Of(locked, emitted).Select(uses.Touched).SelectMany(difference => difference.Uses).ToHashSet();
        var emptied = whole.Where(panel => panel.Value.Series > 0 && broken[panel.Key].Series == 0).Select(panel => panel.Key).ToHashSet();
        // Garbage need not have been collected: what there is of it is in no contract.
        emptied.Remove("panel \"Heap after the last collection\" of .NET runtime");
        // What falls back to another metric is read, and is not left empty.
        var read = whole.Where(panel => panel.Value is { Series: > 0, FallsBack: false }).Select(panel => panel.Key);
        output.WriteLine($"emptied: {string.Join(", ", emptied.Order())}\nnamed: {string.Join(", ", named.Order())}");

        Assert.NotEmpty(emptied);
        Assert.Subset(named, emptied);
        Assert.Subset(emptied, named.Intersect(read).ToHashSet());
    }

    private static async Task<TelemetryContract> RecordAsync(ShopStack stack)
        => (await ContractRecording.RecordAsync(stack.Plan, TimeProvider.System, TestContext.Current.CancellationToken)).Contract;

    /// <summary>How many series each panel shows of orders, from a stack that was never another.</summary>
    private static async Task<(TelemetryContract Emitted, Dictionary<string, (int Series, bool FallsBack)> Panels)> AskedAsync(StackFault? fault)
    {
        await using var stack = await ShopStack.StartAsync();
        if (fault is not null)
            await stack.BreakAsync(fault, null);
        var whole = Stopwatch.StartNew();
        var emitted = await RecordAsync(stack);
        // No longer ago than what was broken.
        var window = $"{whole.ElapsedMilliseconds}ms";
        using var http = new SignalHttp();
        var prometheus = new PrometheusClient(http, stack.Plan.Endpoints.Prometheus);
        var panels = new Dictionary<string, (int Series, bool FallsBack)>();
        foreach (var file in Directory.EnumerateFiles(RealEngine.Shipped["dashboards"], "*.json"))
        {
            using var dashboard = JsonDocument.Parse(await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken));
            foreach (var query in DashboardQueries.Read(dashboard.RootElement, [ShopStack.Orders]).Where(query => query.DatasourceType == "prometheus"))
            {
                var expression = Interval().Replace((string)query.Query["expr"]!, window)
                    .Replace("job=~\".+\"", $"job=\"{ShopStack.Orders}\"", StringComparison.Ordinal);
                var name = $"panel \"{query.Panel}\" of {dashboard.RootElement.GetProperty("title").GetString()}";
                var (series, fallsBack) = panels.GetValueOrDefault(name);
                panels[name] = (series + (await prometheus.QueryAsync(expression, TestContext.Current.CancellationToken)).Count,
                    fallsBack || expression.Contains(" or ", StringComparison.Ordinal));
            }
        }

        return (emitted, panels);
    }

    [GeneratedRegex(@"\$__\w+|\$\{__\w+\}")]
    private static partial Regex Interval();
}
