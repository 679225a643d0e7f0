namespace Cake.Docker;

/// <summary>Options of <c>docker image ls</c>.</summary>
public sealed class DockerImageLsSettings : AutoToolSettings
{
    /// <summary>Intermediate images too.</summary>
    public bool? All { get; set; }

    /// <summary>Shows digests.</summary>
    public bool? Digests { get; set; }

    /// <summary>A filter such as <c>reference=a*</c>.</summary>
    public string? Filter { get; set; }

    /// <summary><c>table</c>, <c>json</c> or a Go template.</summary>
    public string? Format { get; set; }

    /// <summary>Long values in full.</summary>
    public bool? NoTrunc { get; set; }

    /// <summary>Ids only.</summary>
    public bool? Quiet { get; set; }
}

/// <summary>Options of <c>docker pull</c>.</summary>
public sealed class DockerImagePullSettings : AutoToolSettings
{
    /// <summary>Every tag.</summary>
    public bool? AllTags { get; set; }

    /// <summary><c>os/architecture</c>.</summary>
    public string? Platform { get; set; }
}

/// <summary>Options of <c>docker image build</c>.</summary>
public sealed class DockerImageBuildSettings : AutoToolSettings
{
    /// <summary><c>name=value</c> each.</summary>
    public string[]? BuildArg { get; set; }

    /// <summary>The Dockerfile.</summary>
    public string? File { get; set; }

    /// <summary><c>name=value</c> each.</summary>
    public string[]? Label { get; set; }

    /// <summary>The network of build steps.</summary>
    public string? Network { get; set; }

    /// <summary>Uses no cached layer.</summary>
    public bool? NoCache { get; set; }

    /// <summary><c>os/architecture</c>.</summary>
    public string? Platform { get; set; }

    /// <summary><c>auto</c>, <c>plain</c> or <c>quiet</c>.</summary>
    public string? Progress { get; set; }

    /// <summary>Always asks for a newer base image.</summary>
    public bool? Pull { get; set; }

    /// <summary>Prints the id only.</summary>
    public bool? Quiet { get; set; }

    /// <summary><c>name:tag</c> each.</summary>
    public string[]? Tag { get; set; }

    /// <summary>The stage to build.</summary>
    public string? Target { get; set; }
}

/// <summary>Options of <c>docker rmi</c>.</summary>
public sealed class DockerImageRemoveSettings : AutoToolSettings
{
    /// <summary>Removes images that are in use too.</summary>
    public bool? Force { get; set; }

    /// <summary>Keeps untagged parents.</summary>
    public bool? NoPrune { get; set; }
}
