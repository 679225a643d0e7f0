using System.Diagnostics;
using System.Net.Sockets;
using System.Net;
using System.Text.Json;
using MicroMonitored.Model.Components;

namespace MicroMonitored.Verification.Tests;

/// <summary>The embedded engine as a process of its own, on free ports and in a folder of its own.</summary>
internal sealed class RealEngine : ILogProbe, IAsyncDisposable
{
    private static readonly string[] Names = ["grafana", "prometheus", "loki", "tempo", "otlpGrpc", "otlpHttp", "zipkin", "jaegerThrift"];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("verify-engine-");
    private readonly Process _process;
    private readonly Dictionary<string, int> _ports;

    private RealEngine()
    {
        var listeners = Names.Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToList();
        listeners.ForEach(listener => listener.Start());
        _ports = Names.Zip(listeners, (name, listener) => KeyValuePair.Create(name, ((IPEndPoint)listener.LocalEndpoint).Port)).ToDictionary();
        listeners.ForEach(listener => listener.Dispose());
        Directory.CreateDirectory(Path.Combine(_folder.FullName, "logs"));
        var configuration = Path.Combine(_folder.FullName, "embedded.json");
        File.WriteAllText(configuration, JsonSerializer.Serialize(new Dictionary<string, object>
        {
            ["dataFolder"] = "data", ["logFolder"] = "logs", ["ports"] = _ports, ["fileSd"] = new[] { "canary.json" },
            ["scrapeInterval"] = "500ms", ["scrapeTimeout"] = "500ms",
        }));
        _process = Process.Start(new ProcessStartInfo(
            "dotnet", [Path.Combine(AppContext.BaseDirectory, "MicroMonitored.Embedded.dll"), "--config", configuration]))!;
    }

    /// <summary>The <c>file_sd</c> file that it reads.</summary>
    public string TargetsFile => Path.Combine(_folder.FullName, "canary.json");

    public VerificationPlan Plan => new()
    {
        Engine = "embedded",
        Capabilities = StackEngine.Embedded.Capabilities,
        Endpoints = new StackEndpoints
        {
            Prometheus = At("prometheus"),
            Loki = At("loki"),
            Tempo = At("tempo"),
            OtlpGrpc = At("otlpGrpc"),
            OtlpHttp = At("otlpHttp"),
            Grafana = At("grafana"),
            Zipkin = At("zipkin"),
            JaegerThrift = At("jaegerThrift"),
        },
        LogProbe = this,
        Timeout = TimeSpan.FromSeconds(40),
        ScrapeInterval = TimeSpan.FromMilliseconds(500),
        PublishedPorts = _ports,
    };

    public static async Task<RealEngine> StartAsync()
    {
        var engine = new RealEngine();
        using var client = new HttpClient();
        for (var left = 300; left > 0; left--)
        {
            try
            {
                using var answer = await client.GetAsync(new Uri(engine.At("prometheus"), "/-/ready"));
                if (answer.IsSuccessStatusCode)
                    return engine;
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }
            await Task.Delay(100);
        }
        await engine.DisposeAsync();
        throw new TimeoutException("the engine is not ready after 30 s");
    }

    public Task AppendAsync(string fileName, IReadOnlyList<string> lines, CancellationToken cancellation) =>
        File.AppendAllTextAsync(Path.Combine(_folder.FullName, "logs", fileName), string.Concat(lines.Select(line => line + "\n")), cancellation);

    public Task RemoveAsync(string fileName, CancellationToken cancellation)
    {
        File.Delete(Path.Combine(_folder.FullName, "logs", fileName));
        return Task.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _folder.Delete(recursive: true);
    }

    private Uri At(string name) => new($"http://127.0.0.1:{_ports[name]}");
}
