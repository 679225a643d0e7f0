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
    private readonly ICakeEngine engine = services.GetRequiredService<ICakeEngine>();
    private readonly ICakeLog log = services.GetRequiredService<ICakeLog>();
    private readonly IConsole console = services.GetRequiredService<IConsole>();

    public int Execute() => commandLine.Action switch
    {
        HostAction.Version => Print([Version(typeof(ICakeContext).Assembly)]),
        HostAction.Info => Print(
        [
            $"Cake     {Version(typeof(ICakeContext).Assembly)}",
            $"Runtime  {RuntimeInformation.FrameworkDescription}",
            $"System   {RuntimeInformation.OSDescription} ({RuntimeInformation.RuntimeIdentifier})",
        ]),
        HostAction.Help => Help(),
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
                TaskRegistration.Attach(builder, (IFrostingTask)ActivatorUtilities.CreateInstance(services, type), context, log);
            else
                builder.Does(() => throw new FrostingException($"The task '{TaskRegistration.NameOf(type)}' needs a context of type {wanted.Name}; the build uses {context.GetType().Name}."));
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

        console.WriteLine("{0}", $"Would run for {string.Join(", ", commandLine.Targets)}:");
        RunTargets(services.GetRequiredService<IFrostingContext>(), new DryRunStrategy(console));
        return Print(["This was a dry run: nothing was run."]);
    }

    private int Tree()
    {
        RegisterTasks();
        return Print(TargetTree.Lines(engine.Tasks));
    }

    private int Describe()
    {
        RegisterTasks();
        return Print(TargetListing.Lines(engine.Tasks));
    }

    private int Help()
    {
        RegisterTasks();
        return Print(
        [
            "Usage: ./build.sh [--target=NAME] [options] [--name=value …]",
            "",
            "Targets",
            .. TargetListing.Lines(engine.Tasks),
            "",
            "Options",
            "  -t, --target=NAME       What to run; may be given more than once. Default: Default",
            "  -v, --verbosity=LEVEL   quiet, minimal, normal, verbose or diagnostic (with stack traces)",
            "      --description       Lists the targets",
            "      --tree              Shows which target runs which",
            "      --dryrun            Says what would run, in order, and runs nothing",
            "  -e, --exclusive         Runs the target without its dependencies",
            "  -w, --working=PATH      The directory to run in",
            "      --version, --info   The versions in use",
            "  -h, --help              This page",
        ]);
    }

    private (Type Type, CakeTaskBuilder Builder)[] RegisterTasks() =>
        [.. tasks.Select(type => (type, TaskRegistration.Register(engine, type)))];

    private bool TargetsExist()
    {
        var names = engine.Tasks.Select(t => t.Name).ToArray();
        var missing = commandLine.Targets.Where(target => !names.Contains(target, StringComparer.OrdinalIgnoreCase)).ToArray();
        foreach (var target in missing)
        {
            var hint = TargetListing.Nearest(target, names) is { } near ? $" Did you mean {near}?" : string.Empty;
            log.Error("{0}", $"Error: The target '{target}' was not found.{hint}");
        }

        if (missing.Length > 0)
        {
            console.WriteErrorLine("{0}", "Targets:");
            foreach (var line in TargetListing.Lines(engine.Tasks))
                console.WriteErrorLine("{0}", line);
        }

        return missing.Length == 0;
    }

    private void AttachLifetimes(IFrostingContext context)
    {
        if (services.GetService<IFrostingSetup>() is { } setup)
            engine.RegisterSetupAction(info => setup.Setup(context, info));
        if (services.GetService<IFrostingTeardown>() is { } teardown)
            engine.RegisterTeardownAction(info => Guard("Teardown", info.ThrownException, () => teardown.Teardown(context, info)));
        if (services.GetService<IFrostingTaskSetup>() is { } taskSetup)
            engine.RegisterTaskSetupAction(info => taskSetup.Setup(context, info));
        if (services.GetService<IFrostingTaskTeardown>() is { } taskTeardown)
            engine.RegisterTaskTeardownAction(info => Guard($"Teardown of {info.Task.Name}", info.ThrownException, () => taskTeardown.Teardown(context, info)));
    }

    /// <summary>A teardown that fails after something else did is told beside it; the first failure stays the build's.</summary>
    private void Guard(string what, Exception? earlier, Action teardown)
    {
        try
        {
            teardown();
        }
        catch (Exception exception) when (earlier is not null)
        {
            Failure.Report(log, exception, $"Error: {what}");
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
            printer.Write(engine.RunTargetAsync(context, strategy, settings).GetAwaiter().GetResult());
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
        if ((commandLine.WorkingDirectory ?? services.GetService<WorkingDirectory>()?.Path) is not { } path)
            return;

        var directory = path.MakeAbsolute(environment);
        if (!services.GetRequiredService<IFileSystem>().Exist(directory))
            throw new FrostingException($"The working directory '{directory.FullPath}' does not exist.");
        environment.WorkingDirectory = directory;
    }

    private int Print(IEnumerable<string> lines)
    {
        foreach (var line in lines)
            console.WriteLine("{0}", line);
        return 0;
    }

    private static string Version(Assembly assembly) =>
        assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "unknown";
}
