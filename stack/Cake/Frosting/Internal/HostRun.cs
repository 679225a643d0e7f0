using System.Reflection;
using System.Runtime.InteropServices;
using Cake.Core;
using Cake.Core.Diagnostics;
using Cake.Core.IO;
using Microsoft.Extensions.DependencyInjection;

namespace Cake.Frosting.Internal;

/// <summary>One run of the host: what the command line asked for, over Cake's engine.</summary>
internal sealed class HostRun(IServiceProvider services, CommandLine commandLine, IReadOnlyList<Type> tasks)
{
    private readonly ICakeEngine _engine = services.GetRequiredService<ICakeEngine>();
    private readonly ICakeLog _log = services.GetRequiredService<ICakeLog>();
    private readonly IConsole _console = services.GetRequiredService<IConsole>();

    public int Execute() => commandLine.Action switch
    {
        HostAction.Version => Print([Version(typeof(ICakeContext).Assembly)]),
        HostAction.Info => Print(
        [
            $"Cake     {Version(typeof(ICakeContext).Assembly)}",
            $"Runtime  {RuntimeInformation.FrameworkDescription}",
            $"System   {RuntimeInformation.OSDescription} ({RuntimeInformation.RuntimeIdentifier})",
        ]),
        HostAction.Description => Describe(),
        HostAction.Tree => Tree(),
        HostAction.DryRun => DryRun(),
        _ => Run(),
    };

    private int Run()
    {
        SetWorkingDirectory();
        var builders = RegisterTasks();
        if (!TargetsExist())
            return 1;

        var context = services.GetRequiredService<IFrostingContext>();
        foreach (var (type, builder) in builders)
        {
            var wanted = TaskRegistration.ContextOf(type);
            if (wanted.IsInstanceOfType(context))
                TaskRegistration.Attach(builder, (IFrostingTask)ActivatorUtilities.CreateInstance(services, type), context, _log);
            else
            {
                builder.Does(() => throw new FrostingException(
                    $"The task '{TaskRegistration.NameOf(type)}' needs a context of type {wanted.Name}; the build uses {context.GetType().Name}."));
            }
        }

        AttachLifetimes(context);
        RunTargets(context, services.GetRequiredService<IExecutionStrategy>());
        return 0;
    }

    private int DryRun()
    {
        SetWorkingDirectory();
        RegisterTasks();
        if (!TargetsExist())
            return 1;

        _console.WriteLine("{0}", $"Would run for {string.Join(", ", commandLine.Targets)}:");
        RunTargets(services.GetRequiredService<IFrostingContext>(), new DryRunStrategy(_console));
        return Print(["This was a dry run: nothing was run."]);
    }

    private int Tree()
    {
        RegisterTasks();
        return Print(TargetTree.Lines(_engine.Tasks));
    }

    private int Describe()
    {
        RegisterTasks();
        return Print(TargetListing.Lines(_engine.Tasks));
    }

    private (Type Type, CakeTaskBuilder Builder)[] RegisterTasks() =>
        [.. tasks.Select(type => (type, TaskRegistration.Register(_engine, type)))];

    private bool TargetsExist()
    {
        var names = _engine.Tasks.Select(t => t.Name).ToArray();
        var missing = commandLine.Targets.Where(target => !names.Contains(target, StringComparer.OrdinalIgnoreCase)).ToArray();
        foreach (var target in missing)
        {
            var hint = TargetListing.Nearest(target, names) is { } near ? $" Did you mean {near}?" : string.Empty;
            _log.Error("{0}", $"Error: The target '{target}' was not found.{hint}");
        }

        if (missing.Length > 0)
        {
            _console.WriteErrorLine("{0}", "Targets:");
            foreach (var line in TargetListing.Lines(_engine.Tasks))
                _console.WriteErrorLine("{0}", line);
        }

        return missing.Length == 0;
    }

    private void AttachLifetimes(IFrostingContext context)
    {
        if (services.GetService<IFrostingSetup>() is { } setup)
            _engine.RegisterSetupAction(info => setup.Setup(context, info));
        if (services.GetService<IFrostingTeardown>() is { } teardown)
            _engine.RegisterTeardownAction(info => Guard(info.ThrownException, () => teardown.Teardown(context, info)));
    }

    /// <summary>A teardown that fails after something else did is told beside it; the first failure stays the build's.</summary>
    private void Guard(Exception? earlier, Action teardown)
    {
        try
        {
            teardown();
        }
        catch (Exception exception) when (earlier is not null)
        {
            Failure.Report(_log, exception, "Error: Teardown");
        }
    }

    private void RunTargets(IFrostingContext context, IExecutionStrategy strategy)
    {
        var settings = new ExecutionSettings().SetTargets(commandLine.Targets);
        if (commandLine.Exclusive)
            settings.UseExclusiveTarget();

        var printer = services.GetRequiredService<ICakeReportPrinter>();
        try
        {
            printer.Write(_engine.RunTargetAsync(context, strategy, settings).GetAwaiter().GetResult());
        }
        catch (CakeReportException exception) when (exception.Report is { IsEmpty: false } report)
        {
            printer.Write(report);
            throw;
        }
    }

    private void SetWorkingDirectory()
    {
        var environment = services.GetRequiredService<ICakeEnvironment>();
        if (commandLine.WorkingDirectory is not { } path)
            return;

        var directory = path.MakeAbsolute(environment);
        if (!services.GetRequiredService<IFileSystem>().Exist(directory))
            throw new FrostingException($"The working directory '{directory.FullPath}' does not exist.");
        environment.WorkingDirectory = directory;
    }

    private int Print(IEnumerable<string> lines)
    {
        foreach (var line in lines)
            _console.WriteLine("{0}", line);
        return 0;
    }

    private static string Version(Assembly assembly) =>
        assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "unknown";
}
