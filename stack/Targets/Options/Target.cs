using System.Reflection;
using Cake.Frosting;

namespace MicroMonitored.Targets.Options;

/// <summary>A target as its task declares it.</summary>
/// <param name="Options">Its own, those of its dependencies and those of every target.</param>
/// <param name="Examples">What may follow its name.</param>
internal sealed record Target(string Name, string Description, IReadOnlyList<Option> Options, IReadOnlyList<string> Examples)
{
    private const BindingFlags Declared = BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    public static Target Of(Type task)
        => new(
            task.GetCustomAttribute<TaskNameAttribute>()?.Name ?? task.Name,
            task.GetCustomAttribute<TaskDescriptionAttribute>()?.Description ?? "",
            [.. OptionsOf(task).Append(StackOptions.Settings).DistinctBy(option => option.Name)],
            [.. task.GetCustomAttributes<ExampleAttribute>().Select(example => example.Options)]);

    /// <summary>The targets of the assemblies, by name.</summary>
    public static IReadOnlyList<Target> In(params IEnumerable<Assembly> assemblies)
        => Of(assemblies.Distinct().SelectMany(assembly => assembly.GetExportedTypes()).Where(type => type.IsClass && !type.IsAbstract));

    /// <summary>The targets of those types that are tasks, by name.</summary>
    public static IReadOnlyList<Target> Of(IEnumerable<Type> types)
        => [.. types.Where(type => type.IsAssignableTo(typeof(IFrostingTask))).Select(Of).OrderBy(target => target.Name, StringComparer.Ordinal)];

    private static IEnumerable<Option> OptionsOf(Type task)
        => task.GetFields(Declared).Select(field => field.GetValue(null)).OfType<Option>()
            .Concat(task.GetCustomAttributes<IsDependentOnAttribute>().Select(needed => needed.Task)
                .SelectMany(OptionsOf))
            .Concat(task.GetCustomAttribute<OptionsOfAttribute>() is { } runs
                ? runs.Tasks.SelectMany(OptionsOf).Where(option => !runs.Without.Contains(option.Name))
                : []);
}
