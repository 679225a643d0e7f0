using Cake.Core;
using Cake.Core.IO;
using Cake.Core.Tooling;

namespace Cake.Docker;

/// <summary>Runs the Docker client.</summary>
/// <typeparam name="TSettings">The command's settings.</typeparam>
internal sealed class GenericDockerRunner<TSettings>(
    IFileSystem fileSystem, ICakeEnvironment environment, IProcessRunner processRunner, IToolLocator tools)
    : Tool<TSettings>(fileSystem, environment, processRunner, tools)
    where TSettings : AutoToolSettings, new()
{
    private readonly bool _isUnix = environment.Platform.IsUnix();

    /// <summary>Runs a command; its output goes where the build's does.</summary>
    public void Run(string command, TSettings settings, string[] additional)
    {
        var builder = new ProcessArgumentBuilder();
        builder.AppendAll(command, settings, additional);
        Run(settings, builder);
    }

    /// <summary>Runs a command of a plugin, such as <c>compose</c>.</summary>
    /// <param name="coreCommand">The plugin; left out when <see cref="ToolSettings.ToolPath"/> is its stand-alone binary.</param>
    public void Run<TCoreSettings>(string coreCommand, TCoreSettings coreSettings, string command, TSettings settings, string[] additional)
        where TCoreSettings : AutoToolSettings
    {
        var standAlone = settings.ToolPath?.GetFilenameWithoutExtension().FullPath == $"docker-{coreCommand}";
        var builder = new ProcessArgumentBuilder();
        builder.AppendAll(standAlone ? string.Empty : coreCommand, coreSettings, []);
        builder.AppendAll(command, settings, additional);
        Run(settings, builder);
    }

    /// <summary>Runs a command and takes its output.</summary>
    public T[] RunWithResult<T>(string command, TSettings settings, Func<IEnumerable<string>, T[]> processOutput, params string[] arguments)
    {
        T[] result = [];
        var builder = new ProcessArgumentBuilder();
        builder.AppendAll(command, settings, arguments);
        Run(settings, builder, new ProcessSettings { RedirectStandardOutput = true }, process => result = processOutput(process.GetStandardOutput()));
        return result;
    }

    /// <inheritdoc/>
    protected override string GetToolName() => "Docker";

    /// <inheritdoc/>
    /// <remarks>In WSL both are there and the Linux client is the right one.</remarks>
    protected override IEnumerable<string> GetToolExecutableNames() => _isUnix ? ["docker", "docker.exe"] : ["docker.exe", "docker"];
}
