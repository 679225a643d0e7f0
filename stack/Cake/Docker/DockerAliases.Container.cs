using Cake.Core;

namespace Cake.Docker;

/// <content>Containers.</content>
public static partial class DockerAliases
{
    /// <summary><c>docker ps</c>.</summary>
    /// <param name="context">The context.</param>
    /// <param name="settings">Its options; null for none.</param>
    /// <returns>Its output, lines separated by a line feed.</returns>
    /// <exception cref="CakeException">Docker was not found or answered with an exit code other than 0.</exception>
    public static string DockerPs(this ICakeContext context, DockerContainerPsSettings? settings)
        => string.Join('\n', Docker<DockerContainerPsSettings>(context).RunWithResult("ps", settings ?? new(), lines => lines.ToArray()));

    /// <summary><c>docker logs</c>.</summary>
    /// <param name="context">The context.</param>
    /// <param name="settings">Its options; null for none.</param>
    /// <param name="container">Its name or id.</param>
    /// <returns>What the container wrote to standard output.</returns>
    /// <exception cref="CakeException">Docker was not found or answered with an exit code other than 0.</exception>
    public static IEnumerable<string> DockerLogs(this ICakeContext context, DockerContainerLogsSettings? settings, string container)
        => Docker<DockerContainerLogsSettings>(context).RunWithResult("logs", settings ?? new(), lines => lines.ToArray(), Required(container));

    /// <summary><c>docker exec</c>.</summary>
    /// <param name="context">The context.</param>
    /// <param name="settings">Its options; null for none.</param>
    /// <param name="container">Its name or id.</param>
    /// <param name="command">The command to run in it.</param>
    /// <param name="args">The arguments of that command.</param>
    /// <exception cref="CakeException">Docker was not found or answered with an exit code other than 0.</exception>
    public static void DockerExec(this ICakeContext context, DockerContainerExecSettings? settings, string container, string command, params string[] args)
        => Docker<DockerContainerExecSettings>(context).Run("exec", settings ?? new(), [Required(container), Required(command), .. args]);

    /// <summary><c>docker run</c>.</summary>
    /// <param name="context">The context.</param>
    /// <param name="settings">Its options; null for none.</param>
    /// <param name="image">The image to run.</param>
    /// <param name="command">The command; empty for the image’s own.</param>
    /// <param name="args">The arguments of that command.</param>
    /// <returns>The first line of its output: the id of a detached container.</returns>
    /// <exception cref="CakeException">Docker was not found or answered with an exit code other than 0.</exception>
    public static string? DockerRun(this ICakeContext context, DockerContainerRunSettings? settings, string image, string command, params string[] args)
        => Docker<DockerContainerRunSettings>(context).RunWithResult("run", settings ?? new(), lines => lines.ToArray(), [Required(image), command ?? string.Empty, .. args]).FirstOrDefault();

    /// <summary><c>docker run</c>, its output going where the build’s does.</summary>
    /// <param name="context">The context.</param>
    /// <param name="settings">Its options; null for none.</param>
    /// <param name="image">The image to run.</param>
    /// <param name="command">The command; empty for the image’s own.</param>
    /// <param name="args">The arguments of that command.</param>
    /// <exception cref="CakeException">Docker was not found or answered with an exit code other than 0.</exception>
    public static void DockerRunWithoutResult(this ICakeContext context, DockerContainerRunSettings? settings, string image, string command, params string[] args)
        => Docker<DockerContainerRunSettings>(context).Run("run", settings ?? new(), [Required(image), command ?? string.Empty, .. args]);

    /// <summary><c>docker rm</c> with defaults.</summary>
    /// <param name="context">The context.</param>
    /// <param name="containers">Names or ids, at least one.</param>
    /// <exception cref="CakeException">Docker was not found or answered with an exit code other than 0.</exception>
    public static void DockerRm(this ICakeContext context, params string[] containers)
        => DockerRm(context, null, containers);

    /// <summary><c>docker rm</c>.</summary>
    /// <param name="context">The context.</param>
    /// <param name="settings">Its options; null for none.</param>
    /// <param name="containers">Names or ids, at least one.</param>
    /// <exception cref="CakeException">Docker was not found or answered with an exit code other than 0.</exception>
    public static void DockerRm(this ICakeContext context, DockerContainerRmSettings? settings, params string[] containers)
        => Docker<DockerContainerRmSettings>(context).Run("rm", settings ?? new(), AtLeastOne(containers));

    /// <summary><c>docker stop</c> with defaults.</summary>
    /// <param name="context">The context.</param>
    /// <param name="containers">Names or ids, at least one.</param>
    /// <exception cref="CakeException">Docker was not found or answered with an exit code other than 0.</exception>
    public static void DockerStop(this ICakeContext context, params string[] containers)
        => DockerStop(context, null, containers);

    /// <summary><c>docker stop</c>.</summary>
    /// <param name="context">The context.</param>
    /// <param name="settings">Its options; null for none.</param>
    /// <param name="containers">Names or ids, at least one.</param>
    /// <exception cref="CakeException">Docker was not found or answered with an exit code other than 0.</exception>
    public static void DockerStop(this ICakeContext context, DockerContainerStopSettings? settings, params string[] containers)
        => Docker<DockerContainerStopSettings>(context).Run("stop", settings ?? new(), AtLeastOne(containers));

    /// <summary><c>docker cp</c> with defaults.</summary>
    /// <param name="context">The context.</param>
    /// <param name="from">A path, or <c>container:path</c>.</param>
    /// <param name="to">A path, or <c>container:path</c>.</param>
    /// <exception cref="CakeException">Docker was not found or answered with an exit code other than 0.</exception>
    public static void DockerCp(this ICakeContext context, string from, string to)
        => DockerCp(context, from, to, null);

    /// <summary><c>docker cp</c>.</summary>
    /// <param name="context">The context.</param>
    /// <param name="from">A path, or <c>container:path</c>.</param>
    /// <param name="to">A path, or <c>container:path</c>.</param>
    /// <param name="settings">Its options; null for none.</param>
    /// <exception cref="CakeException">Docker was not found or answered with an exit code other than 0.</exception>
    public static void DockerCp(this ICakeContext context, string from, string to, DockerContainerCpSettings? settings)
        => Docker<DockerContainerCpSettings>(context).Run("cp", settings ?? new(), [Required(from), Required(to)]);
}
