using MicroMonitored.Model.Services;

namespace MicroMonitored.Targets.Projects;

/// <summary>Compiles what runs beside the embedded engine: each discovered service of which something has changed.</summary>
internal static class ServiceBuild
{
    /// <exception cref="Cake.Core.CakeException">A project does not compile; carries the compiler's errors.</exception>
    public static void Run(BuildContext context, IReadOnlyList<DiscoveredService> services)
    {
        var outdated = services.Where(service => !IsCurrent(context, service)).ToList();
        if (outdated.Count == 0)
            return;
        var stamps = outdated.ToDictionary(service => service, service => Sources.Stamp(context, service));
        foreach (var service in outdated)
            File.Delete(StampFile(context, service));
        var packages = Path.Combine(context.Paths.Run, "restored.stamp");
        var references = Sources.References(context.Paths);
        Compilation.Build(
            context,
            "the services' build",
            Path.Combine(context.Paths.Run, "services.slnx"),
            [.. outdated.Select(service => service.ProjectFile)],
            restored: File.Exists(packages) && File.ReadAllText(packages) == references);
        File.WriteAllText(packages, references);
        foreach (var (service, stamp) in stamps)
            File.WriteAllText(StampFile(context, service), stamp);
    }

    private static bool IsCurrent(BuildContext context, DiscoveredService service)
        => File.Exists(context.Paths.Assembly(service.ProjectName))
            && StampFile(context, service) is var file && File.Exists(file) && File.ReadAllText(file) == Sources.Stamp(context, service);

    private static string StampFile(BuildContext context, DiscoveredService service) => Path.Combine(context.Paths.Run, service.Name + ".stamp");
}
