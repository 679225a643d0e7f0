using System.Diagnostics;
using System.Net.Sockets;
using System.Text.Json;
using MicroMonitored.Model.Embedded;
using MicroMonitored.Verification.Clients;
using MicroMonitored.Verification.Probes;
using OpenTelemetry.Proto.Collector.Trace.V1;

namespace MicroMonitored.Verification.Tests;

/// <summary>The template's two services as processes beside the embedded engine, each of which can be broken by name.</summary>
internal sealed class ShopStack : IAsyncDisposable
{
    public const string Orders = "shop-orders";
    public const string Inventory = "shop-inventory";

    private readonly Dictionary<string, Process> _services = [];
    private MissingParts? _parts;
    private readonly int _orders;
    private readonly int _inventory;

    private ShopStack(RealEngine engine)
    {
        Engine = engine;
        (_orders, _inventory) = RealEngine.FreePorts(2) is [var one, var other] ? (one, other) : default;
        _ = WithTargets(Inventory, Orders);
    }

    /// <summary>Changes rule files or dashboards of the engine, and waits until what it says of its rules is as expected.</summary>
    public async Task<VerificationPlan> WithAssetsAsync(Action<RealEngine> change, Func<string, bool> rules)
    {
        change(Engine);
        using var client = new HttpClient();
        for (var clock = Stopwatch.StartNew(); !rules(await client.GetStringAsync(new Uri(Engine.At("prometheus"), "/api/v1/rules"))); await Task.Delay(50))
            Assert.InRange(clock.Elapsed.TotalSeconds, 0, 30);
        return Plan;
    }

    /// <summary>The plan with the parts that the engine itself lacks.</summary>
    public async Task<VerificationPlan> WithPartsAsync(string fault)
    {
        _parts ??= await MissingParts.StartAsync(Engine.At("grafana"));
        _parts.Fault = fault;
        return _parts.Plan(Plan);
    }

    /// <summary>A port that is open to everybody, while one is.</summary>
    public TcpListener? Open { get; set; }

    public RealEngine Engine { get; }

    public VerificationPlan Plan => Engine.Plan with
    {
        Services =
        [
            new(Orders, At(_orders), "/orders", [Inventory]) { FaultPath = "/fault" },
            new(Inventory, At(_inventory), "/stock", []) { FaultPath = "/fault" },
        ],
        RequestsPerService = 8,
    };

    public static Task<ShopStack> StartAsync() => StartOnAsync("data");

    /// <param name="data">The folder of the engine's store.</param>
    public static async Task<ShopStack> StartOnAsync(string data)
    {
        var stack = new ShopStack(await RealEngine.StartAsync(data));
        await Task.WhenAll(stack.StartAsync(Inventory), stack.StartAsync(Orders));
        await stack.ScrapedAsync();
        using var http = new SignalHttp();
        await CompiledAsync(http, stack.Plan.Endpoints.OtlpGrpc!);
        return stack;
    }

    /// <summary>Waits until both services have been scraped.</summary>
    public async Task ScrapedAsync()
    {
        using var http = new SignalHttp();
        var prometheus = new PrometheusClient(http, Plan.Endpoints.Prometheus);
        for (var clock = Stopwatch.StartNew(); (await prometheus.TargetsAsync(CancellationToken.None)).Count(target => target.Health == "up") < 2;
            await Task.Delay(50))
            Assert.InRange(clock.Elapsed.TotalSeconds, 0, 30);
    }

    /// <summary>The first call over gRPC compiles what it needs, on a busy machine for longer than Verify waits.</summary>
    private static async Task CompiledAsync(SignalHttp http, Uri receiver)
    {
        for (var clock = Stopwatch.StartNew(); ; await Task.Delay(50))
        {
            try
            {
                await OtlpPush.CallAsync(http, receiver, new ExportTraceServiceRequest(), CancellationToken.None);
                return;
            }
            catch (SignalException) when (clock.Elapsed < TimeSpan.FromSeconds(30))
            {
                // Not yet.
            }
        }
    }

    /// <summary>Has these scraped; a service that is named again, by another name of its address.</summary>
    public async Task<VerificationPlan> WithTargets(params string[] services)
    {
        File.WriteAllText(Engine.File("targets.json"), JsonSerializer.Serialize(services.Select((service, at) => new
        {
            targets = new[] { $"{(services.Take(at).Contains(service) ? "localhost" : "127.0.0.1")}:{(service == Orders ? _orders : _inventory)}" },
            labels = new Dictionary<string, string> { ["job"] = service },
        })));
        using var http = new SignalHttp();
        var prometheus = new PrometheusClient(http, Plan.Endpoints.Prometheus);
        for (var clock = Stopwatch.StartNew(); (await prometheus.TargetsAsync(CancellationToken.None)).Count != services.Length; await Task.Delay(50))
            Assert.InRange(clock.Elapsed.TotalSeconds, 0, 30);
        return Plan;
    }

    /// <summary>Injects a fault as the target of that name does; null mends whatever was broken.</summary>
    public async Task BreakAsync(StackFault? now, StackFault? before)
    {
        Engine.Break(now?.Name);
        if (now?.Stops == true)
            await StopAsync(Inventory);
        else if (before?.Stops == true)
            await StartAsync(Inventory);
        if (now?.Variables.Count > 0 || before?.Variables.Count > 0)
        {
            await StopAsync(Orders);
            await StartAsync(Orders, now?.Variables ?? Enumerable.Empty<KeyValuePair<string, string>>());
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_parts is not null)
            await _parts.DisposeAsync();
        foreach (var service in _services.Keys.ToList())
            await StopAsync(service);
        await Engine.DisposeAsync();
    }

    public async Task StartAsync(string service, params IEnumerable<KeyValuePair<string, string>> variables)
    {
        var (project, port) = service == Orders ? ("MonitoredApp.Orders", _orders) : ("MonitoredApp.Inventory", _inventory);
        var configuration = Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
        var assembly = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", project, configuration, project + ".dll"));
        var all = new Dictionary<string, string>
        {
            ["ASPNETCORE_URLS"] = At(port).ToString(),
            ["OTEL_SERVICE_NAME"] = service,
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = Engine.At("otlpHttp").ToString(),
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
            ["OTEL_BSP_SCHEDULE_DELAY"] = "200",
            ["Monitoring__LogFolder"] = Engine.Logs,
            ["Monitoring__FaultRoute"] = "/fault",
            ["Inventory__Address"] = At(_inventory).ToString(),
        };
        // Its faults are those of the caller; the one that is called stays whole.
        if (service == Inventory)
            all[StackFault.FileVariable] = "";
        foreach (var (name, value) in variables)
            all[name] = value;
        _services[service] = Engine.Start(service, assembly, [], all);
        await RealEngine.AnswersAsync(new Uri(At(port), "/health/live"));
    }

    public async Task StopAsync(string service)
    {
        if (!_services.Remove(service, out var process))
            return;
        process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
    }

    private static Uri At(int port) => new($"http://127.0.0.1:{port}");
}
