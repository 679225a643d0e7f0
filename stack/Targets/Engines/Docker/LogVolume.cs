using Cake.Docker;
using MicroMonitored.Model.Settings;

namespace MicroMonitored.Targets.Engines.Docker;

/// <summary>The volume of the log files, which other projects may share: each but the one whose name it bears keeps to a folder of its own there.</summary>
internal sealed class LogVolume(BuildContext context, DockerCli docker)
{
    private const string Root = StackNames.LogsRoot;

    private StackNames Names => context.Settings.Names;

    /// <summary>Lets every user create log files, and every service go on with files that root has left.</summary>
    public void Open()
        => docker.Call(
            $"preparing the volume {Names.LogsVolume}",
            "look at it with docker volume inspect, or remove it by Teardown --purge",
            Shell("FOWNER"),
            settings => context.DockerRunWithoutResult(
                settings,
                context.Settings.Images.Prometheus,
                "-c",
                DockerCli.Quoted($"{(Names.OwnsLogsVolume ? "" : $"mkdir -p {Names.LogFolder} && ")}chmod 1777 {Names.LogFolder} && "
                    + $"find {Names.LogFolder} -xdev -maxdepth 1 -type f -user 0 -name '*.log*' -exec chmod a+rw {{}} +")));

    /// <summary>Who else has lines here, or may have; null where nobody can tell.</summary>
    public IReadOnlyList<string>? Sharers()
    {
        if (docker.Ask($"run --rm --pull never --network none --read-only --cap-drop ALL --security-opt no-new-privileges:true "
            + $"--entrypoint /bin/find --volume {Names.LogsVolume}:{Root}:ro {context.Settings.Images.Prometheus} "
            + $"{Root} -type f -name *.log*") is not { } files)
            return null;
        var places = files.Where(file => file.StartsWith(Root + "/", StringComparison.Ordinal))
            .Select(file => file[(Root.Length + 1)..].Split('/'))
            .Select(path => path.Length > 1 ? path[0] : "")
            .Where(place => place != (Names.OwnsLogsVolume ? "" : Names.Project))
            .Select(place => place.Length > 0 ? place : "whoever writes beside the projects' folders");
        // A project that has kept data may have had its lines elsewhere; where the volume bears this one's name, only what lies in it counts.
        var kept = Names.OwnsLogsVolume ? []
            : docker.Ask("volume ls --filter label=micromonitored.data --format \"{{.Label \\\"com.docker.compose.project\\\"}}\"") ?? [];
        return [.. kept.Where(project => project != $"{Names.Project}-monitoring").Concat(places).Distinct()];
    }

    /// <summary>Deletes this project's own lines from a volume that stays.</summary>
    public void Clear()
        => docker.Call(
            $"deleting the lines in the volume {Names.LogsVolume}",
            "repeat the Teardown target",
            Shell(),
            settings => context.DockerRunWithoutResult(
                settings,
                context.Settings.Images.Prometheus,
                "-c",
                DockerCli.Quoted(Names.OwnsLogsVolume ? $"find {Root} -xdev -maxdepth 1 -type f -delete" : $"rm -rf {Names.LogFolder}")));

    private DockerContainerRunSettings Shell(params string[] capabilities)
        => new()
        {
            Rm = true,
            Network = "none",
            ReadOnly = true,
            CapDrop = ["ALL"],
            CapAdd = capabilities,
            SecurityOpt = ["no-new-privileges"],
            User = "0:0",
            Entrypoint = "/bin/sh",
            Label = [$"{DockerEngine.OwnLabel}={Names.Project}"],
            Volume = [$"{Names.LogsVolume}:{Root}"],
        };
}
