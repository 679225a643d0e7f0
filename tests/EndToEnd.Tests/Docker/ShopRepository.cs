using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace EndToEnd.Tests.Docker;

/// <summary>A repository scaffolded from this checkout's templates, with names, ports and images of its own.</summary>
public sealed class ShopRepository : IAsyncLifetime
{
    private static readonly string[] PortNames = ["GRAFANA", "PROMETHEUS", "LOKI", "TEMPO", "OTLPGRPC", "OTLPHTTP", "ZIPKIN", "JAEGERTHRIFT", "JAEGERGRPC", "ALERTMANAGER", "SERVICES"];
    private static readonly string[] ImageNames = ["prometheus", "loki", "promtail", "tempo", "grafana", "alertmanager", "runtime"];

    private readonly Dictionary<string, string> _environment = [];
    private readonly string _home = Directory.CreateTempSubdirectory("micromonitored-docker-").FullName;

    /// <summary>Why the Docker path cannot run here; null where it can.</summary>
    public string? Obstacle { get; private set; }

    /// <summary>The prefix of everything that this repository makes in the engine.</summary>
    public string Project { get; } = $"mm-e2e-{Guid.NewGuid().ToString("N", CultureInfo.InvariantCulture)[..8]}";

    public string Folder => Path.Combine(_home, "Shop");

    /// <summary>Whether the images are those of <c>stack.json</c> rather than the ones built for these tests.</summary>
    public static bool WithShippedImages => Environment.GetEnvironmentVariable("MICROMONITORED_TEST_IMAGES") == "shipped";

    public async ValueTask InitializeAsync()
    {
        var cancellation = TestContext.Current.CancellationToken;
        Obstacle = await DockerMachine.ObstacleAsync(cancellation);
        if (Obstacle is not null)
            return;

        var root = Root();
        if (!WithShippedImages)
        {
            var build = Path.Combine(root, "tests", "EndToEnd.Tests", "Docker", "images", "build");
            (await CommandLine.RunAsync("bash", [build], root, null, TimeSpan.FromMinutes(10), cancellation)).Succeeded();
            foreach (var image in ImageNames)
                _environment[$"STACK__IMAGES__{image.ToUpperInvariant()}"] = $"micromonitored-test/{image}:local";
        }

        _environment["STACK__NAMES__PROJECT"] = Project;
        _environment["STACK__NAMES__NETWORK"] = $"{Project}-net";
        _environment["STACK__NAMES__LOGSVOLUME"] = $"{Project}_logs";
        var first = FreeBlock(PortNames.Length + 2);
        for (var index = 0; index < PortNames.Length; index++)
            _environment[$"STACK__PORTS__{PortNames[index]}"] = (first + index).ToString(CultureInfo.InvariantCulture);

        await ScaffoldAsync(root, cancellation);
    }

    /// <summary>Runs a target of the repository's own build.</summary>
    public Task<CommandResult> TargetAsync(string target, params string[] arguments)
        => TargetAsync(target, TestContext.Current.CancellationToken, arguments);

    /// <summary>The checks of the newest report.</summary>
    public IReadOnlyList<JsonElement> Checks()
    {
        using var report = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Folder, "artifacts", "verify", "report.json")));
        return [.. report.RootElement.GetProperty("checks").EnumerateArray().Select(check => check.Clone())];
    }

    public async ValueTask DisposeAsync()
    {
        if (Obstacle is null && Directory.Exists(Folder))
        {
            await TargetAsync("Teardown", CancellationToken.None, "--purge");
            await RemoveLeftoversAsync();
        }

        Directory.Delete(_home, recursive: true);
    }

    private Task<CommandResult> TargetAsync(string target, CancellationToken cancellation, params string[] arguments)
        => CommandLine.RunAsync("bash", [Path.Combine(Folder, "build.sh"), $"--target={target}", .. arguments], Folder, _environment, TimeSpan.FromMinutes(8), cancellation);

    private async Task ScaffoldAsync(string root, CancellationToken cancellation)
    {
        var packages = Path.Combine(_home, "packages");
        var hive = Path.Combine(_home, "hive");
        async Task DotnetAsync(params string[] arguments)
            => (await CommandLine.RunAsync("dotnet", arguments, _home, new Dictionary<string, string> { ["DOTNET_NOLOGO"] = "1" }, TimeSpan.FromMinutes(5), cancellation)).Succeeded();

        await DotnetAsync(
            "pack", Path.Combine(root, "templates", "MicroMonitored.Templates.csproj"), "--configuration", "Release", "--output", packages,
            "--nologo", "--verbosity", "quiet", "-nodeReuse:false", $"-p:ArtifactsPath={Path.Combine(_home, "artifacts")}");
        await DotnetAsync("new", "install", Directory.EnumerateFiles(packages, "*.nupkg").Single(), "--debug:custom-hive", hive);
        await DotnetAsync("new", "micro-monitored", "--name", "Shop", "--output", Folder, "--no-update-check", "--debug:custom-hive", hive);
    }

    /// <summary>What a failed test may have left behind must not reach the next run.</summary>
    private async Task RemoveLeftoversAsync()
    {
        async Task RemoveAsync(string[] list, params string[] remove)
        {
            var names = await DockerMachine.ListAsync(CancellationToken.None, list);
            if (names.Count > 0)
                await DockerMachine.RunAsync(CancellationToken.None, [.. remove, .. names]);
        }

        await RemoveAsync(["ps", "--all", "--filter", $"name={Project}", "--format", "{{.Names}}"], "rm", "--force", "--volumes");
        await RemoveAsync(["network", "ls", "--filter", $"name={Project}", "--format", "{{.Name}}"], "network", "rm");
        await RemoveAsync(["volume", "ls", "--filter", $"name={Project}", "--format", "{{.Name}}"], "volume", "rm", "--force");
        await RemoveAsync(["image", "ls", "--filter", $"reference={Project}/*", "--format", "{{.Repository}}:{{.Tag}}"], "image", "rm", "--force");
    }

    /// <summary>The first of consecutive loopback ports that are all free now.</summary>
    private static int FreeBlock(int length)
    {
        while (true)
        {
            var first = Random.Shared.Next(20_000, 32_000);
            if (Enumerable.Range(first, length).All(IsFree))
                return first;
        }
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

    private static string Root()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "build.sh")) && Directory.Exists(Path.Combine(folder, "templates")))
                return folder;
        }

        throw new InvalidOperationException($"No checkout above {AppContext.BaseDirectory}.");
    }
}
