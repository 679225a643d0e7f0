using System.Reflection;
using Cake.Frosting;

namespace MicroMonitored.Targets.Console;

/// <summary>The targets of this build with their descriptions.</summary>
public static class TargetList
{
    public static void Print(BuildContext context)
    {
        var targets = typeof(TargetList).Assembly.GetExportedTypes()
            .Select(type => (Name: type.GetCustomAttribute<TaskNameAttribute>()?.Name, Description: type.GetCustomAttribute<TaskDescriptionAttribute>()?.Description))
            .Where(target => target.Name is not null and not "Default")
            .OrderBy(target => target.Name, StringComparer.Ordinal)
            .ToList();
        var width = targets.Max(target => target.Name!.Length);
        foreach (var (name, description) in targets)
            context.Say($"  {name!.PadRight(width)}  {description}");
        context.Say($"Run one with {(OperatingSystem.IsWindows() ? "./build.ps1" : "./build.sh")} --target=<name>.");
    }
}
