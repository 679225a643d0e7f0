using Cake.Frosting;

namespace MicroMonitored.Targets;

/// <summary>Puts the targets of this package into a build.</summary>
public static class Hosting
{
    /// <summary>Adds the targets, their context and their lifetime; the build's own targets take <see cref="BuildContext"/> too.</summary>
    public static CakeHost UseMicroMonitored(this CakeHost host)
        => host
            .AddAssembly(typeof(Hosting).Assembly)
            .UseContext<BuildContext>()
            .UseLifetime<BuildLifetime>()
            // Cake would look for tools below wherever the build is started, and cannot below the root of a disk.
            .UseCakeSetting("Paths_Tools", Path.Combine(AppContext.BaseDirectory, "tools"));
}
