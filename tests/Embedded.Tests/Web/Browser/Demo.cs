using System.Diagnostics;
using System.Text.Json;
using Embedded.Tests.Ingest;
using Embedded.Tests.Query;
using MicroMonitored.Embedded;
using Microsoft.Playwright;

namespace Embedded.Tests.Web.Browser;

/// <summary>The engine with the template's two services, traffic, failures and a hostile log line, seen by Debian's Chromium.</summary>
public sealed class Demo : IAsyncLifetime
{
    /// <summary>Set to <c>required</c>, a missing Chromium fails the tests in place of skipping them.</summary>
    private const string Wanted = "MICROMONITORED_CHROMIUM";

    public const string Hostile = "<img src=x onerror=\"window.hacked=1\"><script>window.hacked=1</script>";

    private static readonly string[] Places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

    private readonly TemporaryFolder _folder = new();
    private readonly StackPorts _ports = Configurations.FreePorts();
    private readonly List<Process> _services = [];
    private EmbeddedEngine? _engine;
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    private int OrdersPort { get; } = Random.Shared.Next(12_000, 19_000);

    private int InventoryPort => OrdersPort + 1;

    public Uri Pages => new($"http://127.0.0.1:{_ports.Grafana}");

    /// <summary>Where the pictures of the pages are put.</summary>
    public static string Pictures { get; } = Path.Combine(DashboardTests.Dashboards(), "..", "..", "..", "..", "artifacts", "screenshots");

    public async ValueTask InitializeAsync()
    {
        if (Places.FirstOrDefault(File.Exists) is not { } chromium)
            return;
        Directory.CreateDirectory(_folder.File("logs"));
        var targets = new[] { ("shop-orders", OrdersPort), ("shop-inventory", InventoryPort) };
        await File.WriteAllTextAsync(_folder.File("targets.json"), JsonSerializer.Serialize(targets.Select(static one => new
        {
            targets = new[] { $"127.0.0.1:{one.Item2}" }, labels = new Dictionary<string, string> { ["job"] = one.Item1 },
        })));
        var scrape = PrometheusDuration.Parse("1s");
        _engine = await EmbeddedEngine.StartAsync(new EmbeddedOptions
        {
            DataFolder = _folder.File("data"), LogFolder = _folder.File("logs"), Ports = _ports, FileSd = [_folder.File("targets.json")],
            Dashboards = DashboardTests.Dashboards(),
            Rules = Path.Combine(DashboardTests.Dashboards(), "..", "..", "prometheus", "rules"),
            ScrapeInterval = scrape, ScrapeTimeout = scrape,
            Services = [.. targets.Select(static one => new EmbeddedService(one.Item1, $"http://127.0.0.1:{one.Item2}"))],
        });
        _services.Add(Start("MonitoredApp.Inventory", "shop-inventory", InventoryPort));
        _services.Add(Start("MonitoredApp.Orders", "shop-orders", OrdersPort));
        await File.AppendAllTextAsync(_folder.File("logs/hostile.log"), JsonSerializer.Serialize(new
        {
            timestamp = DateTimeOffset.UtcNow, level = "Warning", service = "hostile", message = Hostile,
        }) + "\n");
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(10) };
        await UntilAsync(async () => (await client.GetAsync($"http://127.0.0.1:{OrdersPort}/orders")).IsSuccessStatusCode);
        for (var second = 0; second < 5; second++)
        {
            for (var request = 0; request < 12; request++)
                (await client.GetAsync($"http://127.0.0.1:{OrdersPort}/{(request % 6 == 5 ? "fault" : "orders")}")).Dispose();
            await Task.Delay(1000);
        }

        var counted = $"http://127.0.0.1:{_ports.Prometheus}/api/v1/query?query="
            + Uri.EscapeDataString("sum(http_server_request_duration_seconds_count) > 60");
        await UntilAsync(async () => (await client.GetStringAsync(counted)).Contains("\"value\"", StringComparison.Ordinal));
        var called = $"http://127.0.0.1:{_ports.Prometheus}/api/v1/query?query="
            + Uri.EscapeDataString("rate(traces_service_graph_request_total{client=\"shop-orders\"}[1m]) > 0");
        await UntilAsync(async () => (await client.GetStringAsync(called)).Contains("\"value\"", StringComparison.Ordinal));
        var found = $"http://127.0.0.1:{_ports.Tempo}/api/search?q=" + Uri.EscapeDataString("{ status = error }");
        await UntilAsync(async () => (await client.GetStringAsync(found)).Contains("traceID", StringComparison.Ordinal));
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = chromium, Args = ["--no-sandbox"] });
    }

    /// <summary>A page that fails its test when a script fails or the console has an error.</summary>
    public async Task<Visit> OpenAsync(string address, bool dark = false, int width = 1400, int height = 1000)
    {
        if (_browser is null)
        {
            Assert.True(Environment.GetEnvironmentVariable(Wanted) != "required", $"none of {string.Join(", ", Places)} is there; .ci/tools brings it");
            Assert.Skip($"none of {string.Join(", ", Places)} is there; .ci/tools brings it");
        }

        var context = await _browser.NewContextAsync(new()
        {
            ViewportSize = new() { Width = width, Height = height }, ColorScheme = dark ? ColorScheme.Dark : ColorScheme.Light, BaseURL = Pages.ToString(),
        });
        var page = await context.NewPageAsync();
        page.SetDefaultTimeout(20_000);
        var visit = new Visit(context, page);
        page.PageError += (_, error) => visit.Faults.Add(error);
        page.Console += (_, message) =>
        {
            if (message.Type == "error")
                visit.Faults.Add(message.Text);
        };
        await page.GotoAsync(address);
        return visit;
    }

    /// <summary>Appends a line to a service's log file.</summary>
    public Task LogAsync(string message) => File.AppendAllTextAsync(_folder.File("logs/late.log"), JsonSerializer.Serialize(new
    {
        timestamp = DateTimeOffset.UtcNow, level = "Information", service = "late", message,
    }) + "\n");

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
            await _browser.DisposeAsync();
        _playwright?.Dispose();
        foreach (var service in _services)
        {
            service.Kill();
            await service.WaitForExitAsync();
            service.Dispose();
        }

        if (_engine is not null)
            await _engine.DisposeAsync();
        _folder.Dispose();
    }

    private Process Start(string project, string name, int port)
    {
        var configuration = Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
        var assembly = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", project, configuration, project + ".dll"));
        var start = new ProcessStartInfo("dotnet", [assembly]) { WorkingDirectory = Path.GetDirectoryName(assembly), RedirectStandardOutput = true };
        foreach (var (key, value) in new Dictionary<string, string>
        {
            ["ASPNETCORE_URLS"] = $"http://127.0.0.1:{port}", ["OTEL_SERVICE_NAME"] = name, ["OTEL_BSP_SCHEDULE_DELAY"] = "200",
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = $"http://127.0.0.1:{_ports.OtlpGrpc}", ["Monitoring__LogFolder"] = _folder.File("logs"),
            ["Monitoring__FaultRoute"] = "/fault", ["Inventory__Address"] = $"http://127.0.0.1:{InventoryPort}",
        })
            start.Environment[key] = value;
        var process = Process.Start(start)!;
        process.OutputDataReceived += static (_, _) => { };
        process.BeginOutputReadLine();
        return process;
    }

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        for (var clock = Stopwatch.StartNew(); ; await Task.Delay(100))
        {
            try
            {
                if (await condition())
                    return;
            }
            catch (HttpRequestException) when (clock.Elapsed < TimeSpan.FromSeconds(30))
            {
                // Not listening yet.
            }

            Assert.InRange(clock.Elapsed.TotalSeconds, 0, 30);
        }
    }
}

/// <summary>One open page; ending the visit asserts that nothing went wrong on it.</summary>
public sealed class Visit(IBrowserContext context, IPage page) : IAsyncDisposable
{
    public IPage Page => page;

    public List<string> Faults { get; } = [];

    public async ValueTask DisposeAsync()
    {
        Assert.Null(await page.EvaluateAsync<int?>("() => window.hacked ?? null"));
        await context.DisposeAsync();
        Assert.Empty(Faults);
    }
}
