using MicroMonitored.Model.Components;

namespace MicroMonitored.Model.Services;

/// <summary>A project under <c>src/</c> that says <c>&lt;MonitoredService&gt;true&lt;/MonitoredService&gt;</c>.</summary>
/// <param name="Name">Its name in every signal, <see cref="ServiceName.Derive"/> of the project's.</param>
/// <param name="ProjectName">The project file's name without extension; also the assembly's.</param>
/// <param name="ProjectFile">Full path of the project file.</param>
/// <param name="Port">Its port on the host: the one in its <c>launchSettings.json</c>, see <see cref="ServiceDiscovery.Find"/>.</param>
/// <param name="ProbePath">A side-effect free GET route that answers 200 (<c>MonitoredProbe</c>), or null.</param>
/// <param name="Calls">Names of the services that the probe route calls (<c>MonitoredCalls</c>), one request each.</param>
public sealed record DiscoveredService(string Name, string ProjectName, string ProjectFile, int Port, string? ProbePath, IReadOnlyList<string> Calls)
{
    /// <summary>Where it answers on this machine.</summary>
    public Endpoint Endpoint => Endpoint.Local(Port);

    /// <summary>The address on this machine that answers 2xx once it is ready.</summary>
    public Uri Ready => Endpoint.At("/health/ready");

    /// <summary>A GET route that throws when the environment asks for it (<c>MonitoredFault</c>), so that a failing request can be proven.</summary>
    public string? FaultPath { get; init; }

    /// <summary>Its objective (<c>MonitoredSlo</c>): the percentage of its requests that do not fail, such as 99.5; null where it has none.</summary>
    public decimal? Slo { get; init; }

    /// <summary>The folder of the project file.</summary>
    public string ProjectFolder => Path.GetDirectoryName(ProjectFile)!;
}
