namespace Cake.Docker;

/// <summary>Options of <c>docker network create</c>.</summary>
public sealed class DockerNetworkCreateSettings : AutoToolSettings
{
    /// <summary>Containers may be attached by hand.</summary>
    public bool? Attachable { get; set; }

    /// <summary>The driver.</summary>
    public string? Driver { get; set; }

    /// <summary>No way out.</summary>
    public bool? Internal { get; set; }

    /// <summary><c>name=value</c> each.</summary>
    public string[]? Label { get; set; }

    /// <summary>Options of the driver.</summary>
    public string[]? Opt { get; set; }

    /// <summary>Subnets in CIDR form.</summary>
    public string[]? Subnet { get; set; }
}
