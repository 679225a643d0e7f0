using Cake.Core.Tooling;

namespace Cake.Docker;

/// <summary>Settings whose own properties are options: <c>NoCache</c> is <c>--no-cache</c>, null and false are left out, an array repeats the option.</summary>
public abstract class AutoToolSettings : ToolSettings;

/// <summary>Settings of a command that has no alias of its own.</summary>
public sealed class DockerCustomCommandSettings : AutoToolSettings;

/// <summary>Options of <c>docker compose</c> itself, before the subcommand.</summary>
public class DockerComposeSettings : AutoToolSettings
{
    /// <summary>Compose files, the later ones over the earlier.</summary>
    public string[]? File { get; set; }

    /// <summary>The project.</summary>
    public string? ProjectName { get; set; }
}

/// <summary>Options of <c>docker compose up</c>.</summary>
public sealed class DockerComposeUpSettings : AutoToolSettings
{
    /// <summary>Returns once the containers have started.</summary>
    public bool? Detach { get; set; }

    /// <summary>Removes containers of services that are gone.</summary>
    public bool? RemoveOrphans { get; set; }
}

/// <summary>Options of <c>docker compose down</c>.</summary>
public sealed class DockerComposeDownSettings : AutoToolSettings
{
    /// <summary>Removes containers of services that are gone.</summary>
    public bool? RemoveOrphans { get; set; }

    /// <summary>Removes the named volumes too.</summary>
    public bool? Volumes { get; set; }
}

/// <summary>Options of <c>docker logs</c>.</summary>
public sealed class DockerContainerLogsSettings : AutoToolSettings
{
    /// <summary>Goes on until stopped.</summary>
    public bool? Follow { get; set; }

    /// <summary>Lines from the end, or <c>all</c>.</summary>
    public string? Tail { get; set; }
}

/// <summary>Options of <c>docker exec</c>.</summary>
public sealed class DockerContainerExecSettings : AutoToolSettings;

/// <summary>Options of <c>docker run</c>.</summary>
public sealed class DockerContainerRunSettings : AutoToolSettings
{
    /// <summary>Capabilities added.</summary>
    public string[]? CapAdd { get; set; }

    /// <summary>Capabilities taken away.</summary>
    public string[]? CapDrop { get; set; }

    /// <summary>The program, in place of the image's.</summary>
    public string? Entrypoint { get; set; }

    /// <summary><c>name=value</c> each.</summary>
    public string[]? Label { get; set; }

    /// <summary>The network.</summary>
    public string? Network { get; set; }

    /// <summary>A root file system that cannot be written.</summary>
    public bool? ReadOnly { get; set; }

    /// <summary>Removes the container when it ends.</summary>
    public bool? Rm { get; set; }

    /// <summary>Security options.</summary>
    public string[]? SecurityOpt { get; set; }

    /// <summary>The user, and the group after a colon.</summary>
    public string? User { get; set; }

    /// <summary><c>volume:path</c> or <c>path:path</c> each, with <c>:ro</c> where it is only read.</summary>
    public string[]? Volume { get; set; }
}

/// <summary>Options of <c>docker pull</c>.</summary>
public sealed class DockerImagePullSettings : AutoToolSettings;

/// <summary>Options of <c>docker image build</c>.</summary>
public sealed class DockerImageBuildSettings : AutoToolSettings
{
    /// <summary><c>name=value</c> each.</summary>
    public string[]? BuildArg { get; set; }

    /// <summary>The Dockerfile.</summary>
    public string? File { get; set; }

    /// <summary><c>name=value</c> each.</summary>
    public string[]? Label { get; set; }

    /// <summary>Names of the image, with a tag.</summary>
    public string[]? Tag { get; set; }

    /// <summary>The stage of the Dockerfile to stop at.</summary>
    public string? Target { get; set; }
}

/// <summary>Options of <c>docker network create</c>.</summary>
public sealed class DockerNetworkCreateSettings : AutoToolSettings
{
    /// <summary><c>name=value</c> each.</summary>
    public string[]? Label { get; set; }
}

/// <summary>Options of <c>docker volume create</c>.</summary>
public sealed class DockerVolumeCreateSettings : AutoToolSettings
{
    /// <summary><c>name=value</c>.</summary>
    public string? Label { get; set; }
}
