using Cake.Core;
using Cake.Core.IO;
using Cake.Core.Tooling;

namespace Cake.Docker;

/// <summary>Runs the Docker client.</summary>
/// <typeparam name="TSettings">The command's settings.</typeparam>
/// <param name="fileSystem">The file system.</param>
/// <param name="environment">The environment.</param>
/// <param name="processRunner">Starts the client.</param>
/// <param name="tools">Finds it.</param>
public class GenericDockerRunner<TSettings>(IFileSystem fileSystem, ICakeEnvironment environment, IProcessRunner processRunner, IToolLocator tools)
    : Tool<TSettings>(fileSystem, environment, processRunner, tools)
    where TSettings : AutoToolSettings, new()
{
    private readonly bool isUnix = environment.Platform.IsUnix();

    /// <summary>Runs a command; its output goes where the build's does.</summary>
    /// <param name="command">The command.</param>
    /// <param name="settings">Its options.</param>
    /// <param name="additional">Its operands.</param>
    /// <exception cref="CakeException">The client was not found or answered with an exit code other than 0.</exception>
    public void Run(string command, TSettings settings, string[] additional) =>
        Run(settings, Arguments(command, settings, additional));

    /// <summary>Runs a command of a plugin, such as <c>compose</c>.</summary>
    /// <typeparam name="TCoreSettings">The plugin's settings.</typeparam>
    /// <param name="coreCommand">The plugin; left out when <see cref="ToolSettings.ToolPath"/> is its stand-alone binary.</param>
    /// <param name="coreSettings">The plugin's options.</param>
    /// <param name="command">The command.</param>
    /// <param name="settings">Its options.</param>
    /// <param name="additional">Its operands.</param>
    /// <exception cref="CakeException">The client was not found or answered with an exit code other than 0.</exception>
    public void Run<TCoreSettings>(string coreCommand, TCoreSettings coreSettings, string command, TSettings settings, string[] additional)
        where TCoreSettings : AutoToolSettings, new()
        => Run(settings, Arguments(coreCommand, coreSettings, command, settings, additional));

    /// <summary>Runs a command and takes its output.</summary>
    /// <typeparam name="T">What the output becomes.</typeparam>
    /// <param name="command">The command.</param>
    /// <param name="settings">Its options.</param>
    /// <param name="processOutput">Reads the lines.</param>
    /// <param name="arguments">Its operands.</param>
    /// <returns>What <paramref name="processOutput"/> made of it.</returns>
    /// <exception cref="CakeException">The client was not found or answered with an exit code other than 0.</exception>
    public T[] RunWithResult<T>(string command, TSettings settings, Func<IEnumerable<string>, T[]> processOutput, params string[] arguments) =>
        Capture(settings, Arguments(command, settings, arguments), processOutput);

    /// <summary>Runs a command of a plugin and takes its output.</summary>
    /// <typeparam name="T">What the output becomes.</typeparam>
    /// <typeparam name="TCoreSettings">The plugin's settings.</typeparam>
    /// <param name="coreCommand">The plugin; left out when <see cref="ToolSettings.ToolPath"/> is its stand-alone binary.</param>
    /// <param name="coreSettings">The plugin's options.</param>
    /// <param name="command">The command.</param>
    /// <param name="settings">Its options.</param>
    /// <param name="processOutput">Reads the lines.</param>
    /// <param name="arguments">Its operands.</param>
    /// <returns>What <paramref name="processOutput"/> made of it.</returns>
    /// <exception cref="CakeException">The client was not found or answered with an exit code other than 0.</exception>
    public T[] RunWithResult<T, TCoreSettings>(
        string coreCommand,
        TCoreSettings coreSettings,
        string command,
        TSettings settings,
        Func<IEnumerable<string>, T[]> processOutput,
        params string[] arguments)
        where TCoreSettings : AutoToolSettings, new()
        => Capture(settings, Arguments(coreCommand, coreSettings, command, settings, arguments), processOutput);

    /// <inheritdoc/>
    protected override string GetToolName() => "Docker";

    /// <inheritdoc/>
    /// <remarks>In WSL both are there and the Linux client is the right one.</remarks>
    protected override IEnumerable<string> GetToolExecutableNames() => isUnix ? ["docker", "docker.exe"] : ["docker.exe", "docker"];

    private T[] Capture<T>(TSettings settings, ProcessArgumentBuilder arguments, Func<IEnumerable<string>, T[]> processOutput)
    {
        T[] result = [];
        Run(settings, arguments, new ProcessSettings { RedirectStandardOutput = true }, process => result = processOutput(process.GetStandardOutput()));
        return result;
    }

    private static ProcessArgumentBuilder Arguments(string command, TSettings settings, string[] additional)
    {
        var builder = new ProcessArgumentBuilder();
        builder.AppendAll(command, settings, additional);
        return builder;
    }

    private static ProcessArgumentBuilder Arguments<TCoreSettings>(
        string coreCommand, TCoreSettings coreSettings, string command, TSettings settings, string[] additional)
        where TCoreSettings : AutoToolSettings, new()
    {
        var standAlone = settings.ToolPath?.GetFilenameWithoutExtension().FullPath == $"docker-{coreCommand}";
        var builder = new ProcessArgumentBuilder();
        builder.AppendAll(standAlone ? string.Empty : coreCommand, coreSettings, []);
        builder.AppendAll(command, settings, additional);
        return builder;
    }
}
