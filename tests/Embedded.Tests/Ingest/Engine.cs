using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using MicroMonitored.Embedded;
using MicroMonitored.Embedded.Hosting;
using MicroMonitored.Embedded.Store;
using Microsoft.AspNetCore.Builder;

namespace Embedded.Tests.Ingest;

/// <summary>Free loopback ports and the configuration around them.</summary>
internal static class Configurations
{
    private static readonly JsonSerializerOptions CamelCase = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    public static StackPorts FreePorts()
    {
        // Below what the system lends to outgoing connections, which would take a port between its choice and its use.
        int first;
        do
            first = Random.Shared.Next(20_000, 32_000);
        while (!Enumerable.Range(first, 8).All(IsFree));
        var ports = Enumerable.Range(first, 8).ToList();
        return new StackPorts
        {
            Grafana = ports[0], Prometheus = ports[1], Loki = ports[2], Tempo = ports[3], OtlpGrpc = ports[4], OtlpHttp = ports[5], Zipkin = ports[6],
                JaegerThrift = ports[7],
        };
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    public static string Write(TemporaryFolder folder, StackPorts ports, params (string Key, object Value)[] more)
    {
        var values = new Dictionary<string, object> { ["dataFolder"] = "data", ["logFolder"] = "logs", ["ports"] = ports };
        foreach (var (key, value) in more)
            values[key] = value;
        var path = folder.File("embedded.json");
        File.WriteAllText(path, JsonSerializer.Serialize(values, CamelCase));
        return path;
    }
}

/// <summary>The engine within the test's process, on free ports.</summary>
internal sealed class Engine : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly WebApplication _app;

    private Engine(Func<EmbeddedOptions, EmbeddedOptions> adjust)
    {
        Options = adjust(new EmbeddedOptions
        {
            DataFolder = _folder.File("data"), LogFolder = _folder.File("logs"), Ports = Configurations.FreePorts(), FileSd = [_folder.File("sd.json")],
            ScrapeInterval = PrometheusDuration.Parse("200ms"), ScrapeTimeout = PrometheusDuration.Parse("500ms"),
        });
        Store = new TelemetryStore(Options.DataFolder, Counters);
        _app = EngineHost.Build(Options, Store, Counters, TimeProvider.System);
    }

    public EmbeddedOptions Options { get; }

    public EngineCounters Counters { get; } = new();

    public TelemetryStore Store { get; }

    public HttpClient Client { get; } = new() { Timeout = TimeSpan.FromSeconds(20) };

    public IServiceProvider Services => _app.Services;

    public static async Task<Engine> StartAsync(Func<EmbeddedOptions, EmbeddedOptions>? adjust = null)
    {
        var engine = new Engine(adjust ?? (options => options));
        await engine._app.StartAsync();
        return engine;
    }

    public void Discover(string json) => File.WriteAllText(Options.FileSd[0], json);

    public async Task<HttpResponseMessage> PostAsync(int port, string path, HttpContent content, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"http://127.0.0.1:{port}{path}") { Content = content };
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        return await Client.SendAsync(request);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        await Store.DisposeAsync();
        _folder.Dispose();
    }
}

/// <summary>The engine as a process of its own.</summary>
internal sealed class EngineProcess : IDisposable
{
    private readonly Process _process;

    public EngineProcess(string configuration)
    {
        _process = Process.Start(new ProcessStartInfo(
            "dotnet", [Path.Combine(AppContext.BaseDirectory, "MicroMonitored.Embedded.dll"), "--config", configuration])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        })!;
    }

    public int Id => _process.Id;

    /// <summary>Bytes of memory it holds now.</summary>
    public long WorkingSet
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    public async Task WaitUntilReadyAsync(int port)
    {
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(2) };
        for (var attempt = 0; attempt < 400 && !_process.HasExited; attempt++)
        {
            try
            {
                if ((await client.GetAsync($"http://127.0.0.1:{port}/-/ready")).IsSuccessStatusCode)
                    return;
            }
            catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException)
            {
            }

            await Task.Delay(50);
        }

        Assert.Fail($"The engine did not get ready: {(_process.HasExited ? await _process.StandardError.ReadToEndAsync() : "timeout")}");
    }

    public async Task<(int Code, string[] Errors)> ExitAsync()
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var errors = await _process.StandardError.ReadToEndAsync(timeout.Token);
        await _process.WaitForExitAsync(timeout.Token);
        return (_process.ExitCode, errors.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    /// <summary>As kill -9 does.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit(5000);
        }

        _process.Dispose();
    }
}
