using System.Globalization;
using Cake.Core;
using MicroMonitored.Model;
using MicroMonitored.Model.Settings;

namespace MicroMonitored.Targets;

/// <summary>The command line, parsed once and validated as a whole; nobody else reads it.</summary>
public sealed record Arguments
{
    /// <summary>The engine asked for; null leaves the choice to the settings.</summary>
    public EngineChoice? Engine { get; init; }

    /// <summary>The settings file; null is <c>stack/stack.json</c>.</summary>
    public string? Settings { get; init; }

    /// <summary>Check ids to run.</summary>
    public IReadOnlyList<string> Only { get; init; } = [];

    /// <summary>Check ids to leave out.</summary>
    public IReadOnlyList<string> Skip { get; init; } = [];

    /// <summary>Bounds <c>Up</c> and <c>Verify</c>.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(90);

    /// <summary>How long <c>Canary</c> runs.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>The component or service whose logs are shown.</summary>
    public string? Component { get; init; }

    /// <summary>How many lines <c>Logs</c> shows.</summary>
    public int Lines { get; init; } = 50;

    /// <summary>Whether <c>Logs</c> goes on.</summary>
    public bool Follow { get; init; }

    /// <summary>Whether <c>Teardown</c> deletes stored data too.</summary>
    public bool Purge { get; init; }

    /// <summary>Whether <c>Doctor</c> and <c>Status</c> print JSON.</summary>
    public bool Json { get; init; }

    /// <summary>Test projects or benchmarks to run, by name; <c>*</c> matches any run of characters.</summary>
    public string? Filter { get; init; }

    /// <summary>What <c>Upgrade</c> takes: a package, a folder that has one, or a version; null asks the feeds.</summary>
    public string? From { get; init; }

    private static readonly string[] Known = ["engine", "settings", "only", "skip", "timeout", "duration", "component", "lines", "follow", "purge", "format", "filter", "from"];

    private static readonly string[] CakesOwn = ["target", "verbosity", "working", "description", "tree", "dryrun", "exclusive", "version", "info", "help"];

    /// <summary>Reads the arguments of the running build.</summary>
    /// <exception cref="FaultException">An argument is unknown or has no valid value; every fault at once.</exception>
    public static Arguments Of(ICakeArguments given)
    {
        var faults = new List<string>();
        var all = given.GetArguments()
            .GroupBy(pair => pair.Key, StringComparer.OrdinalIgnoreCase)
            .ToDictionary(group => group.Key, group => group.SelectMany(pair => pair.Value).ToList(), StringComparer.OrdinalIgnoreCase);
        foreach (var name in all.Keys.Where(name => !Known.Concat(CakesOwn).Contains(name, StringComparer.OrdinalIgnoreCase)))
        {
            faults.Add($"unknown argument --{name}; {(Nearest.Of(name, Known.Concat(CakesOwn)) is { } nearest ? $"did you mean --{nearest}?" : $"known: {string.Join(' ', Known.Select(known => "--" + known))}")}");
        }

        string? Value(string name)
        {
            if (!all.TryGetValue(name, out var values) || values.Count == 0)
                return null;
            if (values.Distinct().Count() > 1)
                faults.Add($"--{name} is given {values.Count} times ({string.Join(", ", values)}); give it once");
            // A bare --name has the value null.
            return values.Last() ?? "";
        }

        T Read<T>(string name, T fallback, Func<string, T?> parse, string expected)
            where T : struct
        {
            if (Value(name) is not { } text)
                return fallback;
            if (parse(text) is { } value)
                return value;
            faults.Add($"--{name}={text}: use {expected}");
            return fallback;
        }

        bool Flag(string name) => Read(name, false, static text => text.Length == 0 ? true : bool.TryParse(text, out var flag) ? flag : null, $"--{name}, --{name}=true or --{name}=false");

        TimeSpan Time(string name, TimeSpan fallback) => Read(
            name,
            fallback,
            static text => PrometheusDuration.TryParse(int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _) ? text + "s" : text, out var duration) ? duration.Value : (TimeSpan?)null,
            "a duration such as 30s or 10m");

        var defaults = new Arguments();
        var arguments = new Arguments
        {
            Engine = Value("engine") is null ? null : Read("engine", EngineChoice.Auto, static text => text is "auto" or "docker" or "embedded" ? Enum.Parse<EngineChoice>(text, ignoreCase: true) : null, "auto, docker or embedded"),
            Settings = Value("settings") is { Length: > 0 } file ? Path.GetFullPath(file) : null,
            Only = Items(Value("only")),
            Skip = Items(Value("skip")),
            Timeout = Time("timeout", defaults.Timeout),
            Duration = Time("duration", defaults.Duration),
            Component = Value("component") is { Length: > 0 } component ? component : null,
            Lines = Read("lines", defaults.Lines, static text => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var lines) && lines > 0 ? lines : null, "a number of lines, at least 1"),
            Follow = Flag("follow"),
            Purge = Flag("purge"),
            Json = Read("format", false, static text => text switch { "json" => true, "table" => false, _ => (bool?)null }, "table or json"),
            Filter = Value("filter"),
            From = Value("from") is { Length: > 0 } from ? from : null,
        };
        return faults.Count == 0 ? arguments : throw new FaultException([.. faults.Distinct()]);
    }

    private static string[] Items(string? list) => list?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];
}
