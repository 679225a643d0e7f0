namespace MicroMonitored.Targets.Console;

/// <summary>What the targets declare, as pages for people.</summary>
internal static class HelpPages
{
    private static readonly (string Usage, string Description)[] EveryTarget =
    [
        (StackOptions.Settings.Usage, StackOptions.Settings.Description),
        ("--verbosity=LEVEL", "quiet, minimal, normal, verbose or diagnostic (with stack traces)"),
        ("--help", "a target's options, with examples"),
        ("--dryrun", "says what would run, in order, and runs nothing"),
        ("--exclusive", "runs the target without its dependencies"),
        ("--tree, --description", "which target runs which; what there is"),
    ];

    /// <summary>All targets, each with the options it takes.</summary>
    public static IEnumerable<string> OfAll(IReadOnlyList<Target> targets)
        =>
        [
            $"Usage: {Paths.Command} <target> [options]",
            "",
            "Targets",
            .. Columns(targets.Select(target => (target.Name, Summary(target)))),
            "",
            "Options of every target",
            .. Columns(EveryTarget),
        ];

    /// <summary>One target: what it does, its options and examples.</summary>
    public static IEnumerable<string> Of(Target target)
        =>
        [
            $"{target.Name}: {target.Description}",
            "",
            "Options",
            .. Columns(target.Options.Select(option => (option.Usage, option.Description))),
            .. target.Options.Where(option => option.Values.Count > 0)
                .SelectMany(option => Columns(option.Values).Prepend($"Values of --{option.Name}").Prepend("")),
            "",
            "Examples",
            .. target.Examples.DefaultIfEmpty("").Select(example => $"  {Paths.Command} {target.Name} {example}".TrimEnd()),
        ];

    private static string Summary(Target target)
    {
        var own = target.Options.Where(option => option != StackOptions.Settings).Select(option => "--" + option.Name).ToList();
        return target.Description + (own.Count > 0 ? $" [{string.Join(' ', own)}]" : "");
    }

    private static IEnumerable<string> Columns(IEnumerable<(string Left, string Right)> rows)
    {
        var all = rows.ToList();
        var width = all.Select(row => row.Left.Length).DefaultIfEmpty().Max();
        return all.Select(row => $"  {row.Left.PadRight(width)}  {row.Right}".TrimEnd());
    }
}
