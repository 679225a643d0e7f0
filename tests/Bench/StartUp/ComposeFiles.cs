using System.Globalization;
using System.Text.Json;

namespace Bench.StartUp;

/// <summary>What a person with nothing but Docker Compose has: the rendered files, and the addresses that say when all is ready.</summary>
/// <param name="Project">What the names of both projects and of the volumes begin with.</param>
/// <param name="Shell">An image that has a shell.</param>
/// <param name="Ready">The address of each component and service that has a port.</param>
/// <param name="Portless">The Compose services without a port; their own health check says it.</param>
public sealed record ComposeFiles(
    string Folder, string Project, string Network, string Volume, string Shell, IReadOnlyDictionary<string, Uri> Ready, IReadOnlyList<string> Portless)
{
    private static readonly string[] Names = ["compose.yaml", "services.compose.yaml"];

    private static readonly Dictionary<string, (int Port, string Path)> Paths = new(StringComparer.Ordinal)
    {
        ["prometheus"] = (9090, "/-/ready"),
        ["loki"] = (3100, "/ready"),
        ["tempo"] = (3200, "/ready"),
        ["grafana"] = (3000, "/api/health"),
        ["alertmanager"] = (9093, "/-/ready"),
    };

    /// <param name="folder">The folder of the rendered files.</param>
    public static async Task<ComposeFiles> ReadAsync(string folder)
    {
        var (ready, portless) = (new Dictionary<string, Uri>(), new List<string>());
        var (project, network, volume, shell) = ("", "", "", "");
        foreach (var file in Names)
        {
            using var document = JsonDocument.Parse(await Tool.RunAsync("docker", folder, "compose", "--file", file, "config", "--format", "json"));
            project = document.RootElement.GetProperty("name").GetString()!;
            network = document.RootElement.GetProperty("networks").GetProperty("monitoring").GetProperty("name").GetString()!;
            volume = document.RootElement.GetProperty("volumes").GetProperty("microservices-logs").GetProperty("name").GetString()!;
            foreach (var service in document.RootElement.GetProperty("services").EnumerateObject())
            {
                if (service.Name == "prometheus")
                    shell = service.Value.GetProperty("image").GetString()!;
                var (target, path) = Paths.GetValueOrDefault(service.Name, (8080, "/health/ready"));
                if (service.Value.TryGetProperty("ports", out var ports))
                {
                    var published = ports.EnumerateArray().First(port => port.GetProperty("target").GetInt32() == target).GetProperty("published").GetString();
                    ready.Add(service.Name, new Uri($"http://127.0.0.1:{published}{path}"));
                }
                else
                {
                    portless.Add(service.Name);
                }
            }
        }

        return new ComposeFiles(folder, project[..project.LastIndexOf('-')], network, volume, shell, ready, portless);
    }

    /// <summary>What the files expect to be there.</summary>
    public async Task PrepareAsync()
    {
        await Tool.RunAsync("docker", Folder, "network", "create", Network);
        await Tool.RunAsync("docker", Folder, "volume", "create", Volume);
        await Tool.RunAsync("docker", Folder, "run", "--rm", "--user", "0:0", "--entrypoint", "/bin/sh", "--volume", $"{Volume}:/logs", Shell,
            "-c", "chmod 1777 /logs");
    }

    /// <summary><c>docker compose up</c>, one file after the other.</summary>
    public async Task UpAsync()
    {
        foreach (var file in Names)
            await Tool.RunAsync("docker", Folder, "compose", "--file", file, "up", "--detach");
    }

    /// <summary>Leaves nothing, so that each round starts alike.</summary>
    public async Task RemoveAsync()
    {
        foreach (var file in Names.Reverse())
            await Tool.RunAsync("docker", Folder, "compose", "--file", file, "down", "--volumes");
        await Tool.RunAsync("docker", Folder, "network", "rm", Network);
        await Tool.RunAsync("docker", Folder, "volume", "rm", Volume);
    }

    /// <summary>Removes what a Teardown keeps; the services' images stay.</summary>
    public async Task RemoveVolumesAsync()
    {
        var left = await Tool.RunAsync("docker", Folder, "volume", "ls", "--quiet", "--filter", $"name={Project}");
        await Tool.RunAsync("docker", Folder, ["volume", "rm", .. left.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)]);
    }
}
