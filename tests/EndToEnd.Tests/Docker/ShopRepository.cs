using System.Globalization;

namespace EndToEnd.Tests.Docker;

/// <summary>A scaffolded repository with names and images of its own in the Docker engine.</summary>
public class ShopRepository : IAsyncLifetime
{
    private static readonly string[] ImageNames = ["prometheus", "loki", "promtail", "collector", "tempo", "grafana", "alertmanager", "runtime"];

    private readonly ScaffoldedShop _shop = new();

    public ScaffoldedShop Shop => _shop;

    /// <summary>Why the Docker path cannot run here; null where it can.</summary>
    public string? Obstacle { get; private set; }

    /// <summary>The prefix of everything that this repository makes in the engine.</summary>
    public string Project { get; } = $"mm-e2e-{Guid.NewGuid().ToString("N", CultureInfo.InvariantCulture)[..8]}";

    /// <summary>Whether the images are those of <c>stack.json</c> rather than the ones built for these tests.</summary>
    public static bool WithShippedImages => Environment.GetEnvironmentVariable("MICROMONITORED_TEST_IMAGES") == "shipped";

    public async ValueTask InitializeAsync()
    {
        var cancellation = TestContext.Current.CancellationToken;
        Obstacle = await DockerMachine.ObstacleAsync(cancellation);
        if (Obstacle is not null)
            return;

        if (!WithShippedImages)
        {
            var build = Path.Combine(ScaffoldedShop.Root, "tests", "EndToEnd.Tests", "Docker", "images", "build");
            (await CommandLine.RunAsync("bash", [build], ScaffoldedShop.Root, null, TimeSpan.FromMinutes(10), cancellation)).Succeeded();
            foreach (var image in ImageNames)
                _shop.Environment[$"STACK__IMAGES__{image.ToUpperInvariant()}"] = $"micromonitored-test/{image}:local";
        }

        _shop.Environment["STACK__NAMES__PROJECT"] = Project;
        _shop.Environment["STACK__NAMES__NETWORK"] = $"{Project}-net";
        _shop.Environment["STACK__NAMES__LOGSVOLUME"] = $"{Project}_logs";
        await _shop.CreateAsync(cancellation);
        Prepare();
    }

    /// <summary>Changes the repository before its first target.</summary>
    protected virtual void Prepare()
    {
    }

    /// <summary>Takes away what else it has made.</summary>
    protected virtual Task CleanAsync() => Task.CompletedTask;

    /// <summary>Runs a target of the repository's own build.</summary>
    public Task<CommandResult> TargetAsync(string target, params string[] arguments)
        => _shop.TargetAsync(target, TestContext.Current.CancellationToken, arguments);

    /// <summary>The checks of the newest report.</summary>
    public IReadOnlyList<ReportedCheck> Checks() => _shop.Checks();

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (Obstacle is null && Directory.Exists(_shop.Folder))
        {
            await _shop.TargetAsync("Teardown", CancellationToken.None, "--purge");
            await RemoveLeftoversAsync();
            await CleanAsync();
        }

        await _shop.DisposeAsync();
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
}
