using System.Reflection;
using Cake.Core;
using Cake.Core.Diagnostics;

namespace Cake.Frosting.Internal;

/// <summary>Makes a task type known to Cake's engine.</summary>
internal static class TaskRegistration
{
    /// <summary>Registers what a task says about itself: enough to list and order it without creating it.</summary>
    public static CakeTaskBuilder Register(ICakeEngine engine, Type type)
    {
        var task = engine.RegisterTask(NameOf(type));
        if (type.GetCustomAttribute<TaskDescriptionAttribute>() is { } description)
            task.Description(description.Description);
        foreach (var dependency in type.GetCustomAttributes<IsDependentOnAttribute>())
            task.IsDependentOn(NameOfTask(dependency.Task, type, "dependency"));
        foreach (var dependee in type.GetCustomAttributes<IsDependeeOfAttribute>())
            task.IsDependeeOf(NameOfTask(dependee.Task, type, "reverse dependency"));
        return task;
    }

    /// <summary>Gives a registered task its behaviour; only what the class overrides, so that a task without a body stays an aggregate.</summary>
    public static void Attach(CakeTaskBuilder builder, IFrostingTask task, IFrostingContext context, ICakeLog log)
    {
        var type = task.GetType();
        var name = NameOf(type);

        if (Overrides(type, nameof(FrostingTask<ICakeContext>.Run)) || Overrides(type, nameof(AsyncFrostingTask<ICakeContext>.RunAsync)))
            builder.Does(_ => task.RunAsync(context));

        if (Overrides(type, nameof(IFrostingTask.ShouldRun)))
        {
            builder.WithCriteria(_ =>
            {
                var run = task.ShouldRun(context);
                if (!run)
                    log.Information("{0}", $"Skipped {name}: {(task.SkippedMessage is { Length: > 0 } reason ? reason : "its condition is not met")}");
                return run;
            }, task.SkippedMessage);
        }

        if (type.IsDefined(typeof(ContinueOnErrorAttribute), inherit: false))
            builder.OnError(exception => Failure.Warn(log, exception, name));

        if (Overrides(type, nameof(IFrostingTask.OnError)))
            builder.OnError(exception => task.OnError(exception, context));

        if (Overrides(type, nameof(IFrostingTask.Finally)))
            builder.Finally(() => task.Finally(context));
    }

    /// <summary>The context a task asks for.</summary>
    public static Type ContextOf(Type type)
    {
        for (var current = type.BaseType; current is not null; current = current.BaseType)
        {
            if (IsTaskBase(current))
                return current.GenericTypeArguments[0];
        }

        return typeof(ICakeContext);
    }

    public static string NameOf(Type type) => type.GetCustomAttribute<TaskNameAttribute>()?.Name ?? type.Name;

    private static string NameOfTask(Type type, Type owner, string role) => typeof(IFrostingTask).IsAssignableFrom(type)
        ? NameOf(type)
        : throw new FrostingException($"The {role} '{NameOf(type)}' of the task '{NameOf(owner)}' is not a valid task.");

    private static bool Overrides(Type type, string method)
    {
        for (var current = type; current is not null && !IsTaskBase(current); current = current.BaseType)
        {
            if (current.GetMember(method, MemberTypes.Method, BindingFlags.Instance | BindingFlags.Public | BindingFlags.DeclaredOnly).Length > 0)
                return true;
        }

        return false;
    }

    private static bool IsTaskBase(Type type) => type.IsGenericType
        && (type.GetGenericTypeDefinition() == typeof(FrostingTask<>) || type.GetGenericTypeDefinition() == typeof(AsyncFrostingTask<>));
}
