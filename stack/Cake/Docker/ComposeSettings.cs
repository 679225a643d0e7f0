namespace Cake.Docker;

/// <summary>Options of <c>docker compose</c> itself, before the subcommand.</summary>
public class DockerComposeSettings : AutoToolSettings
{
    /// <summary>Control characters: <c>never</c>, <c>always</c> or <c>auto</c>.</summary>
    public string? Ansi { get; set; }

    /// <summary>Environment files.</summary>
    public string[]? EnvFile { get; set; }

    /// <summary>Compose files, the later ones over the earlier.</summary>
    public string[]? File { get; set; }

    /// <summary>Profiles to enable.</summary>
    public string[]? Profile { get; set; }

    /// <summary>Progress output: <c>auto</c>, <c>tty</c>, <c>plain</c>, <c>json</c> or <c>quiet</c>.</summary>
    public string? Progress { get; set; }

    /// <summary>What relative paths start from.</summary>
    public string? ProjectDirectory { get; set; }

    /// <summary>The project.</summary>
    public string? ProjectName { get; set; }
}

/// <summary>Options of <c>docker compose up</c>.</summary>
public sealed class DockerComposeUpSettings : AutoToolSettings
{
    /// <summary>Builds images first.</summary>
    public bool? Build { get; set; }

    /// <summary>Returns once the containers have started.</summary>
    public bool? Detach { get; set; }

    /// <summary>Recreates containers that are up to date.</summary>
    public bool? ForceRecreate { get; set; }

    /// <summary>Builds no image, even when it is missing.</summary>
    public bool? NoBuild { get; set; }

    /// <summary>Plain output.</summary>
    public bool? NoColor { get; set; }

    /// <summary>Leaves linked services alone.</summary>
    public bool? NoDeps { get; set; }

    /// <summary>Keeps existing containers.</summary>
    public bool? NoRecreate { get; set; }

    /// <summary>Creates without starting.</summary>
    public bool? NoStart { get; set; }

    /// <summary>Pull policy: <c>always</c>, <c>missing</c>, <c>never</c>, <c>build</c>.</summary>
    public string? Pull { get; set; }

    /// <summary>No pull progress.</summary>
    public bool? QuietPull { get; set; }

    /// <summary>Removes containers of services that are gone.</summary>
    public bool? RemoveOrphans { get; set; }

    /// <summary>Seconds to wait for a container to stop.</summary>
    public int? Timeout { get; set; }

    /// <summary>Waits until services are running or healthy.</summary>
    public bool? Wait { get; set; }

    /// <summary>Seconds to wait at most.</summary>
    public int? WaitTimeout { get; set; }
}

/// <summary>Options of <c>docker compose down</c>.</summary>
public sealed class DockerComposeDownSettings : AutoToolSettings
{
    /// <summary>Removes containers of services that are gone.</summary>
    public bool? RemoveOrphans { get; set; }

    /// <summary>Removes images: <c>local</c> or <c>all</c>.</summary>
    public string? Rmi { get; set; }

    /// <summary>Seconds to wait for a container to stop.</summary>
    public int? Timeout { get; set; }

    /// <summary>Removes the named volumes too.</summary>
    public bool? Volumes { get; set; }
}

/// <summary>Options of <c>docker compose ps</c>.</summary>
public sealed class DockerComposePsSettings : AutoToolSettings
{
    /// <summary>Stopped containers too.</summary>
    public bool? All { get; set; }

    /// <summary><c>table</c>, <c>json</c> or a Go template.</summary>
    public string? Format { get; set; }

    /// <summary>Long values in full.</summary>
    public bool? NoTrunc { get; set; }

    /// <summary>Ids only.</summary>
    public bool? Quiet { get; set; }

    /// <summary>Service names only.</summary>
    public bool? Services { get; set; }

    /// <summary>Only these states.</summary>
    public string[]? Status { get; set; }
}

/// <summary>Options of <c>docker compose logs</c>.</summary>
public sealed class DockerComposeLogsSettings : AutoToolSettings
{
    /// <summary>Goes on until stopped.</summary>
    public bool? Follow { get; set; }

    /// <summary>Plain output.</summary>
    public bool? NoColor { get; set; }

    /// <summary>No service name before each line.</summary>
    public bool? NoLogPrefix { get; set; }

    /// <summary>A time stamp or a span such as <c>10m</c>.</summary>
    public string? Since { get; set; }

    /// <summary>Lines from the end, or <c>all</c>.</summary>
    public string? Tail { get; set; }

    /// <summary>A time stamp before each line.</summary>
    public bool? Timestamps { get; set; }

    /// <summary>A time stamp or a span such as <c>10m</c>.</summary>
    public string? Until { get; set; }
}

/// <summary>Options of <c>docker compose build</c>.</summary>
public sealed class DockerComposeBuildSettings : AutoToolSettings
{
    /// <summary><c>name=value</c> each.</summary>
    public string[]? BuildArg { get; set; }

    /// <summary>Uses no cached layer.</summary>
    public bool? NoCache { get; set; }

    /// <summary>Always asks for a newer base image.</summary>
    public bool? Pull { get; set; }

    /// <summary>No output.</summary>
    public bool? Quiet { get; set; }

    /// <summary>Builds what the services depend on too.</summary>
    public bool? WithDependencies { get; set; }
}

/// <summary>Options of <c>docker compose pull</c>.</summary>
public sealed class DockerComposePullSettings : AutoToolSettings
{
    /// <summary>Leaves out images that can be built.</summary>
    public bool? IgnoreBuildable { get; set; }

    /// <summary>Pulls what it can.</summary>
    public bool? IgnorePullFailures { get; set; }

    /// <summary>Dependencies too.</summary>
    public bool? IncludeDeps { get; set; }

    /// <summary><c>missing</c> or <c>always</c>.</summary>
    public string? Policy { get; set; }

    /// <summary>No progress.</summary>
    public bool? Quiet { get; set; }
}

/// <summary>Options of <c>docker compose exec</c>.</summary>
public sealed class DockerComposeExecSettings : AutoToolSettings
{
    /// <summary>Runs in the background.</summary>
    public bool? Detach { get; set; }

    /// <summary><c>name=value</c> each.</summary>
    public string[]? Env { get; set; }

    /// <summary>Which container of a scaled service.</summary>
    public int? Index { get; set; }

    /// <summary>The user to run as.</summary>
    public string? User { get; set; }

    /// <summary>The directory to run in.</summary>
    public string? Workdir { get; set; }
}

/// <summary>Options of <c>docker compose rm</c>.</summary>
public sealed class DockerComposeRmSettings : AutoToolSettings
{
    /// <summary>Asks nothing.</summary>
    public bool? Force { get; set; }

    /// <summary>Stops running containers first.</summary>
    public bool? Stop { get; set; }

    /// <summary>Anonymous volumes too.</summary>
    public bool? Volumes { get; set; }
}
