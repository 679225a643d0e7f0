namespace Cake.Docker;

/// <summary>Options of <c>docker volume create</c>.</summary>
public sealed class DockerVolumeCreateSettings : AutoToolSettings
{
    /// <summary>The driver.</summary>
    public string? Driver { get; set; }

    /// <summary><c>name=value</c>.</summary>
    public string? Label { get; set; }

    /// <summary>Options of the driver.</summary>
    public string[]? Opt { get; set; }
}

/// <summary>Options of <c>docker volume inspect</c>.</summary>
public sealed class DockerVolumeInspectSettings : AutoToolSettings
{
    /// <summary><c>json</c> or a Go template.</summary>
    public string? Format { get; set; }
}

/// <summary>Options of <c>docker volume ls</c>.</summary>
public sealed class DockerVolumeLsSettings : AutoToolSettings
{
    /// <summary><c>table</c>, <c>json</c> or a Go template.</summary>
    public string? Format { get; set; }

    /// <summary>A filter such as <c>name=a</c>.</summary>
    public string? Filter { get; set; }

    /// <summary>Names only.</summary>
    public bool? Quiet { get; set; }
}

/// <summary>Options of <c>docker volume rm</c>.</summary>
public sealed class DockerVolumeRmSettings : AutoToolSettings
{
    /// <summary>A missing volume is no error.</summary>
    public bool? Force { get; set; }
}
