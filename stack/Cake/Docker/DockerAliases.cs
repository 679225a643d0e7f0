using Cake.Core;

namespace Cake.Docker;

/// <summary>The Docker client as methods of the context: the aliases in use, with Cake.Docker's names and command lines.</summary>
public static class DockerAliases
{
    /// <summary><c>docker compose up</c>.</summary>
    /// <param name="context">The context.</param>
    /// <param name="settings">Its options.</param>
    /// <param name="composeSettings">Options of <c>docker compose</c> itself; null for none.</param>
    /// <param name="services">Only these services; empty for all.</param>
    /// <exception cref="CakeException">Docker was not found or answered with an exit code other than 0.</exception>
    public static void DockerComposeUp(
        this ICakeContext context, DockerComposeUpSettings settings, DockerComposeSettings? composeSettings = null, params string[] services)
        => Docker<DockerComposeUpSettings>(context).Run("compose", composeSettings ?? new(), "up", settings, services);

    /// <summary><c>docker compose down</c>.</summary>
    /// <param name="context">The context.</param>
    /// <param name="settings">Its options.</param>
    /// <param name="composeSettings">Options of <c>docker compose</c> itself; null for none.</param>
    /// <exception cref="CakeException">Docker was not found or answered with an exit code other than 0.</exception>
    public static void DockerComposeDown(this ICakeContext context, DockerComposeDownSettings settings, DockerComposeSettings? composeSettings = null)
        => Docker<DockerComposeDownSettings>(context).Run("compose", composeSettings ?? new(), "down", settings, []);

    /// <summary><c>docker logs</c>.</summary>
    /// <param name="context">The context.</param>
    /// <param name="settings">Its options.</param>
    /// <param name="container">Its name or id.</param>
    /// <returns>What the container wrote to standard output.</returns>
    /// <exception cref="CakeException">Docker was not found or answered with an exit code other than 0.</exception>
    public static IEnumerable<string> DockerLogs(this ICakeContext context, DockerContainerLogsSettings settings, string container)
        => Docker<DockerContainerLogsSettings>(context).RunWithResult("logs", settings, lines => lines.ToArray(), Required(container));

    /// <summary><c>docker exec</c>.</summary>
    /// <param name="context">The context.</param>
    /// <param name="settings">Its options.</param>
    /// <param name="container">Its name or id.</param>
    /// <param name="command">The command to run in it.</param>
    /// <param name="args">The arguments of that command.</param>
    /// <exception cref="CakeException">Docker was not found or answered with an exit code other than 0.</exception>
    public static void DockerExec(this ICakeContext context, DockerContainerExecSettings settings, string container, string command, params string[] args)
        => Docker<DockerContainerExecSettings>(context).Run("exec", settings, [Required(container), Required(command), .. args]);

    /// <summary><c>docker run</c>, its output going where the build’s does.</summary>
    /// <param name="context">The context.</param>
    /// <param name="settings">Its options.</param>
    /// <param name="image">The image to run.</param>
    /// <param name="command">The command; empty for the image’s own.</param>
    /// <param name="args">The arguments of that command.</param>
    /// <exception cref="CakeException">Docker was not found or answered with an exit code other than 0.</exception>
    public static void DockerRunWithoutResult(
        this ICakeContext context, DockerContainerRunSettings settings, string image, string command, params string[] args)
        => Docker<DockerContainerRunSettings>(context).Run("run", settings, [Required(image), command, .. args]);

    /// <summary><c>docker pull</c>.</summary>
    /// <param name="context">The context.</param>
    /// <param name="settings">Its options.</param>
    /// <param name="imageReference"><c>name:tag</c> or <c>name@digest</c>.</param>
    /// <exception cref="CakeException">Docker was not found or answered with an exit code other than 0.</exception>
    public static void DockerPull(this ICakeContext context, DockerImagePullSettings settings, string imageReference)
        => Docker<DockerImagePullSettings>(context).Run("pull", settings, [Required(imageReference)]);

    /// <summary><c>docker image build</c>.</summary>
    /// <param name="context">The context.</param>
    /// <param name="settings">Its options.</param>
    /// <param name="path">The build context.</param>
    /// <exception cref="CakeException">Docker was not found or answered with an exit code other than 0.</exception>
    public static void DockerBuild(this ICakeContext context, DockerImageBuildSettings settings, string path)
        => Docker<DockerImageBuildSettings>(context).Run("image build", settings, [$"\"{Required(path).Trim('"')}\""]);

    /// <summary><c>docker network create</c>.</summary>
    /// <param name="context">The context.</param>
    /// <param name="settings">Its options.</param>
    /// <param name="args">The name.</param>
    /// <exception cref="CakeException">Docker was not found or answered with an exit code other than 0.</exception>
    public static void DockerNetworkCreate(this ICakeContext context, DockerNetworkCreateSettings settings, params string[] args)
        => Docker<DockerNetworkCreateSettings>(context).Run("network create", settings, [.. args.DefaultIfEmpty("").Select(Required)]);

    /// <summary><c>docker volume create</c>.</summary>
    /// <param name="context">The context.</param>
    /// <param name="settings">Its options.</param>
    /// <param name="volume">The name.</param>
    /// <exception cref="CakeException">Docker was not found or answered with an exit code other than 0.</exception>
    public static void DockerVolumeCreate(this ICakeContext context, DockerVolumeCreateSettings settings, string volume)
        => Docker<DockerVolumeCreateSettings>(context).Run("volume create", settings, [Required(volume)]);

    /// <summary>Any other command, such as <c>info</c> or <c>network ls</c>.</summary>
    /// <param name="context">The context.</param>
    /// <param name="settings">How to run it.</param>
    /// <param name="command">The command line after <c>docker</c>, quoted where needed.</param>
    /// <returns>The lines of its output.</returns>
    /// <exception cref="CakeException">Docker was not found or answered with an exit code other than 0.</exception>
    public static IEnumerable<string> DockerCustomCommand(this ICakeContext context, DockerCustomCommandSettings settings, string command)
        => Docker<DockerCustomCommandSettings>(context).RunWithResult(Required(command), settings, lines => lines.ToArray());

    private static GenericDockerRunner<TSettings> Docker<TSettings>(ICakeContext context)
        where TSettings : AutoToolSettings, new()
        => new(context.FileSystem, context.Environment, context.ProcessRunner, context.Tools);

    private static string Required(string value)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(value);
        return value;
    }
}
