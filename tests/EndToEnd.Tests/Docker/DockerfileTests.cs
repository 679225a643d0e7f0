using System.Globalization;
using System.Text.Json;

namespace EndToEnd.Tests.Docker;

/// <summary>Each Dockerfile by itself, as a registry's or a team's own pipeline builds it: from a clone, without the build of the repository.</summary>
[Collection("whole stacks, one at a time")]
public sealed class DockerfileTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    private readonly ScaffoldedShop _shop = new();
    private readonly string _name = $"mm-e2e-{Guid.NewGuid().ToString("N", CultureInfo.InvariantCulture)[..8]}";
    private string? _obstacle;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _obstacle = await DockerMachine.ObstacleAsync(Cancellation);
        if (_obstacle is not null)
            return;
        var build = Path.Combine(ScaffoldedShop.Root, "tests", "EndToEnd.Tests", "Docker", "images", "build");
        (await CommandLine.RunAsync("bash", [build, "runtime", "sdk"], ScaffoldedShop.Root, null, Patience, Cancellation)).Succeeded();
        await _shop.CreateAsync(Cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        if (_obstacle is null)
        {
            await DockerMachine.RunAsync(CancellationToken.None, "rm", "--force", _name);
            await DockerMachine.RunAsync(CancellationToken.None, "image", "rm", "--force", _name, $"{_name}-sdk");
        }

        await _shop.DisposeAsync();
    }

    [Fact]
    public async Task A_service_is_built_from_its_Dockerfile_alone_and_is_healthy_with_a_read_only_root()
    {
        DockerMachine.Require(_obstacle);
        await BuildAsync(Packages(), $"{_name}-sdk", ["--file", "Dockerfile", "."]);
        Directory.Delete(Path.Combine(_shop.Folder, "artifacts"), recursive: true);
        await BuildAsync(_shop.Folder, _name, ["--file", "src/Shop.Inventory/Dockerfile", "--network", "none",
            "--build-arg", "RUNTIME=micromonitored-test/runtime:local", "--build-arg", $"SDK={_name}-sdk", "."]);

        (await DockerMachine.RunAsync(Cancellation, "run", "--detach", "--name", _name, "--network", "none", "--read-only", "--tmpfs", "/tmp",
            "--cap-drop", "ALL", "--env", "Monitoring__LogFolder=/tmp", _name)).Succeeded();
        var state = "";
        for (var tries = 0; state != "running healthy"; tries++)
        {
            Assert.True(tries < 120, $"{state}: {(await DockerMachine.RunAsync(Cancellation, "logs", _name)).Output}");
            await Task.Delay(500, Cancellation);
            state = Assert.Single(await DockerMachine.ListAsync(Cancellation, "inspect", "--format", "{{.State.Status}} {{.State.Health.Status}}", _name));
        }
    }

    private static async Task BuildAsync(string folder, string image, string[] arguments)
        => (await CommandLine.RunAsync("docker", ["build", "--tag", image, .. arguments], folder,
            new Dictionary<string, string> { ["DOCKER_BUILDKIT"] = "0" }, Patience, Cancellation)).Succeeded();

    /// <summary>The SDK's image with the packages of the service: a container here reaches no feed.</summary>
    private string Packages()
    {
        var context = Directory.CreateDirectory(Path.Combine(_shop.Folder, "artifacts", "sdk")).FullName;
        File.WriteAllText(Path.Combine(context, "Dockerfile"), "FROM micromonitored-test/sdk:local\nCOPY packages /root/.nuget/packages\n");
        using var assets = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(_shop.Folder, "artifacts", "obj", "Shop.Inventory", "project.assets.json")));
        var packages = assets.RootElement.GetProperty("packageFolders").EnumerateObject().First().Name;
        foreach (var library in assets.RootElement.GetProperty("libraries").EnumerateObject().Select(library => library.Value))
        {
            if (library.GetProperty("type").GetString() == "package" && library.GetProperty("path").GetString() is { } path)
                Copy(Path.Combine(packages, path), Path.Combine(context, "packages", path));
        }

        return context;
    }

    private static void Copy(string from, string to)
    {
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }
}
