using System.Collections;
using Cake.Core;
using Cake.Frosting;
using MicroMonitored.Model.Components;
using MicroMonitored.Model.Services;
using MicroMonitored.Model.Settings;
using Spectre.Console;

namespace MicroMonitored.Targets;

/// <summary>What every target is given: its options, the settings, the services, the paths and the console.</summary>
public sealed class BuildContext : FrostingContext
{
    private readonly Lazy<GivenOptions> _given;
    private readonly Lazy<StackSettings> _settings;
    private readonly Lazy<IReadOnlyList<DiscoveredService>> _services;

    /// <summary>Initializes the context of the build that lies around this program.</summary>
    public BuildContext(ICakeContext context)
        : this(context, Paths.Of(AppContext.BaseDirectory), Console.Terminal.Create(), OfThisProcess())
    {
    }

    internal BuildContext(ICakeContext context, Paths paths, IAnsiConsole terminal, IReadOnlyDictionary<string, string> variables)
        : base(context)
    {
        Paths = paths;
        Terminal = terminal;
        Variables = variables;
        _given = new Lazy<GivenOptions>(() => new GivenOptions(context.Arguments));
        _settings = new Lazy<StackSettings>(() => SettingsReader.Read(SettingsFile, variables, Path.Combine(Paths.Artifacts, "settings.accepted")));
        _services = new Lazy<IReadOnlyList<DiscoveredService>>(
            () => ServiceDiscovery.Find(Paths.Source, Settings.Ports.Services, Component.TakenPorts(Settings), Settings.MovesServices));
    }

    /// <summary>Where things are.</summary>
    public Paths Paths { get; }

    /// <summary>Where tables and results are written.</summary>
    public IAnsiConsole Terminal { get; }

    /// <summary>The settings file in use.</summary>
    public string SettingsFile => GetValue(StackOptions.Settings) is { } file ? Path.GetFullPath(file) : Paths.Settings;

    /// <summary>The settings file with its overrides; read when first asked for.</summary>
    public StackSettings Settings => _settings.Value;

    /// <summary>The services below <c>src/</c>.</summary>
    public IReadOnlyList<DiscoveredService> Services => _services.Value;

    /// <summary>The environment variables.</summary>
    internal IReadOnlyDictionary<string, string> Variables { get; }

    internal GivenOptions Given => _given.Value;

    /// <summary>The value of an option on the command line, or its fallback.</summary>
    /// <param name="option">A static field of the task that takes it.</param>
    /// <exception cref="MicroMonitored.Model.FaultException">What is given is no value of the option.</exception>
    public T GetValue<T>(Option<T> option) => Given.Value(option);

    /// <summary>Prints one line as it is.</summary>
    public void Say(string line) => Terminal.Profile.Out.Writer.WriteLine(line);

    private static Dictionary<string, string> OfThisProcess()
        => System.Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().ToDictionary(entry => (string)entry.Key, entry => (string?)entry.Value ?? "");
}
