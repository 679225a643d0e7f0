using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace EndToEnd.Tests;

/// <summary>A repository scaffolded from this checkout's templates, with ports of its own so that it meets no stack that runs already.</summary>
public sealed class ScaffoldedShop : IAsyncDisposable
{
    private static readonly string[] PortNames =
        ["GRAFANA", "PROMETHEUS", "LOKI", "TEMPO", "OTLPGRPC", "OTLPHTTP", "ZIPKIN", "JAEGERTHRIFT", "JAEGERGRPC", "ALERTMANAGER", "SERVICES"];
    private const int Services = 4;
    private readonly bool _inFiles;
    private readonly string _home = Directory.CreateTempSubdirectory("micromonitored-e2e-").FullName;

    /// <param name="inFiles">Whether the template writes the ports down (<c>--ports-base</c>); otherwise the environment moves all of them.</param>
    public ScaffoldedShop(bool inFiles = false)
    {
        _inFiles = inFiles;
        FirstPort = inFiles ? FreeBlock(22, 100) : FreeBlock(PortNames.Length + Services);
        for (var index = 0; !inFiles && index < PortNames.Length; index++)
            Environment[$"STACK__PORTS__{PortNames[index]}"] = (FirstPort + index).ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>The checkout under test.</summary>
    public static string Root { get; } = FindRoot();

    public string Folder => Path.Combine(_home, "Shop");

    public string Script => Path.Combine(Folder, "build.sh");

    /// <summary>The first of the consecutive ports that this repository uses.</summary>
    public int FirstPort { get; }

    /// <summary>All ports that this repository may use.</summary>
    public IEnumerable<int> Ports => Enumerable.Range(FirstPort, PortNames.Length + Services);

    /// <summary>Environment variables of every target.</summary>
    public Dictionary<string, string> Environment { get; } = [];

    /// <summary>Packs the templates, installs them into a hive of their own and creates the repository.</summary>
    public async Task CreateAsync(CancellationToken cancellation)
    {
        (await CommandLine.RunAsync("bash", [Path.Combine(Root, "build.sh"), "--target=Pack"], Root, null, TimeSpan.FromMinutes(5), cancellation)).Succeeded();
        var packages = Path.Combine(Root, "artifacts", "packages");
        var templates = Directory.EnumerateFiles(packages, "MicroMonitored.Templates.*.nupkg", SearchOption.AllDirectories).Single();
        await DotnetAsync(_home, cancellation, "new", "install", templates, "--debug:custom-hive", Hive);
        string[] ports = _inFiles ? ["--ports-base", FirstPort.ToString(CultureInfo.InvariantCulture)] : [];
        await DotnetAsync(_home, cancellation, ["new", "micro-monitored", "--name", "Shop", "--output", Folder, "--no-update-check",
            "--debug:custom-hive", Hive, .. ports]);
    }

    /// <summary>Adds a project with another of the templates, from the repository's root as a person would.</summary>
    public Task AddAsync(string template, string name, CancellationToken cancellation)
        => DotnetAsync(Folder, cancellation, "new", template, "--name", name, "--no-update-check", "--debug:custom-hive", Hive);

    /// <summary>Runs a target of the repository's own build.</summary>
    public Task<CommandResult> TargetAsync(string target, CancellationToken cancellation, params string[] arguments)
        => CommandLine.RunAsync("bash", [Script, $"--target={target}", .. arguments], Folder, Environment, TimeSpan.FromMinutes(8), cancellation);

    /// <summary>Runs a target with further environment variables.</summary>
    /// <param name="started">Is given the process once it runs.</param>
    public Task<CommandResult> TargetAsync(
        string target, IReadOnlyDictionary<string, string> variables, Action<Process>? started, CancellationToken cancellation, params string[] arguments)
        => CommandLine.RunAsync("bash", [Script, $"--target={target}", .. arguments], Folder,
            new Dictionary<string, string>([.. Environment.Where(own => !variables.ContainsKey(own.Key)), .. variables]),
            TimeSpan.FromMinutes(3), cancellation, started);

    /// <summary>The checks of the newest report.</summary>
    public IReadOnlyList<ReportedCheck> Checks()
    {
        using var report = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Folder, "artifacts", "verify", "report.json")));
        return [.. report.RootElement.GetProperty("checks").EnumerateArray().Select(check => new ReportedCheck(
            check.GetProperty("id").GetString()!,
            check.GetProperty("service").GetString(),
            check.GetProperty("status").GetString()!,
            check.GetProperty("detail").GetString()!,
            check.GetProperty("hop").GetString(),
            check.GetProperty("fix").GetString()))];
    }

    public ValueTask DisposeAsync()
    {
        Directory.Delete(_home, recursive: true);
        return ValueTask.CompletedTask;
    }

    /// <summary>Whether nobody listens on the port.</summary>
    public static bool IsFree(int port)
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

    private string Hive => Path.Combine(_home, "hive");

    private static async Task DotnetAsync(string folder, CancellationToken cancellation, params string[] arguments)
        => (await CommandLine.RunAsync("dotnet", arguments, folder, new Dictionary<string, string> { ["DOTNET_NOLOGO"] = "1" },
            TimeSpan.FromMinutes(5), cancellation)).Succeeded();

    private static int FreeBlock(int length, int step = 1)
    {
        while (true)
        {
            var first = Random.Shared.Next(20_000 / step, 32_000 / step) * step;
            if (Enumerable.Range(first, length).All(IsFree))
                return first;
        }
    }

    private static string FindRoot()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "build.sh")) && Directory.Exists(Path.Combine(folder, "templates")))
                return folder;
        }

        throw new InvalidOperationException($"No checkout above {AppContext.BaseDirectory}.");
    }
}

/// <summary>One row of <c>report.json</c>.</summary>
public sealed record ReportedCheck(string Id, string? Service, string Status, string Detail, string? Hop, string? Fix);
