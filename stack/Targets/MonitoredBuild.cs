using System.Text.RegularExpressions;
using Cake.Frosting;
using Microsoft.Extensions.DependencyInjection;

namespace MicroMonitored.Targets;

/// <summary>A build with the targets of this package; made by <see cref="Hosting.UseMicroMonitored"/>.</summary>
public sealed partial class MonitoredBuild
{
    private readonly CakeHost _host;
    private readonly IReadOnlyList<Target> _targets;
    private readonly TextWriter _output;

    internal MonitoredBuild(CakeHost host, IReadOnlyList<Target> targets, TextWriter output)
    {
        (_targets, _output) = (targets, output);
        _host = host
            .ConfigureServices(services => services.AddSingleton(targets))
            .UseContext<BuildContext>()
            .UseLifetime<BuildLifetime>()
            // Cake would look for tools below wherever the build is started, and cannot below the root of a disk.
            .UseCakeSetting("Paths_Tools", Path.Combine(AppContext.BaseDirectory, "tools"));
    }

    /// <summary>Runs what the command line asks for: <c>Up</c> is <c>--target=Up</c>, <c>--help</c> tells about the targets named.</summary>
    /// <param name="args">The command line.</param>
    /// <returns>0 when everything asked for was done, otherwise 1.</returns>
    public int Run(IEnumerable<string> args)
    {
        var line = WithOptionsAlone(args);
        var rest = line.Where(word => !IsHelp(word)).ToArray();
        var named = NamedIn(rest).Select(name => _targets.FirstOrDefault(target => target.Name.Equals(name, StringComparison.OrdinalIgnoreCase))).ToList();
        if (named.Contains(null))
            return _host.Run(rest);
        if (rest.Length < line.Length)
            return Print(named is [] ? HelpPages.OfAll(_targets) : named.OfType<Target>().SelectMany(HelpPages.Of));
        return line is [] && !_targets.Any(target => target.Name == "Default") ? Print(HelpPages.OfAll(_targets)) : _host.Run(line);
    }

    /// <summary>The names of the targets that a command line asks for, however it does.</summary>
    /// <param name="args">The command line.</param>
    public static IReadOnlyList<string> TargetsIn(IEnumerable<string> args) => [.. NamedIn(WithOptionsAlone(args))];

    private static string[] WithOptionsAlone(IEnumerable<string> args)
    {
        string[] words = [.. args];
        var bare = words.TakeWhile(word => word.Length > 0 && word[0] != '-').ToList();
        return [.. bare.Select(name => $"--target={name}"), .. words.Skip(bare.Count)];
    }

    private static bool IsHelp(string word) => word is "--help" or "-h" or "-?";

    private static IEnumerable<string> NamedIn(string[] line)
        => line.Index().Select(word => Naming().Match(word.Item) is { Success: true } naming ? naming.Groups[1].Value
            : word.Index > 0 && NameFollows().IsMatch(line[word.Index - 1]) ? word.Item
            : null).OfType<string>();

    private int Print(IEnumerable<string> lines)
    {
        foreach (var text in lines)
            _output.WriteLine(text);
        return 0;
    }

    [GeneratedRegex("^(?:--target|-t)[=:](.+)$", RegexOptions.IgnoreCase)]
    private static partial Regex Naming();

    [GeneratedRegex("^(?:--target|-t)$", RegexOptions.IgnoreCase)]
    private static partial Regex NameFollows();
}
