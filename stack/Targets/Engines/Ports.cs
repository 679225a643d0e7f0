using MicroMonitored.Model;

namespace MicroMonitored.Targets.Engines;

/// <summary>Makes sure that ports are free before anything is started.</summary>
internal static class Ports
{
    /// <param name="container">The container that publishes a port, or null.</param>
    /// <exception cref="FaultException">A port is taken; names every such port, its setting and its owner.</exception>
    public static void Refuse(IReadOnlyList<(string Key, int Port)> wanted, Func<int, string?>? container = null)
    {
        var inUse = Listeners.Ports();
        var faults = wanted
            .Where(port => inUse.Contains(port.Port))
            .Select(port => $"port {port.Port} of {port.Key} is taken by {container?.Invoke(port.Port) ?? Listeners.Owner(port.Port) ?? "another process"}; "
                + "end it or set another port in stack/stack.json")
            .ToList();
        if (faults.Count > 0)
            throw new FaultException(faults);
    }
}
