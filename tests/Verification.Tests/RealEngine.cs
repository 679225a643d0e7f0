using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using MicroMonitored.Model.Components;
using MicroMonitored.Model.Embedded;

namespace MicroMonitored.Verification.Tests;

/// <summary>The embedded engine as a process of its own, on free ports and in a folder of its own, ready to be broken.</summary>
internal sealed class RealEngine : IAsyncDisposable
{
    private static readonly string[] Names = ["grafana", "prometheus", "loki", "tempo", "otlpGrpc", "otlpHttp", "zipkin", "jaegerThrift"];
    private static readonly ConcurrentDictionary<int, byte> Given = new();
    private static readonly TimeSpan ScrapeInterval = TimeSpan.FromMilliseconds(500);

    public static readonly Dictionary<string, string> Shipped = new()
    {
        ["rules"] = Path.Combine(Assets(), "prometheus", "rules"),
        ["dashboards"] = Path.Combine(Assets(), "grafana", "dashboards"),
    };

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("verify-engine-");
    private readonly string _configuration;
    private readonly Dictionary<string, int> _ports;
    private Process _process;

    private RealEngine(string data)
    {
        _ports = Names.Zip(FreePorts(Names.Length), KeyValuePair.Create).ToDictionary();
        Directory.CreateDirectory(Logs);
        Ship();
        _configuration = File("embedded.json");
        System.IO.File.WriteAllText(_configuration, JsonSerializer.Serialize(new Dictionary<string, object>
        {
            ["dataFolder"] = data, ["logFolder"] = "logs", ["ports"] = _ports, ["fileSd"] = new[] { "targets.json", "canary.json", "verify.json" },
            ["dashboards"] = "dashboards", ["rules"] = "rules", ["verifyUrl"] = VerifyAlert.UrlFile, ["scrapeInterval"] = "500ms", ["scrapeTimeout"] = "500ms",
        }));
        _process = Start("engine", Hook, ["--config", _configuration], []);
    }

    /// <summary>The <c>file_sd</c> file of the canary.</summary>
    public string TargetsFile => File("canary.json");

    /// <summary>Whether the mode of a file can keep the engine from reading it.</summary>
    public static bool MayBeRefused { get; } = OperatingSystem.IsLinux() && (!Environment.IsPrivilegedProcess || System.IO.File.Exists("/usr/bin/setpriv"));

    /// <summary>The folder of the log files.</summary>
    public string Logs => File("logs");

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
        Alerting = true,
        Exposure = new Exposure(TargetsFile: File("verify.json"), UrlFile: File(VerifyAlert.UrlFile)),
        DashboardUids = [.. Directory.EnumerateFiles(Shipped["dashboards"], "*.json")
            .Select(static file => JsonDocument.Parse(System.IO.File.ReadAllBytes(file)))
            .Select(static dashboard => dashboard.RootElement.GetProperty("uid").GetString()!)],
        LogProbe = new FolderLogProbe(Logs, _folder.FullName),
        Timeout = TimeSpan.FromSeconds(40),
        ScrapeInterval = ScrapeInterval,
        PublishedPorts = _ports,
    };

    private static string Assets()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var found = Path.Combine(folder.FullName, "stack", "assets");
            if (Directory.Exists(found))
                return found;
        }

        throw new DirectoryNotFoundException("stack/assets is not above the tests");
    }

    /// <summary>Lets the rule files and dashboards be as they are shipped.</summary>
    public void Ship()
    {
        foreach (var (name, shipped) in Shipped)
        {
            Directory.CreateDirectory(File(name));
            foreach (var file in Directory.EnumerateFiles(shipped).Where(static file => Path.GetExtension(file) is ".yml" or ".json"))
                System.IO.File.Copy(file, Path.Combine(File(name), Path.GetFileName(file)), overwrite: true);
        }
    }

    /// <summary>Changes a text of one of them, such as <c>rules/alerts.yml</c>.</summary>
    public void Change(string file, string from, string to)
    {
        var text = System.IO.File.ReadAllText(File(file));
        Assert.Contains(from, text, StringComparison.Ordinal);
        System.IO.File.WriteAllText(File(file), text.Replace(from, to, StringComparison.Ordinal));
    }

    private static string Hook => Path.Combine(AppContext.BaseDirectory, "MicroMonitored.Embedded.dll");

    /// <param name="data">The folder of its store.</param>
    public static async Task<RealEngine> StartAsync(string data = "data")
    {
        var engine = new RealEngine(data);
        await engine.ReadyAsync();
        return engine;
    }

    /// <summary>Breaks this of the processes that were started here; null mends it.</summary>
    public void Break(string? fault) => System.IO.File.WriteAllText(File("fault"), fault);

    /// <summary>Fails with what it said last, should the engine have ended by itself.</summary>
    public void Lives() => Assert.False(_process.HasExited, !_process.HasExited ? ""
        : $"the engine ended with {_process.ExitCode}:\n{string.Join('\n', System.IO.File.ReadLines(File("engine.out")).TakeLast(60))}");

    /// <summary>Ends the engine at once.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    public async Task RestartAsync()
    {
        _process.Dispose();
        _process = Start("engine", Hook, ["--config", _configuration], []);
        await ReadyAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _process.Dispose();
        _folder.Delete(recursive: true);
    }

    public Uri At(string name) => new($"http://127.0.0.1:{_ports[name]}");

    /// <summary>A file of the engine's folder.</summary>
    public string File(string name) => Path.Combine(_folder.FullName, name);

    /// <summary>Starts a .NET program that the fault of the moment breaks; what it prints goes into a file.</summary>
    public Process Start(string name, string assembly, IEnumerable<string> arguments, IEnumerable<KeyValuePair<string, string>> variables)
    {
        // Root reads whatever it likes: without these rights the engine depends on modes as anybody does.
        IEnumerable<string> command = ["dotnet", assembly, .. arguments];
        if (assembly == Hook && MayBeRefused && Environment.IsPrivilegedProcess)
            command = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", .. command];
        var start = new ProcessStartInfo(command.First(), command.Skip(1))
        {
            RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Path.GetDirectoryName(assembly),
        };
        start.Environment[StackFault.HookVariable] = Hook;
        start.Environment[StackFault.FileVariable] = File("fault");
        foreach (var (key, value) in variables)
            start.Environment[key] = value;
        var process = Process.Start(start)!;
        process.OutputDataReceived += Keep;
        process.ErrorDataReceived += Keep;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;

        void Keep(object sender, DataReceivedEventArgs line)
        {
            if (line.Data is not null && _folder.Exists)
                System.IO.File.AppendAllText(File($"{name}.out"), line.Data + "\n");
        }
    }

    /// <summary>Ports that nobody listens on and no connection is given by chance.</summary>
    public static IReadOnlyList<int> FreePorts(int count)
    {
        var free = new List<int>();
        while (free.Count < count)
        {
            var port = Random.Shared.Next(10_000, 30_000);
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, port);
                listener.Start();
                if (Given.TryAdd(port, 0))
                    free.Add(port);
            }
            catch (SocketException)
            {
                // Taken.
            }
        }
        return free;
    }

    /// <summary>Waits until something answers 200 there.</summary>
    public static async Task AnswersAsync(Uri address)
    {
        using var client = new HttpClient();
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < TimeSpan.FromSeconds(30); await Task.Delay(50))
        {
            try
            {
                using var answer = await client.GetAsync(address);
                if (answer.IsSuccessStatusCode)
                    return;
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }
        }
        throw new TimeoutException($"{address} does not answer after 30 s");
    }

    private Task ReadyAsync() => AnswersAsync(new Uri(At("prometheus"), "/-/ready"));
}
