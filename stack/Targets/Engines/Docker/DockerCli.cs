using Cake.Core;
using Cake.Docker;

namespace MicroMonitored.Targets.Engines.Docker;

/// <summary>Calls the Docker aliases quietly and turns their failures into one line.</summary>
public sealed class DockerCli
{
    private readonly BuildContext _context;
    private readonly List<string> _errors = [];
    private readonly Lazy<bool> _hasComposePlugin;

    public DockerCli(BuildContext context)
    {
        _context = context;
        _hasComposePlugin = new Lazy<bool>(() => Ask("compose version --short") is { Count: > 0 });
    }

    /// <summary>The settings of a call whose messages are kept for a failure instead of being shown.</summary>
    public TSettings Quiet<TSettings>(TSettings settings)
        where TSettings : AutoToolSettings
    {
        Heard(settings);
        settings.SetupProcessSettings += static process =>
        {
            process.RedirectStandardOutput = true;
            process.RedirectedStandardOutputHandler ??= static line => line;
        };
        return settings;
    }

    /// <summary>The settings of a call whose output is shown as it comes and whose errors are kept for a failure.</summary>
    public TSettings Heard<TSettings>(TSettings settings)
        where TSettings : AutoToolSettings
    {
        settings.SetupProcessSettings = process =>
        {
            lock (_errors)
                _errors.Clear();
            process.RedirectStandardError = true;
            process.RedirectedStandardErrorHandler = line =>
            {
                if (!string.IsNullOrWhiteSpace(line))
                {
                    lock (_errors)
                        _errors.Add(line.Trim());
                }

                return line;
            };
        };
        return settings;
    }

    /// <summary>Compose settings for one of the two projects, on the stand-alone binary where the plugin is missing.</summary>
    public TSettings Compose<TSettings>(TSettings settings)
        where TSettings : AutoToolSettings
    {
        if (StandAloneCompose is { } tool)
            settings.ToolPath = tool;
        return Quiet(settings);
    }

    /// <summary>An operand that may hold spaces or quotes; the aliases pass operands on as they are.</summary>
    public static string Quoted(string operand) => $"\"{operand.Replace("\"", "\\\"", StringComparison.Ordinal)}\"";

    /// <summary>What to do about a full disk of the engine.</summary>
    public string MakeRoom => $"make room where Docker keeps its data{(Ask("info --format {{.DockerRootDir}}") is [var folder, ..] ? $" ({folder})" : "")}: docker system df says what takes it, docker system prune frees it";

    /// <summary>Runs one call.</summary>
    /// <param name="what">What failed, as a person would say it: <c>starting shop-monitoring</c>.</param>
    /// <param name="fix">What to do about it.</param>
    /// <exception cref="CakeException">The call failed; carries what Docker said, in one line.</exception>
    public T Call<T>(string what, string fix, Func<T> call)
    {
        lock (_errors)
            _errors.Clear();
        try
        {
            return call();
        }
        catch (CakeException exception)
        {
            var said = Said(exception);
            throw new CakeException(
                Gone(said) is { } gone ? $"{gone} while {what}; start it and repeat, or clean up with the Teardown target"
                : DiskSpace.IsShort(said) ? $"{what} failed: {said}; {MakeRoom}"
                : $"{what} failed: {said}; {fix}");
        }
    }

    /// <inheritdoc cref="Call{T}(string, string, Func{T})"/>
    public void Call(string what, string fix, Action call) => Call(what, fix, () =>
    {
        call();
        return true;
    });

    /// <summary>The lines that <c>docker</c> prints for a command, or null when it fails.</summary>
    /// <param name="patience">After this long the command is given up; null waits.</param>
    public IReadOnlyList<string>? Ask(string command, TimeSpan? patience = null)
    {
        lock (_errors)
            _errors.Clear();
        try
        {
            return [.. _context.DockerCustomCommand(Quiet(new DockerCustomCommandSettings { ToolTimeout = patience }), command)];
        }
        catch (Exception exception) when (exception is CakeException or TimeoutException)
        {
            return null;
        }
    }

    /// <summary>What <c>docker</c> prints for a command on both of its outputs.</summary>
    public IReadOnlyList<string> Merged(string command)
    {
        var output = Ask(command) ?? [];
        lock (_errors)
            return [.. output, .. _errors];
    }

    /// <summary>What keeps Docker from running a stack here, each with the fix.</summary>
    public IReadOnlyList<string> Obstacles()
    {
        if (_context.Tools.Resolve("docker") is null && _context.Tools.Resolve("docker.exe") is null)
            return ["the docker command is not on the PATH; install Docker or use --engine=embedded"];
        if (Ask("version --format {{.Server.Version}}") is not { Count: > 0 })
            return [$"no Docker engine answers ({LastError ?? "docker version says nothing"}); start it or use --engine=embedded"];
        return _hasComposePlugin.Value || StandAloneCompose is not null
            ? []
            : ["Docker Compose v2 is missing; install the compose plugin or docker-compose 2.x, or use --engine=embedded"];
    }

    private Cake.Core.IO.FilePath? StandAloneCompose => _hasComposePlugin.Value ? null : _context.Tools.Resolve("docker-compose");

    private string? LastError
    {
        get
        {
            lock (_errors)
                return _errors.LastOrDefault();
        }
    }

    /// <summary>That the engine answers no more, where that is what a failed call means; null where it still does.</summary>
    internal string? Gone(string said)
        => Ask("version --format {{.Server.Version}}") is { Count: > 0 } ? null : $"the Docker engine stopped answering ({LastError ?? said})";

    /// <summary>What Docker said of a failure, in one line.</summary>
    internal string Said(CakeException exception)
    {
        lock (_errors)
        {
            var told = _errors.Where(line => line.Contains("rror", StringComparison.Ordinal) || line.Contains("denied", StringComparison.Ordinal) || DiskSpace.IsShort(line)).Distinct().ToList();
            return told.LastOrDefault(DiskSpace.IsShort) ?? told.LastOrDefault() ?? _errors.LastOrDefault() ?? exception.Message.Split('\n')[0];
        }
    }
}
