using System.Collections;
using Cake.Core;
using Cake.Frosting;
using MicroMonitored.Model.Components;
using MicroMonitored.Model.Services;
using MicroMonitored.Model.Settings;
using Spectre.Console;

namespace MicroMonitored.Targets;

/// <summary>What every target is given: the arguments, the settings, the services, the paths and the console.</summary>
public sealed class BuildContext : FrostingContext
{
    private readonly Lazy<Arguments> _options;
    private readonly Lazy<StackSettings> _settings;
    private readonly Lazy<IReadOnlyList<DiscoveredService>> _services;

    public BuildContext(ICakeContext context)
        : this(context, Paths.Of(AppContext.BaseDirectory), Console.Terminal.Create(), Variables())
    {
    }

    internal BuildContext(ICakeContext context, Paths paths, IAnsiConsole terminal, IReadOnlyDictionary<string, string> variables)
        : base(context)
    {
        Paths = paths;
        Terminal = terminal;
        _options = new Lazy<Arguments>(() => Targets.Arguments.Of(context.Arguments));
        _settings = new Lazy<StackSettings>(() => SettingsReader.Read(Options.Settings ?? Paths.Settings, variables, Path.Combine(Paths.Artifacts, "settings.accepted")));
        _services = new Lazy<IReadOnlyList<DiscoveredService>>(() => ServiceDiscovery.Find(Paths.Source, Settings.Ports.Services, Component.TakenPorts(Settings)));
    }

    public Paths Paths { get; }

    /// <summary>Where tables and results are written.</summary>
    public IAnsiConsole Terminal { get; }

    /// <summary>The command line.</summary>
    public Arguments Options => _options.Value;

    /// <summary>The settings file with its overrides; read when first asked for.</summary>
    public StackSettings Settings => _settings.Value;

    /// <summary>The services below <c>src/</c>.</summary>
    public IReadOnlyList<DiscoveredService> Services => _services.Value;

    /// <summary>Prints one line as it is.</summary>
    public void Say(string line) => Terminal.Profile.Out.Writer.WriteLine(line);

    private static Dictionary<string, string> Variables()
        => System.Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().ToDictionary(entry => (string)entry.Key, entry => (string?)entry.Value ?? "");
}
