using MicroMonitored.Model;
using MicroMonitored.Model.Services;

namespace MicroMonitored.Targets.Engines;

/// <summary>What becomes of the services: those in neither list stay as they are.</summary>
/// <param name="Started">They run afterwards.</param>
/// <param name="Stopped">They are stopped first; one that is started too is started anew.</param>
internal sealed record ServiceChoice(IReadOnlyList<DiscoveredService> Started, IReadOnlyList<DiscoveredService> Stopped)
{
    /// <summary>All run but those named.</summary>
    /// <exception cref="FaultException">A name is no service's; every such name at once.</exception>
    public static ServiceChoice Without(IReadOnlyList<DiscoveredService> services, IReadOnlyList<string> names)
    {
        var found = names.Select(name => (name, Service: Find(services, name))).ToList();
        var faults = found.Where(pair => pair.Service is null).Select(pair => Unknown(services, "without", pair.name)).ToList();
        if (faults.Count > 0)
            throw new FaultException(faults);
        var stopped = found.Select(pair => pair.Service!).Distinct().ToList();
        return new([.. services.Except(stopped)], stopped);
    }

    /// <summary>One is started anew.</summary>
    /// <exception cref="FaultException">The name is missing or no service's.</exception>
    public static ServiceChoice Again(IReadOnlyList<DiscoveredService> services, string? name)
        => name is null ? throw new FaultException($"--service is missing; known: {Known(services)}")
            : Find(services, name) is { } service ? new([service], [service])
            : throw new FaultException(Unknown(services, "service", name));

    /// <summary>By its name, its project's, or the last part of it where only one ends so: <c>shop-orders</c>, <c>Shop.Orders</c>, <c>orders</c>.</summary>
    private static DiscoveredService? Find(IReadOnlyList<DiscoveredService> services, string name)
    {
        var derived = ServiceName.Derive(name);
        return services.FirstOrDefault(service => service.Name == derived)
            ?? (services.Where(service => service.Name.EndsWith("-" + derived, StringComparison.Ordinal)).ToList() is [var only] ? only : null);
    }

    private static string Unknown(IReadOnlyList<DiscoveredService> services, string option, string name)
    {
        var known = services.Select(service => service.Name).ToList();
        var near = Nearest.Of(ServiceName.Derive(name), known.Concat(known.Select(full => full.Split('-')[^1])));
        var advice = near is null ? "" : $" did you mean {near}?";
        return $"--{option}={name}: no such service;{advice} known: {Known(services)}";
    }

    private static string Known(IReadOnlyList<DiscoveredService> services)
        => services.Count == 0 ? "none" : string.Join(", ", services.Select(service => service.Name));
}
