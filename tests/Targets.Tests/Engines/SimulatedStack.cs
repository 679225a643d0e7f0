using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using Spectre.Console;

namespace Targets.Tests.Engines;

/// <summary>A small repository over a simulated Docker engine; its components answer "ready" on real ports once their project is up.</summary>
internal sealed partial class SimulatedStack : IDisposable
{
    private static readonly string[] PortNames =
        ["GRAFANA", "PROMETHEUS", "LOKI", "TEMPO", "OTLPGRPC", "OTLPHTTP", "ZIPKIN", "JAEGERTHRIFT", "JAEGERGRPC", "ALERTMANAGER", "COLLECTOR", "SERVICES"];
    private readonly StringWriter _said = new();
    private readonly Dictionary<string, List<TcpListener>> _listeners = [];

    public SimulatedStack(bool service = true)
    {
        Paths = new Paths(Directory.CreateTempSubdirectory("simulated-").FullName);
        var checkout = Paths.Of(AppContext.BaseDirectory);
        foreach (var file in Directory.EnumerateFiles(checkout.Assets, "*", SearchOption.AllDirectories).Append(checkout.Settings))
        {
            var copy = Path.Combine(Paths.Stack, Path.GetRelativePath(checkout.Stack, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        if (service)
        {
            Directory.CreateDirectory(Path.Combine(Paths.Source, "Shop.Orders"));
            File.WriteAllText(Path.Combine(Paths.Source, "Shop.Orders", "Shop.Orders.csproj"),
                "<Project><PropertyGroup><MonitoredService>true</MonitoredService></PropertyGroup></Project>");
            File.WriteAllText(Path.Combine(Paths.Source, "Shop.Orders", "Dockerfile"), "");
        }

        FirstPort = FreeBlock();
        for (var index = 0; index < PortNames.Length; index++)
            Variables[$"STACK__PORTS__{PortNames[index]}"] = (FirstPort + index).ToString(CultureInfo.InvariantCulture);
        Docker.Images.UnionWith(Context().Settings.Images is var images
            ? [images.Prometheus, images.Loki, images.Promtail, images.Collector, images.Tempo, images.Grafana, images.Alertmanager, images.Runtime]
            : []);
        Docker.Changed = (project, up) => (up ? (Action<string>)Listen : Fall)(project);
    }

    public Paths Paths { get; }

    public SimulatedDocker Docker { get; } = new();

    public int FirstPort { get; }

    /// <summary>Environment variables, as they override settings.</summary>
    public Dictionary<string, string> Variables { get; } = [];

    /// <summary>What the builds have printed so far.</summary>
    public string Said => _said.ToString();

    /// <summary>What Grafana's API answers to the administrator.</summary>
    public string Login { get; set; } = "200 OK";

    /// <summary>Ports that stay silent although their project is up.</summary>
    public HashSet<int> Silent { get; } = [];

    /// <summary>A new build over the same repository and engine.</summary>
    public BuildContext Context(params (string Name, string? Value)[] arguments) => Context(Paths, arguments);

    /// <summary>A build over another checkout and the same engine.</summary>
    public BuildContext Context(Paths paths, params (string Name, string? Value)[] arguments)
    {
        Docker.Given.Clear();
        foreach (var (name, value) in arguments)
            Docker.Given[name] = value;
        return new BuildContext(Docker, paths, AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, Out = new WideOutput(_said) }), Variables);
    }

    public DockerEngine Engine() => new(Context());

    /// <summary>The command lines since the last call, without what differs from run to run.</summary>
    public IReadOnlyList<string> CommandLines()
        => [.. Docker.Taken().Select(line => Stamp().Replace(line.Replace(Paths.Root, "{root}", StringComparison.Ordinal), "{stamp}").Trim())];

    public void Dispose()
    {
        foreach (var project in _listeners.Keys.ToList())
            Fall(project);
        Directory.Delete(Paths.Root, recursive: true);
    }

    private void Listen(string project)
    {
        if (_listeners.ContainsKey(project))
            return;
        var ports = project.EndsWith("-services", StringComparison.Ordinal) ? [FirstPort + 11] : Enumerable.Range(FirstPort, 11);
        _listeners[project] = [.. ports.Where(port => !Silent.Contains(port)).Select(Answering)];
    }

    private void Fall(string project)
    {
        if (_listeners.Remove(project, out var listeners))
            listeners.ForEach(listener => listener.Dispose());
    }

    private TcpListener Answering(int port)
    {
        var listener = new TcpListener(IPAddress.Loopback, port);
        listener.Start();
        _ = AnswerAsync(listener);
        return listener;
    }

    private async Task AnswerAsync(TcpListener listener)
    {
        try
        {
            while (true)
            {
                using var client = await listener.AcceptTcpClientAsync();
                var request = new byte[4096];
                var read = await client.GetStream().ReadAsync(request);
                var status = Encoding.ASCII.GetString(request, 0, read).StartsWith("GET /api/user ", StringComparison.Ordinal) ? Login : "200 OK";
                await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"));
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException or IOException)
        {
            return;
        }
    }

    private static int FreeBlock()
    {
        while (true)
        {
            var first = Random.Shared.Next(20_000, 32_000);
            var inUse = Listeners.Ports();
            if (!Enumerable.Range(first, PortNames.Length).Any(inUse.Contains))
                return first;
        }
    }

    private sealed class WideOutput(TextWriter writer) : IAnsiConsoleOutput
    {
        public TextWriter Writer => writer;

        public bool IsTerminal => false;

        public int Width => 400;

        public int Height => 50;

        public void SetEncoding(Encoding encoding)
        {
        }
    }

    [GeneratedRegex("(?<=micromonitored\\.program=)[0-9a-f]{16}")]
    private static partial Regex Stamp();
}
