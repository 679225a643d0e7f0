using Cake.Core;

namespace Cake.Docker;

/// <content>Volumes.</content>
public static partial class DockerAliases
{
    /// <summary><c>docker volume create</c> with defaults.</summary>
    /// <param name="context">The context.</param>
    /// <param name="volume">The name.</param>
    /// <exception cref="CakeException">Docker was not found or answered with an exit code other than 0.</exception>
    public static void DockerVolumeCreate(this ICakeContext context, string volume)
        => DockerVolumeCreate(context, null, volume);

    /// <summary><c>docker volume create</c>.</summary>
    /// <param name="context">The context.</param>
    /// <param name="settings">Its options; null for none.</param>
    /// <param name="volume">The name.</param>
    /// <exception cref="CakeException">Docker was not found or answered with an exit code other than 0.</exception>
    public static void DockerVolumeCreate(this ICakeContext context, DockerVolumeCreateSettings? settings, string volume)
        => Docker<DockerVolumeCreateSettings>(context).Run("volume create", settings ?? new(), [Required(volume)]);

    /// <summary><c>docker volume inspect</c>.</summary>
    /// <param name="context">The context.</param>
    /// <param name="settings">Its options; null for none.</param>
    /// <param name="volumes">The names, at least one.</param>
    /// <returns>The lines of its output.</returns>
    /// <exception cref="CakeException">Docker was not found or answered with an exit code other than 0.</exception>
    public static IEnumerable<string> DockerVolumeInspect(this ICakeContext context, DockerVolumeInspectSettings? settings, string[] volumes)
        => Docker<DockerVolumeInspectSettings>(context).RunWithResult("volume inspect", settings ?? new(), lines => lines.ToArray(), AtLeastOne(volumes));

    /// <summary><c>docker volume ls</c>.</summary>
    /// <param name="context">The context.</param>
    /// <param name="settings">Its options; null for none.</param>
    /// <returns>The lines of its output.</returns>
    /// <exception cref="CakeException">Docker was not found or answered with an exit code other than 0.</exception>
    public static IEnumerable<string> DockerVolumeLs(this ICakeContext context, DockerVolumeLsSettings? settings)
        => Docker<DockerVolumeLsSettings>(context).RunWithResult("volume ls", settings ?? new(), lines => lines.ToArray());

    /// <summary><c>docker volume rm</c> with defaults.</summary>
    /// <param name="context">The context.</param>
    /// <param name="volumes">The names, at least one.</param>
    /// <exception cref="CakeException">Docker was not found or answered with an exit code other than 0.</exception>
    public static void DockerVolumeRm(this ICakeContext context, string[] volumes)
        => DockerVolumeRm(context, null, volumes);

    /// <summary><c>docker volume rm</c>.</summary>
    /// <param name="context">The context.</param>
    /// <param name="settings">Its options; null for none.</param>
    /// <param name="volumes">The names, at least one.</param>
    /// <exception cref="CakeException">Docker was not found or answered with an exit code other than 0.</exception>
    public static void DockerVolumeRm(this ICakeContext context, DockerVolumeRmSettings? settings, string[] volumes)
        => Docker<DockerVolumeRmSettings>(context).Run("volume rm", settings ?? new(), AtLeastOne(volumes));
}
