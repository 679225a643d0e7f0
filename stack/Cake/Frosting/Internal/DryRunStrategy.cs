using Cake.Core;

namespace Cake.Frosting.Internal;

/// <summary>Says what the engine would run, in its order.</summary>
internal sealed class DryRunStrategy(IConsole console) : IExecutionStrategy
{
    private int _count;

    public Task ExecuteAsync(CakeTask task, ICakeContext context)
    {
        console.WriteLine("{0}", $"  {++_count}. {task.Name}");
        return Task.CompletedTask;
    }

    public void PerformSetup(Action<ISetupContext> action, ISetupContext context)
    {
    }

    public void PerformTeardown(Action<ITeardownContext> action, ITeardownContext teardownContext)
    {
    }

    public void PerformTaskSetup(Action<ITaskSetupContext> action, ITaskSetupContext taskSetupContext)
    {
    }

    public void PerformTaskTeardown(Action<ITaskTeardownContext> action, ITaskTeardownContext taskTeardownContext)
    {
    }

    public void Skip(CakeTask task, CakeTaskCriteria criteria)
    {
    }

    public Task ReportErrorsAsync(Func<Exception, Task> action, Exception exception) => Task.CompletedTask;

    public Task HandleErrorsAsync(Func<Exception, ICakeContext, Task> action, Exception exception, ICakeContext context) => Task.CompletedTask;

    public Task InvokeFinallyAsync(Func<ICakeContext, Task> action, ICakeContext context) => Task.CompletedTask;
}
