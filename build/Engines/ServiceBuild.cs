namespace Build.Engines;

/// <summary>Compiles every discovered service, and only when a source has changed.</summary>
public static class ServiceBuild
{
    /// <exception cref="Cake.Core.CakeException">A service does not compile; carries the compiler's errors.</exception>
    public static void Run(BuildContext context)
    {
        if (context.Services.Count == 0)
            return;
        var stamp = Path.Combine(context.Paths.Run, "services.stamp");
        var sources = Sources.Stamp(context.Paths, context.Paths.Source);
        if (File.Exists(stamp) && File.ReadAllText(stamp) == sources && context.Services.All(service => File.Exists(context.Paths.Assembly(service.ProjectName))))
            return;
        File.Delete(stamp);
        Projects.Build(context, "the services' build", Path.Combine(context.Paths.Run, "services.slnx"), [.. context.Services.Select(service => service.ProjectFile)]);
        File.WriteAllText(stamp, sources);
    }
}
