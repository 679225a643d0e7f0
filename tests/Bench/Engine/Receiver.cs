using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json;

namespace Bench.Engine;

/// <summary>A program that takes OTLP over HTTP, started on ports and in a folder of its own.</summary>
public sealed class Receiver : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private bool _disposed;
    private readonly HttpClient _client = new() { Timeout = Patience };

    private Receiver(string name, Process process, Uri traces, string folder, Uri? loki, Uri? tempo)
        => (Name, _process, Traces, Folder, Loki, Tempo) = (name, process, traces, folder, loki, tempo);

    public string Name { get; }

    public Uri Traces { get; }

    public string Folder { get; }

    public Uri? Loki { get; }

    public Uri? Tempo { get; }

    public Uri? Pages { get; private init; }

    public HttpClient Client => _client;

    /// <summary>User and system time of all its threads so far.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>Bytes of memory it holds now.</summary>
    public long WorkingSet
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    /// <summary>The embedded engine with the rules and dashboards that the template ships; it scrapes the services.</summary>
    public static async Task<Receiver> EngineAsync(string assembly, string folder, params IReadOnlyList<Uri> services)
    {
        var ports = FreePorts(8);
        Directory.CreateDirectory(Path.Combine(folder, "logs"));
        string[] fileSd = ["targets.json"];
        var groups = services.Select((service, number) => new { targets = new[] { service.Authority }, labels = new { job = $"service-{number}" } });
        await File.WriteAllTextAsync(Path.Combine(folder, fileSd[0]), JsonSerializer.Serialize(groups));
        var configuration = Path.Combine(folder, "embedded.json");
        await File.WriteAllTextAsync(configuration, JsonSerializer.Serialize(new
        {
            dataFolder = "data", logFolder = "logs", fileSd, rules = Shipped("rules"), dashboards = Shipped("dashboards"),
            ports = new { grafana = ports[0], prometheus = ports[1], loki = ports[2], tempo = ports[3], otlpGrpc = ports[4], otlpHttp = ports[5],
                zipkin = ports[6], jaegerThrift = ports[7] },
        }));
        var start = new ProcessStartInfo("dotnet", [assembly, "--config", configuration]);
        var receiver = new Receiver("this engine", Started(start), Url(ports[5], "/v1/traces"), folder, Url(ports[2], "/"), Url(ports[3], "/"))
            { Pages = Url(ports[0], "/") };
        return await receiver.ReadyAsync(Url(ports[1], "/-/ready"));
    }

    /// <summary>Aspire's dashboard, standing alone.</summary>
    public static async Task<Receiver> AspireAsync(string program, string folder)
    {
        var ports = FreePorts(3);
        var start = new ProcessStartInfo(program) { WorkingDirectory = Path.GetDirectoryName(program)! };
        start.Environment["ASPNETCORE_URLS"] = Url(ports[0], "").ToString();
        start.Environment["ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL"] = Url(ports[1], "").ToString();
        start.Environment["ASPIRE_DASHBOARD_OTLP_HTTP_ENDPOINT_URL"] = Url(ports[2], "").ToString();
        start.Environment["ASPIRE_DASHBOARD_UNSECURED_ALLOW_ANONYMOUS"] = "true";
        var receiver = new Receiver($"Aspire's dashboard {AspirePackage.Version}", Started(start), Url(ports[2], "/v1/traces"), folder, null, null);
        return await receiver.ReadyAsync(Url(ports[0], "/"));
    }

    /// <summary>Sends all bodies, some at a time; each is answered before the next takes its place.</summary>
    /// <exception cref="HttpRequestException">A body was not taken.</exception>
    public Task SendAsync(IReadOnlyList<byte[]> bodies, CancellationToken cancellationToken) => Parallel.ForEachAsync(
        bodies,
        new ParallelOptions { MaxDegreeOfParallelism = 4, CancellationToken = cancellationToken },
        async (body, cancellation) =>
        {
            using var content = new ByteArrayContent(body);
            content.Headers.ContentType = new MediaTypeHeaderValue("application/x-protobuf");
            using var answer = await _client.PostAsync(Traces, content, cancellation);
            answer.EnsureSuccessStatusCode();
        });

    /// <summary>How many lines of the last hour can be found under a job.</summary>
    public async Task<long> CountAsync(string job, CancellationToken cancellationToken)
    {
        var query = Uri.EscapeDataString($"sum(count_over_time({{job=\"{job}\"}}[1h]))");
        using var answer = JsonDocument.Parse(await _client.GetStringAsync(new Uri(Loki!, $"/loki/api/v1/query?query={query}"), cancellationToken));
        var result = answer.RootElement.GetProperty("data").GetProperty("result");
        return result.GetArrayLength() == 0 ? 0 : long.Parse(result[0].GetProperty("value")[1].GetString()!, System.Globalization.CultureInfo.InvariantCulture);
    }

    public async ValueTask DisposeAsync()
    {
        if (_disposed)
            return;
        _disposed = true;
        _client.Dispose();
        if (!_process.HasExited)
        {
            if (!OperatingSystem.IsWindows())
            {
                using var stop = Process.Start("kill", _process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture));
                await stop.WaitForExitAsync();
            }

            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
            try
            {
                await _process.WaitForExitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                _process.Kill();
            }
        }

        _process.Dispose();
    }

    private static Process Started(ProcessStartInfo start)
    {
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        var process = Process.Start(start)!;
        _ = process.StandardOutput.ReadToEndAsync();
        _ = process.StandardError.ReadToEndAsync();
        return process;
    }

    private async Task<Receiver> ReadyAsync(Uri url)
    {
        for (var started = Stopwatch.StartNew(); started.Elapsed < Patience && !_process.HasExited; await Task.Delay(50))
        {
            try
            {
                using var answer = await _client.GetAsync(url);
                if (answer.IsSuccessStatusCode)
                    return this;
            }
            catch (HttpRequestException)
            {
            }
        }

        throw new InvalidOperationException($"{Name} did not get ready");
    }

    private static string Shipped(string folder) => Path.Combine(AppContext.BaseDirectory, folder);

    private static Uri Url(int port, string path) => new($"http://127.0.0.1:{port}{path}");

    private static int[] FreePorts(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(static _ => new TcpListener(IPAddress.Loopback, 0)).ToList();
        foreach (var listener in listeners)
            listener.Start();
        var ports = listeners.Select(static listener => ((IPEndPoint)listener.LocalEndpoint).Port).ToArray();
        foreach (var listener in listeners)
            listener.Dispose();
        return ports;
    }
}
