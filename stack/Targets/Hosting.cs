using System.Reflection;
using Cake.Frosting;

namespace MicroMonitored.Targets;

/// <summary>Puts the targets of this package into a build.</summary>
public static class Hosting
{
    /// <summary>Adds the targets, their context and their lifetime; the build's own targets take <see cref="BuildContext"/> too.</summary>
    /// <param name="host">The host, with whatever else the build wants of it.</param>
    /// <param name="assemblies">Where further targets are; this package and the build itself need not be named.</param>
    public static MonitoredBuild UseMicroMonitored(this CakeHost host, params Assembly[] assemblies)
    {
        IReadOnlyList<Assembly> added = [typeof(Hosting).Assembly, .. assemblies];
        foreach (var assembly in added)
            host.AddAssembly(assembly);
        return new MonitoredBuild(host, Target.In([.. added, Assembly.GetEntryAssembly()!]), System.Console.Out);
    }
}
