using Cake.Core;

namespace Cake.Docker;

/// <summary>The Docker client as methods of the context.</summary>
public static partial class DockerAliases
{
    /// <summary>Any other command, such as <c>info</c> or <c>network ls</c>.</summary>
    /// <param name="context">The context.</param>
    /// <param name="command">The command line after <c>docker</c>, quoted where needed.</param>
    /// <returns>The lines of its output.</returns>
    /// <exception cref="CakeException">Docker was not found or answered with an exit code other than 0.</exception>
    public static IEnumerable<string> DockerCustomCommand(this ICakeContext context, string command)
        => DockerCustomCommand(context, new(), command);

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

    private static string[] AtLeastOne(string[] values)
    {
        if (values is null or [] || values.Any(string.IsNullOrWhiteSpace))
            throw new ArgumentException("At least one name is needed, and none may be empty.", nameof(values));
        return values;
    }
}
