using Cake.Core;
using MicroMonitored.Model;

namespace MicroMonitored.Targets.Options;

/// <summary>The options of the command line.</summary>
internal sealed class GivenOptions
{
    private static readonly string[] CakesOwn =
        ["target", "verbosity", "working", "description", "tree", "dryrun", "exclusive", "version", "info", "help"];

    private readonly Dictionary<string, List<string?>> _given;

    public GivenOptions(ICakeArguments arguments)
        => _given = arguments.GetArguments()
            .GroupBy(pair => pair.Key, StringComparer.OrdinalIgnoreCase)
            .ToDictionary(group => group.Key, group => group.SelectMany(IEnumerable<string?> (pair) => pair.Value).ToList(), StringComparer.OrdinalIgnoreCase);

    /// <exception cref="FaultException">What is given is no value of the option.</exception>
    public T Value<T>(Option<T> option)
        => option.Fault(Of(option)) is { } fault ? throw new FaultException(fault) : option.Value(Of(option));

    /// <summary>Refuses what a run of targets does not know.</summary>
    /// <param name="named">The targets asked for.</param>
    /// <param name="run">They and what they depend on.</param>
    /// <param name="all">Every target of the build.</param>
    /// <exception cref="FaultException">An option is unknown, is another target's or has no valid value; every fault at once.</exception>
    public void Require(IReadOnlyList<string> named, IEnumerable<Target> run, IReadOnlyList<Target> all)
    {
        var known = run.SelectMany(target => target.Options).DistinctBy(option => option.Name).ToList();
        var faults = _given.Keys
            .Where(name => !CakesOwn.Concat(known.Select(option => option.Name)).Contains(name, StringComparer.OrdinalIgnoreCase))
            .Select(name => Unknown(name, named, known, all))
            .Concat(known.Select(option => option.Fault(Of(option))).OfType<string>())
            .ToList();
        if (faults.Count > 0)
            throw new FaultException(faults);
    }

    private static string Unknown(string name, IReadOnlyList<string> named, IReadOnlyList<Option> known, IReadOnlyList<Target> all)
    {
        var takes = $"{Option.Listed(named)} {(named.Count > 1 ? "take" : "takes")} {Option.Listed([.. known.Select(option => "--" + option.Name)])}";
        var others = all.Where(target => target.Options.Any(option => option.Name.Equals(name, StringComparison.OrdinalIgnoreCase)));
        if (others.Select(target => target.Name).ToList() is { Count: > 0 } owners)
            return $"--{name} belongs to {Option.Listed(owners)}, not to {Option.Listed(named)}; {takes}";
        var nearest = Nearest.Of(name, known.Select(option => option.Name).Concat(CakesOwn));
        return $"unknown argument --{name}; {(nearest is null ? "" : $"did you mean --{nearest}? ")}{takes}";
    }

    private List<string?> Of(Option option) => _given.GetValueOrDefault(option.Name) ?? [];
}
