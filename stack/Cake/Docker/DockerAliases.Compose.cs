using Cake.Core;

namespace Cake.Docker;

/// <content><c>docker compose</c>.</content>
public static partial class DockerAliases
{
    /// <summary><c>docker compose up</c> with defaults.</summary>
    /// <param name="context">The context.</param>
    /// <param name="services">Only these services; empty for all.</param>
    /// <exception cref="CakeException">Docker was not found or answered with an exit code other than 0.</exception>
    public static void DockerComposeUp(this ICakeContext context, params string[] services)
        => DockerComposeUp(context, null, null, services);

    /// <summary><c>docker compose up</c>.</summary>
    /// <param name="context">The context.</param>
    /// <param name="settings">Its options; null for none.</param>
    /// <param name="composeSettings">Options of <c>docker compose</c> itself; null for none.</param>
    /// <param name="services">Only these services; empty for all.</param>
    /// <exception cref="CakeException">Docker was not found or answered with an exit code other than 0.</exception>
    public static void DockerComposeUp(this ICakeContext context, DockerComposeUpSettings? settings, DockerComposeSettings? composeSettings = null, params string[] services)
        => Docker<DockerComposeUpSettings>(context).Run("compose", composeSettings ?? new(), "up", settings ?? new(), services);

    /// <summary><c>docker compose down</c> with defaults.</summary>
    /// <param name="context">The context.</param>
    /// <exception cref="CakeException">Docker was not found or answered with an exit code other than 0.</exception>
    public static void DockerComposeDown(this ICakeContext context)
        => DockerComposeDown(context, null);

    /// <summary><c>docker compose down</c>.</summary>
    /// <param name="context">The context.</param>
    /// <param name="settings">Its options; null for none.</param>
    /// <param name="composeSettings">Options of <c>docker compose</c> itself; null for none.</param>
    /// <exception cref="CakeException">Docker was not found or answered with an exit code other than 0.</exception>
    public static void DockerComposeDown(this ICakeContext context, DockerComposeDownSettings? settings, DockerComposeSettings? composeSettings = null)
        => Docker<DockerComposeDownSettings>(context).Run("compose", composeSettings ?? new(), "down", settings ?? new(), []);

    /// <summary><c>docker compose ps</c>.</summary>
    /// <param name="context">The context.</param>
    /// <param name="settings">Its options; null for none.</param>
    /// <param name="composeSettings">Options of <c>docker compose</c> itself; null for none.</param>
    /// <param name="services">Only these services; empty for all.</param>
    /// <returns>The lines of its output.</returns>
    /// <exception cref="CakeException">Docker was not found or answered with an exit code other than 0.</exception>
    public static IEnumerable<string> DockerComposePs(this ICakeContext context, DockerComposePsSettings? settings, DockerComposeSettings? composeSettings = null, params string[] services)
        => Docker<DockerComposePsSettings>(context).RunWithResult("compose", composeSettings ?? new(), "ps", settings ?? new(), lines => lines.ToArray(), services);

    /// <summary><c>docker compose logs</c> of every service.</summary>
    /// <param name="context">The context.</param>
    /// <returns>The lines of its output.</returns>
    /// <exception cref="CakeException">Docker was not found or answered with an exit code other than 0.</exception>
    public static IEnumerable<string> DockerComposeLogs(this ICakeContext context)
        => DockerComposeLogs(context, null);

    /// <summary><c>docker compose logs</c> of every service.</summary>
    /// <param name="context">The context.</param>
    /// <param name="settings">Its options; null for none.</param>
    /// <param name="composeSettings">Options of <c>docker compose</c> itself; null for none.</param>
    /// <returns>The lines of its output.</returns>
    /// <exception cref="CakeException">Docker was not found or answered with an exit code other than 0.</exception>
    public static IEnumerable<string> DockerComposeLogs(this ICakeContext context, DockerComposeLogsSettings? settings, DockerComposeSettings? composeSettings = null)
        => Docker<DockerComposeLogsSettings>(context).RunWithResult("compose", composeSettings ?? new(), "logs", settings ?? new(), lines => lines.ToArray());

    /// <summary><c>docker compose build</c>.</summary>
    /// <param name="context">The context.</param>
    /// <param name="settings">Its options.</param>
    /// <param name="composeSettings">Options of <c>docker compose</c> itself; null for none.</param>
    /// <param name="services">Only these services; empty for all.</param>
    /// <exception cref="CakeException">Docker was not found or answered with an exit code other than 0.</exception>
    public static void DockerComposeBuild(this ICakeContext context, DockerComposeBuildSettings settings, DockerComposeSettings? composeSettings = null, params string[] services)
        => Docker<DockerComposeBuildSettings>(context).Run("compose", composeSettings ?? new(), "build", settings, services);

    /// <summary><c>docker compose pull</c> with defaults.</summary>
    /// <param name="context">The context.</param>
    /// <param name="services">Only these services; empty for all.</param>
    /// <exception cref="CakeException">Docker was not found or answered with an exit code other than 0.</exception>
    public static void DockerComposePull(this ICakeContext context, params string[] services)
        => DockerComposePull(context, null, null, services);

    /// <summary><c>docker compose pull</c>.</summary>
    /// <param name="context">The context.</param>
    /// <param name="settings">Its options; null for none.</param>
    /// <param name="composeSettings">Options of <c>docker compose</c> itself; null for none.</param>
    /// <param name="services">Only these services; empty for all.</param>
    /// <exception cref="CakeException">Docker was not found or answered with an exit code other than 0.</exception>
    public static void DockerComposePull(this ICakeContext context, DockerComposePullSettings? settings, DockerComposeSettings? composeSettings = null, params string[] services)
        => Docker<DockerComposePullSettings>(context).Run("compose", composeSettings ?? new(), "pull", settings ?? new(), services);

    /// <summary><c>docker compose exec</c>.</summary>
    /// <param name="context">The context.</param>
    /// <param name="settings">Its options; null for none.</param>
    /// <param name="service">The service.</param>
    /// <param name="command">The command to run in it.</param>
    /// <param name="composeSettings">Options of <c>docker compose</c> itself; null for none.</param>
    /// <param name="args">The arguments of that command.</param>
    /// <exception cref="CakeException">Docker was not found or answered with an exit code other than 0.</exception>
    public static void DockerComposeExec(this ICakeContext context, DockerComposeExecSettings? settings, string service, string command, DockerComposeSettings? composeSettings = null, params string[] args)
        => Docker<DockerComposeExecSettings>(context).Run("compose", composeSettings ?? new(), "exec", settings ?? new(), [Required(service), Required(command), .. args]);

    /// <summary><c>docker compose rm</c>.</summary>
    /// <param name="context">The context.</param>
    /// <param name="settings">Its options; null for none.</param>
    /// <param name="composeSettings">Options of <c>docker compose</c> itself; null for none.</param>
    /// <param name="services">Only these services; empty for all.</param>
    /// <exception cref="CakeException">Docker was not found or answered with an exit code other than 0.</exception>
    public static void DockerComposeRm(this ICakeContext context, DockerComposeRmSettings? settings, DockerComposeSettings? composeSettings = null, params string[] services)
        => Docker<DockerComposeRmSettings>(context).Run("compose", composeSettings ?? new(), "rm", settings ?? new(), services);
}
