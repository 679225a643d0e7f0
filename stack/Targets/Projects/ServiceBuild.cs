namespace MicroMonitored.Targets.Projects;

/// <summary>Compiles what runs beside the embedded engine: every discovered service, and only when a source has changed.</summary>
public static class ServiceBuild
{
    /// <exception cref="Cake.Core.CakeException">A project does not compile; carries the compiler's errors.</exception>
    public static void Run(BuildContext context)
    {
        if (context.Services.Count == 0)
            return;
        var stamp = Path.Combine(context.Paths.Run, "services.stamp");
        var sources = Sources.Stamp(context.Paths, context.Paths.Source);
        var assemblies = context.Services.Select(service => service.ProjectName);
        if (File.Exists(stamp) && File.ReadAllText(stamp) == sources && assemblies.All(name => File.Exists(context.Paths.Assembly(name))))
            return;
        File.Delete(stamp);
        Compilation.Build(context, "the services' build", Path.Combine(context.Paths.Run, "services.slnx"), [.. context.Services.Select(service => service.ProjectFile)]);
        File.WriteAllText(stamp, sources);
    }
}
