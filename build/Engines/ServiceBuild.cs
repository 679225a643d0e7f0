namespace Build.Engines;

/// <summary>Compiles what the embedded engine starts: itself and every discovered service, and only when a source has changed.</summary>
public static class ServiceBuild
{
    /// <exception cref="Cake.Core.CakeException">A project does not compile; carries the compiler's errors.</exception>
    public static void Run(BuildContext context, string engineProject)
    {
        var stamp = Path.Combine(context.Paths.Run, "services.stamp");
        var sources = Sources.Stamp(context.Paths, context.Paths.Source, Path.GetDirectoryName(engineProject)!);
        var assemblies = context.Services.Select(service => service.ProjectName).Append(Path.GetFileNameWithoutExtension(engineProject));
        if (File.Exists(stamp) && File.ReadAllText(stamp) == sources && assemblies.All(name => File.Exists(context.Paths.Assembly(name))))
            return;
        File.Delete(stamp);
        Projects.Build(context, "the services' build", Path.Combine(context.Paths.Run, "services.slnx"), [engineProject, .. context.Services.Select(service => service.ProjectFile)]);
        File.WriteAllText(stamp, sources);
    }
}
