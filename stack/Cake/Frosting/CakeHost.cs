using System.Reflection;
using Cake.Common.Modules;
using Cake.Core;
using Cake.Core.Configuration;
using Cake.Core.Diagnostics;
using Cake.Core.Modules;
using Cake.Frosting.Internal;
using Microsoft.Extensions.DependencyInjection;

namespace Cake.Frosting;

/// <summary>Puts a build together and runs it on Cake's engine.</summary>
public sealed class CakeHost
{
    private readonly ServiceCollection _services = new();
    private readonly List<Assembly> _assemblies = [];
    private readonly List<Type> _tasks = [];
    private readonly List<Action<IServiceCollection>> _configurations = [];

    /// <summary>Initializes a host for the exported tasks of the entry assembly.</summary>
    public CakeHost()
    {
        if (Assembly.GetEntryAssembly() is { } entry)
            _assemblies.Add(entry);
    }

    /// <summary>Initializes a host for exactly these tasks.</summary>
    internal CakeHost(params IEnumerable<Type> tasks) => _tasks.AddRange(tasks);

    /// <summary>Takes the exported tasks of another assembly too.</summary>
    /// <param name="assembly">The assembly.</param>
    /// <returns>The same host.</returns>
    public CakeHost AddAssembly(Assembly assembly)
    {
        _assemblies.Add(assembly);
        return this;
    }

    /// <summary>Registers services; the last registration of a type wins, also over Cake's own.</summary>
    /// <param name="services">Does the registration.</param>
    /// <returns>The same host.</returns>
    public CakeHost ConfigureServices(Action<IServiceCollection> services)
    {
        _configurations.Add(services);
        return this;
    }

    /// <summary>Runs what the command line asks for.</summary>
    /// <param name="args">The command line.</param>
    /// <returns>0 when everything asked for was done, otherwise 1.</returns>
    public int Run(IEnumerable<string> args)
    {
        var commandLine = CommandLine.Parse(args);
        AddServices(commandLine);
        using var provider = _services.BuildServiceProvider();
        var log = provider.GetRequiredService<ICakeLog>();
        log.Verbosity = commandLine.Verbosity;

        if (commandLine.Faults is { Count: > 0 } faults)
        {
            foreach (var fault in faults)
                log.Error("{0}", "Error: " + fault);
            return 1;
        }

        try
        {
            return new HostRun(provider, commandLine, FindTasks()).Execute();
        }
        catch (Exception exception)
        {
            Failure.Report(log, exception);
            return 1;
        }
    }

    private void AddServices(CommandLine commandLine)
    {
        ModuleRegistrar.Register(new CoreModule(), _services);
        ModuleRegistrar.Register(new CommonModule(), _services);
        _services
            .AddSingleton<ICakeLog>(s => new CakeBuildLog(s.GetRequiredService<IConsole>()))
            .AddSingleton<IConsole, TerminalConsole>()
            .AddSingleton<ICakeEngine>(s => new CakeEngine(s.GetRequiredService<ICakeDataService>(), new EngineLog(s.GetRequiredService<ICakeLog>())))
            .AddSingleton<ICakeReportPrinter, ReportPrinter>()
            .AddSingleton<ICakeConfiguration, HostConfiguration>()
            .AddSingleton<FrostingContext>()
            .AddSingleton<IFrostingContext>(s => s.GetRequiredService<FrostingContext>())
            .AddSingleton(commandLine.ToArguments());
        foreach (var configure in _configurations)
            configure(_services);
    }

    private Type[] FindTasks() =>
    [
        .. _tasks,
        .. _assemblies.Distinct()
            .SelectMany(assembly => assembly.GetExportedTypes())
            .Where(type => type is { IsClass: true, IsAbstract: false } && typeof(IFrostingTask).IsAssignableFrom(type)),
    ];
}
