using Cake.Core;
using Cake.Core.Diagnostics;
using Cake.Core.IO;

namespace Cake.Frosting.Internal;

internal enum HostAction
{
    Run,
    DryRun,
    Tree,
    Description,
    Version,
    Info,
}

/// <summary>The command line of Cake: its own options, and everything else as the build's arguments.</summary>
internal sealed class CommandLine
{
    private readonly List<(string Name, string? Value)> _arguments = [];
    private readonly List<string> _targets = [];
    private readonly List<string> _faults = [];

    private CommandLine(IEnumerable<string> args)
    {
        var tokens = args.ToArray();
        for (var i = 0; i < tokens.Length; i++)
        {
            if (!IsOption(tokens[i]))
            {
                _faults.Add($"Unexpected '{tokens[i]}': write --name=value, for example --target={(tokens[i].Trim('-').Length == 0 ? "Default" : tokens[i])}.");
                continue;
            }

            var (name, value) = Split(tokens[i]);
            Take(name, value, () => i + 1 < tokens.Length && !IsOption(tokens[i + 1]) ? tokens[++i] : null);
        }
    }

    /// <summary>What to run, in the order given; <c>Default</c> when nothing was.</summary>
    public IReadOnlyList<string> Targets => _targets is [] ? ["Default"] : _targets;

    public HostAction Action { get; private set; }

    public Verbosity Verbosity { get; private set; } = Verbosity.Normal;

    public DirectoryPath? WorkingDirectory { get; private set; }

    public bool Exclusive { get; private set; }

    /// <summary>Everything that could not be understood, one line each.</summary>
    public IReadOnlyList<string> Faults => _faults;

    /// <summary>The targets and the build's own arguments; the value of a bare <c>--name</c> is null, as in Cake.</summary>
    public ICakeArguments ToArguments() => new CakeArguments(_arguments
        .Concat(Targets.Select(target => ("target", (string?)target)))
        .ToLookup(a => a.Item1, a => a.Item2, StringComparer.OrdinalIgnoreCase)!);

    public static CommandLine Parse(IEnumerable<string> args) => new(args);

    private static bool IsOption(string token) => token.Length > 1 && token[0] == '-' && token.TrimStart('-').Length > 0;

    private static (string Name, string? Value) Split(string token)
    {
        var option = token[1] == '-' ? token[2..] : token[1..];
        var separator = option.IndexOfAny(['=', ':']);
        return separator < 0 ? (option, null) : (option[..separator], option[(separator + 1)..]);
    }

    private void Take(string name, string? value, Func<string?> next)
    {
        switch (name.ToLowerInvariant())
        {
            case "target" or "t":
                if (Required("target", value ?? next()) is { } target)
                    _targets.Add(target);
                break;
            case "working" or "w":
                if (Required("working", value ?? next()) is { } path)
                    WorkingDirectory = path;
                break;
            case "verbosity" or "v":
                if (Required("verbosity", value ?? next()) is { } verbosity)
                    Verbosity = ToVerbosity(verbosity);
                break;
            case "exclusive" or "e":
                Exclusive = IsOn(name, value);
                break;
            case "dryrun" or "noop" or "whatif":
                Act(HostAction.DryRun, name, value);
                break;
            case "tree" or "showtree":
                Act(HostAction.Tree, name, value);
                break;
            case "description" or "descriptions" or "showdescription" or "showdescriptions":
                Act(HostAction.Description, name, value);
                break;
            case "version" or "ver":
                Act(HostAction.Version, name, value);
                break;
            case "info":
                Act(HostAction.Info, name, value);
                break;
            case "":
                _faults.Add("An argument has no name: write --name=value.");
                break;
            default:
                _arguments.Add((name, value ?? next()));
                break;
        }
    }

    private void Act(HostAction action, string name, string? value)
    {
        if (IsOn(name, value))
            Action = action;
    }

    private bool IsOn(string name, string? value)
    {
        if (value is null)
            return true;
        if (bool.TryParse(value, out var on))
            return on;

        _faults.Add($"--{name} takes no value but got '{value}'.");
        return false;
    }

    private string? Required(string name, string? value)
    {
        if (!string.IsNullOrWhiteSpace(value))
            return value;

        _faults.Add($"--{name} needs a value: --{name}=….");
        return null;
    }

    private Verbosity ToVerbosity(string value)
    {
        switch (value.ToLowerInvariant())
        {
            case "quiet" or "q": return Verbosity.Quiet;
            case "minimal" or "m": return Verbosity.Minimal;
            case "normal" or "n": return Verbosity.Normal;
            case "verbose" or "v": return Verbosity.Verbose;
            case "diagnostic" or "d": return Verbosity.Diagnostic;
            default:
                _faults.Add($"--verbosity={value} is unknown: use quiet, minimal, normal, verbose or diagnostic.");
                return Verbosity.Normal;
        }
    }
}
