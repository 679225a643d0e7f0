using System.Collections.Concurrent;
using Cake.Core;
using Cake.Core.IO;
using Cake.Docker;

namespace MicroMonitored.Targets.Engines.Docker;

/// <summary>Calls the Docker aliases and hands back what each call answered; calls may go on beside each other.</summary>
internal sealed class DockerCli
{
    private const string AskVersion = "version --format {{.Server.Version}}";
    private readonly BuildContext _context;
    private readonly Lazy<bool> _hasComposePlugin;

    public DockerCli(BuildContext context)
    {
        _context = context;
        _hasComposePlugin = new Lazy<bool>(() => Ask("compose version --short") is { Count: > 0 });
    }

    /// <summary>An operand that may hold spaces or quotes; the aliases pass operands on as they are.</summary>
    public static string Quoted(string operand) => $"\"{operand.Replace("\"", "\\\"", StringComparison.Ordinal)}\"";

    /// <summary>What to do about a full disk of the engine.</summary>
    public string MakeRoom
        => $"make room where Docker keeps its data{(Ask("info --format {{.DockerRootDir}}") is [var folder, ..] ? $" ({folder})" : "")}: "
            + "docker system df says what takes it, docker system prune frees it";

    private FilePath? StandAloneCompose => _hasComposePlugin.Value ? null : _context.Tools.Resolve("docker-compose");

    /// <summary>Runs one alias.</summary>
    /// <param name="shown">Whether its output goes to the console as it comes, instead of into the answer.</param>
    public static DockerAnswer Run<TSettings>(TSettings settings, Func<TSettings, IEnumerable<string>> alias, bool shown = false)
        where TSettings : AutoToolSettings
    {
        var errors = new ConcurrentQueue<string>();
        settings.SetupProcessSettings = process =>
        {
            process.RedirectStandardError = true;
            process.RedirectedStandardErrorHandler = line =>
            {
                if (!string.IsNullOrWhiteSpace(line))
                    errors.Enqueue(line.Trim());
                return line;
            };
            if (shown)
                return;
            process.RedirectStandardOutput = true;
            process.RedirectedStandardOutputHandler ??= static line => line;
        };
        try
        {
            return new DockerAnswer([.. alias(settings)], [.. errors], null);
        }
        catch (Exception exception) when (exception is CakeException or TimeoutException)
        {
            return new DockerAnswer([], [.. errors], exception.Message);
        }
    }

    /// <inheritdoc cref="Run{TSettings}(TSettings, Func{TSettings, IEnumerable{string}}, bool)"/>
    public static DockerAnswer Run<TSettings>(TSettings settings, Action<TSettings> alias, bool shown = false)
        where TSettings : AutoToolSettings
        => Run(
            settings,
            given =>
            {
                alias(given);
                return [];
            },
            shown);

    /// <summary>Runs one alias that has to succeed.</summary>
    /// <param name="what">What failed, as a person would say it: <c>starting shop-monitoring</c>.</param>
    /// <param name="fix">What to do about it.</param>
    /// <exception cref="CakeException">The call failed; carries what Docker said, in one line.</exception>
    public void Call<TSettings>(string what, string fix, TSettings settings, Action<TSettings> alias)
        where TSettings : AutoToolSettings
    {
        if (Run(settings, alias) is not { Succeeded: false, Reason: var reason })
            return;
        throw new CakeException(
            Gone(reason) is { } gone ? $"{gone} while {what}; start it and repeat, or clean up with the Teardown target"
            : DiskSpace.IsShort(reason) ? $"{what} failed: {reason}; {MakeRoom}"
            : $"{what} failed: {reason}; {fix}");
    }

    /// <summary>Runs one alias of Compose that has to succeed, on the stand-alone binary where the plugin is missing.</summary>
    /// <inheritdoc cref="Call{TSettings}"/>
    public void Compose<TSettings>(string what, string fix, TSettings settings, Action<TSettings> alias)
        where TSettings : AutoToolSettings
    {
        if (StandAloneCompose is { } tool)
            settings.ToolPath = tool;
        Call(what, fix, settings, alias);
    }

    /// <summary>Runs a command that has no alias.</summary>
    /// <param name="patience">After this long the command is given up; null waits.</param>
    public DockerAnswer Answer(string command, TimeSpan? patience = null)
        => Run(new DockerCustomCommandSettings { ToolTimeout = patience }, settings => _context.DockerCustomCommand(settings, command));

    /// <summary>The lines that <c>docker</c> prints for a command, or null when it fails.</summary>
    /// <inheritdoc cref="Answer"/>
    public IReadOnlyList<string>? Ask(string command, TimeSpan? patience = null)
        => Answer(command, patience) is { Succeeded: true, Output: var output } ? output : null;

    /// <summary>What keeps Docker from running a stack here, each with the fix.</summary>
    public IReadOnlyList<string> Obstacles()
    {
        if (_context.Tools.Resolve("docker") is null && _context.Tools.Resolve("docker.exe") is null)
            return ["the docker command is not on the PATH; install Docker or use --engine=embedded"];
        if (Answer(AskVersion) is not { Succeeded: true, Output.Count: > 0 } and var silence)
            return [$"no Docker engine answers ({silence.LastError ?? "docker version says nothing"}); start it or use --engine=embedded"];
        return _hasComposePlugin.Value || StandAloneCompose is not null
            ? []
            : ["Docker Compose v2 is missing; install the compose plugin or docker-compose 2.x, or use --engine=embedded"];
    }

    /// <summary>That the engine answers no more, where that is what a failed call means; null where it still does.</summary>
    public string? Gone(string reason)
        => Answer(AskVersion) is not { Succeeded: true, Output.Count: > 0 } and var silence
            ? $"the Docker engine stopped answering ({silence.LastError ?? reason})"
            : null;
}
