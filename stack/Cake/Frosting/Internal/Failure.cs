using System.Reflection;
using Cake.Core;
using Cake.Core.Diagnostics;

namespace Cake.Frosting.Internal;

/// <summary>How a failure is told: what a person can act on, and the stack trace only for <c>diagnostic</c>.</summary>
internal static class Failure
{
    public static void Report(ICakeLog log, Exception exception, string prefix = "Error")
    {
        if (log.Verbosity == Verbosity.Diagnostic)
        {
            log.Error("{0}", $"{prefix}: {exception}");
            return;
        }

        foreach (var message in Causes(exception).Select(Describe).Distinct())
            log.Error("{0}", $"{prefix}: {message}");
    }

    public static void Warn(ICakeLog log, Exception exception, string task)
    {
        foreach (var message in Causes(exception).Select(Describe).Distinct())
            log.Warning("{0}", $"{task} failed and the build goes on: {message}");
    }

    /// <summary>What really failed, without the wrappers that tasks and the engine put around it.</summary>
    public static IEnumerable<Exception> Causes(Exception exception) => exception switch
    {
        CakeReportException { InnerException: { } inner } => Causes(inner),
        TargetInvocationException { InnerException: { } inner } => Causes(inner),
        AggregateException { InnerExceptions.Count: > 0 } aggregate => aggregate.InnerExceptions.SelectMany(Causes),
        _ => [exception],
    };

    private static string Describe(Exception exception)
    {
        var message = exception.Message.ReplaceLineEndings().Trim();
        return IsMistake(exception) ? $"{message} ({exception.GetType().Name}; --verbosity=diagnostic says where.)" : message;
    }

    /// <summary>Thrown by a mistake in code: the message alone helps nobody.</summary>
    private static bool IsMistake(Exception exception) => exception
        is NullReferenceException or InvalidCastException or IndexOutOfRangeException or KeyNotFoundException
        or ArgumentException or InvalidOperationException or NotSupportedException or FormatException or TypeLoadException;
}
