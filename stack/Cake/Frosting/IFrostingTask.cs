using Cake.Core;

namespace Cake.Frosting;

/// <summary>A task; derive from <see cref="FrostingTask{T}"/> or <see cref="AsyncFrostingTask{T}"/>.</summary>
public interface IFrostingTask
{
    /// <summary>Why the task is skipped when <see cref="ShouldRun"/> says no; empty when it has nothing to say.</summary>
    string SkippedMessage => string.Empty;

    /// <summary>Does the work.</summary>
    /// <param name="context">The build's context.</param>
    /// <returns>The running work.</returns>
    Task RunAsync(ICakeContext context);

    /// <summary>Whether the task runs at all.</summary>
    /// <param name="context">The build's context.</param>
    /// <returns>False to skip it.</returns>
    bool ShouldRun(ICakeContext context);

    /// <summary>Takes over the failure: it counts as handled unless this throws again.</summary>
    /// <param name="exception">The failure.</param>
    /// <param name="context">The build's context.</param>
    void OnError(Exception exception, ICakeContext context);

    /// <summary>Runs last, whether the task failed or not.</summary>
    /// <param name="context">The build's context.</param>
    void Finally(ICakeContext context);
}
