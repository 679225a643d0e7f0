using Cake.Core;

namespace Cake.Docker;

/// <content>Networks.</content>
public static partial class DockerAliases
{
    /// <summary><c>docker network create</c>.</summary>
    /// <param name="context">The context.</param>
    /// <param name="settings">Its options; null for none.</param>
    /// <param name="args">The name.</param>
    /// <exception cref="CakeException">Docker was not found or answered with an exit code other than 0.</exception>
    public static void DockerNetworkCreate(this ICakeContext context, DockerNetworkCreateSettings? settings, params string[] args)
        => Docker<DockerNetworkCreateSettings>(context).Run("network create", settings ?? new(), AtLeastOne(args));

    /// <summary><c>docker network rm</c>.</summary>
    /// <param name="context">The context.</param>
    /// <param name="network">The name.</param>
    /// <param name="args">More arguments.</param>
    /// <exception cref="CakeException">Docker was not found or answered with an exit code other than 0.</exception>
    public static void DockerNetworkRemove(this ICakeContext context, string network, params string[] args)
        => DockerNetworkRemove(context, [network], args);

    /// <summary><c>docker network rm</c>.</summary>
    /// <param name="context">The context.</param>
    /// <param name="network">The names.</param>
    /// <param name="args">More arguments.</param>
    /// <exception cref="CakeException">Docker was not found or answered with an exit code other than 0.</exception>
    public static void DockerNetworkRemove(this ICakeContext context, string[] network, params string[] args)
        => Docker<EmptySettings>(context).Run("network rm", new EmptySettings(), [.. AtLeastOne(network), .. args]);
}
