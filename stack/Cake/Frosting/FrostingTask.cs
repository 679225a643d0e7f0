using Cake.Core;

namespace Cake.Frosting;

/// <summary>A task; its class name, or <see cref="TaskNameAttribute"/>, is the target's name.</summary>
/// <typeparam name="T">The build's context.</typeparam>
public abstract class FrostingTask<T> : IFrostingTask
    where T : ICakeContext
{
    /// <summary>Does the work.</summary>
    /// <param name="context">The build's context.</param>
    public virtual void Run(T context)
    {
    }

    /// <summary>Whether the task runs at all.</summary>
    /// <param name="context">The build's context.</param>
    /// <returns>False to skip it.</returns>
    public virtual bool ShouldRun(T context) => true;

    /// <summary>Takes over the failure: it counts as handled unless this throws again.</summary>
    /// <param name="exception">The failure.</param>
    /// <param name="context">The build's context.</param>
    public virtual void OnError(Exception exception, T context)
    {
    }

    /// <summary>Runs last, whether the task failed or not.</summary>
    /// <param name="context">The build's context.</param>
    public virtual void Finally(T context)
    {
    }

    Task IFrostingTask.RunAsync(ICakeContext context)
    {
        Run((T)context);
        return Task.CompletedTask;
    }

    bool IFrostingTask.ShouldRun(ICakeContext context) => ShouldRun((T)context);

    void IFrostingTask.OnError(Exception exception, ICakeContext context) => OnError(exception, (T)context);

    void IFrostingTask.Finally(ICakeContext context) => Finally((T)context);
}
