using Cake.Core;

namespace Cake.Docker;

/// <content>Images.</content>
public static partial class DockerAliases
{
    /// <summary><c>docker image ls</c>.</summary>
    /// <param name="context">The context.</param>
    /// <param name="settings">Its options; null for none.</param>
    /// <returns>The lines of its output.</returns>
    /// <exception cref="CakeException">Docker was not found or answered with an exit code other than 0.</exception>
    public static IEnumerable<string> DockerImageLs(this ICakeContext context, DockerImageLsSettings? settings)
        => Docker<DockerImageLsSettings>(context).RunWithResult("image ls", settings ?? new(), lines => lines.ToArray());

    /// <summary><c>docker pull</c> with defaults.</summary>
    /// <param name="context">The context.</param>
    /// <param name="imageReference"><c>name:tag</c> or <c>name@digest</c>.</param>
    /// <exception cref="CakeException">Docker was not found or answered with an exit code other than 0.</exception>
    public static void DockerPull(this ICakeContext context, string imageReference)
        => DockerPull(context, null, imageReference);

    /// <summary><c>docker pull</c>.</summary>
    /// <param name="context">The context.</param>
    /// <param name="settings">Its options; null for none.</param>
    /// <param name="imageReference"><c>name:tag</c> or <c>name@digest</c>.</param>
    /// <exception cref="CakeException">Docker was not found or answered with an exit code other than 0.</exception>
    public static void DockerPull(this ICakeContext context, DockerImagePullSettings? settings, string imageReference)
        => Docker<DockerImagePullSettings>(context).Run("pull", settings ?? new(), [Required(imageReference)]);

    /// <summary><c>docker image build</c> with defaults.</summary>
    /// <param name="context">The context.</param>
    /// <param name="path">The build context.</param>
    /// <exception cref="CakeException">Docker was not found or answered with an exit code other than 0.</exception>
    public static void DockerBuild(this ICakeContext context, string path)
        => DockerBuild(context, null, path);

    /// <summary><c>docker image build</c>.</summary>
    /// <param name="context">The context.</param>
    /// <param name="settings">Its options; null for none.</param>
    /// <param name="path">The build context.</param>
    /// <exception cref="CakeException">Docker was not found or answered with an exit code other than 0.</exception>
    public static void DockerBuild(this ICakeContext context, DockerImageBuildSettings? settings, string path)
        => Docker<DockerImageBuildSettings>(context).Run("image build", settings ?? new(), [$"\"{Required(path).Trim('"')}\""]);

    /// <summary><c>docker rmi</c>.</summary>
    /// <param name="context">The context.</param>
    /// <param name="settings">Its options; null for none.</param>
    /// <param name="images">Names or ids, at least one.</param>
    /// <exception cref="CakeException">Docker was not found or answered with an exit code other than 0.</exception>
    public static void DockerRemove(this ICakeContext context, DockerImageRemoveSettings? settings, params string[] images)
        => Docker<DockerImageRemoveSettings>(context).Run("rmi", settings ?? new(), AtLeastOne(images));
}
