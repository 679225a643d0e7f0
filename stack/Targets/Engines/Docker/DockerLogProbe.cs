using Cake.Docker;
using MicroMonitored.Model.Settings;
using MicroMonitored.Verification;

namespace MicroMonitored.Targets.Engines.Docker;

/// <summary>Writes Verify's synthetic log file into the shared volume, through a container that has nothing but that volume.</summary>
internal sealed class DockerLogProbe(BuildContext context, DockerCli docker) : ILogProbe
{
    private const string Root = StackNames.LogsRoot;

    private string Logs => context.Settings.Names.LogFolder;

    public async Task AppendAsync(string fileName, IReadOnlyList<string> lines, CancellationToken cancellation)
    {
        var folder = Path.Combine(context.Paths.Run, "probe");
        Directory.CreateDirectory(folder);
        var file = Path.Combine(folder, fileName);
        await File.WriteAllTextAsync(file, string.Concat(lines.Select(line => line + "\n")), cancellation);
        await Task.Run(() => Shell([$"{folder}:/probe:ro"], $"cat '/probe/{fileName}' >> '{Logs}/{fileName}'"), cancellation);
        File.Delete(file);
    }

    public Task RemoveAsync(string fileName, CancellationToken cancellation) => Task.Run(() => Shell([], $"rm -f '{Logs}/{fileName}'"), cancellation);

    public Task<IReadOnlyList<(string File, string Line)>> FindAsync(string text, DateTimeOffset since, CancellationToken cancellation)
        => Task.Run<IReadOnlyList<(string File, string Line)>>(
            () =>
            {
                var script = $"find '{Logs}' -type f -mmin -10 -exec grep -F -m1 -e '{text}' /dev/null {{}} +; true";
                var lines = docker.Ask($"run --rm --network none --read-only --cap-drop ALL --security-opt no-new-privileges:true --user 65534:65534 "
                    + $"--entrypoint /bin/sh --volume {context.Settings.Names.LogsVolume}:{Root}:ro {context.Settings.Images.Prometheus} "
                    + $"-c {DockerCli.Quoted(script)}") ?? throw new IOException("the log volume cannot be read");
                return [.. lines.Select(line => line.Split(':', 2)).Where(hit => hit.Length == 2).Select(hit => (Path.GetFileName(hit[0]), hit[1]))];
            },
            cancellation);

    private void Shell(IReadOnlyList<string> volumes, string script)
        => docker.Call(
            "writing Verify's log file into the volume",
            "run the Doctor target",
            new DockerContainerRunSettings
            {
                Rm = true,
                Network = "none",
                ReadOnly = true,
                CapDrop = ["ALL"],
                SecurityOpt = ["no-new-privileges:true"],
                User = "65534:65534",
                Entrypoint = "/bin/sh",
                Label = [$"{DockerEngine.OwnLabel}={context.Settings.Names.Project}"],
                Volume = [$"{context.Settings.Names.LogsVolume}:{Root}", .. volumes],
            },
            settings => context.DockerRunWithoutResult(settings, context.Settings.Images.Prometheus, "-c", DockerCli.Quoted(script)));
}
