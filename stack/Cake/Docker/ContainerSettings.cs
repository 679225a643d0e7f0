namespace Cake.Docker;

/// <summary>Options of <c>docker ps</c>.</summary>
public sealed class DockerContainerPsSettings : AutoToolSettings
{
    /// <summary>Stopped containers too.</summary>
    public bool? All { get; set; }

    /// <summary>A filter such as <c>label=a=b</c>.</summary>
    public string? Filter { get; set; }

    /// <summary><c>table</c>, <c>json</c> or a Go template.</summary>
    public string? Format { get; set; }

    /// <summary>Long values in full.</summary>
    public bool? NoTrunc { get; set; }

    /// <summary>Ids only.</summary>
    public bool? Quiet { get; set; }
}

/// <summary>Options of <c>docker logs</c>.</summary>
public sealed class DockerContainerLogsSettings : AutoToolSettings
{
    /// <summary>Extra attributes.</summary>
    public bool? Details { get; set; }

    /// <summary>Goes on until stopped.</summary>
    public bool? Follow { get; set; }

    /// <summary>A time stamp or a span such as <c>10m</c>.</summary>
    public string? Since { get; set; }

    /// <summary>Lines from the end, or <c>all</c>.</summary>
    public string? Tail { get; set; }

    /// <summary>A time stamp before each line.</summary>
    public bool? Timestamps { get; set; }

    /// <summary>A time stamp or a span such as <c>10m</c>.</summary>
    public string? Until { get; set; }
}

/// <summary>Options of <c>docker exec</c>.</summary>
public sealed class DockerContainerExecSettings : AutoToolSettings
{
    /// <summary>Runs in the background.</summary>
    public bool? Detach { get; set; }

    /// <summary><c>name=value</c> each.</summary>
    public string[]? Env { get; set; }

    /// <summary>Keeps standard input open.</summary>
    public bool? Interactive { get; set; }

    /// <summary>Gives it a terminal.</summary>
    public bool? Tty { get; set; }

    /// <summary>The user to run as.</summary>
    public string? User { get; set; }

    /// <summary>The directory to run in.</summary>
    public string? Workdir { get; set; }
}

/// <summary>Options of <c>docker run</c>.</summary>
public sealed class DockerContainerRunSettings : AutoToolSettings
{
    /// <summary>Capabilities to add.</summary>
    public string[]? CapAdd { get; set; }

    /// <summary>Capabilities to drop.</summary>
    public string[]? CapDrop { get; set; }

    /// <summary>Runs in the background.</summary>
    public bool? Detach { get; set; }

    /// <summary>Replaces the image’s.</summary>
    public string? Entrypoint { get; set; }

    /// <summary><c>name=value</c> each.</summary>
    public string[]? Env { get; set; }

    /// <summary>The host name inside.</summary>
    public string? Hostname { get; set; }

    /// <summary>Keeps standard input open.</summary>
    public bool? Interactive { get; set; }

    /// <summary><c>name=value</c> each.</summary>
    public string[]? Label { get; set; }

    /// <summary>The limit, such as <c>256m</c>.</summary>
    public string? Memory { get; set; }

    /// <summary>A mount specification each.</summary>
    public string[]? Mount { get; set; }

    /// <summary>The container’s name.</summary>
    public string? Name { get; set; }

    /// <summary>The network to join.</summary>
    public string? Network { get; set; }

    /// <summary>Names on that network.</summary>
    public string[]? NetworkAlias { get; set; }

    /// <summary><c>address:port:port</c> each.</summary>
    public string[]? Publish { get; set; }

    /// <summary>A read-only root.</summary>
    public bool? ReadOnly { get; set; }

    /// <summary>The restart policy.</summary>
    public string? Restart { get; set; }

    /// <summary>Removes the container when it exits.</summary>
    public bool? Rm { get; set; }

    /// <summary>Security options.</summary>
    public string[]? SecurityOpt { get; set; }

    /// <summary>The user to run as.</summary>
    public string? User { get; set; }

    /// <summary><c>source:target[:ro]</c> each.</summary>
    public string[]? Volume { get; set; }

    /// <summary>The directory to run in.</summary>
    public string? Workdir { get; set; }
}

/// <summary>Options of <c>docker rm</c>.</summary>
public sealed class DockerContainerRmSettings : AutoToolSettings
{
    /// <summary>Kills running containers.</summary>
    public bool? Force { get; set; }

    /// <summary>Anonymous volumes too.</summary>
    public bool? Volumes { get; set; }
}

/// <summary>Options of <c>docker stop</c>.</summary>
public sealed class DockerContainerStopSettings : AutoToolSettings
{
    /// <summary>Seconds before it is killed.</summary>
    public int? Time { get; set; }
}

/// <summary>Options of <c>docker cp</c>.</summary>
public sealed class DockerContainerCpSettings : AutoToolSettings
{
    /// <summary>Keeps owner and mode.</summary>
    public bool? Archive { get; set; }

    /// <summary>Follows a symbolic link in the source.</summary>
    public bool? FollowLink { get; set; }
}
