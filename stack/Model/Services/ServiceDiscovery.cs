using System.Text.RegularExpressions;
using System.Xml;
using System.Xml.Linq;
using MicroMonitored.Model.Components;

namespace MicroMonitored.Model.Services;

/// <summary>Finds the services of a repository; nothing has to be registered.</summary>
public static partial class ServiceDiscovery
{
    /// <summary>Reads every project below <paramref name="sourceFolder"/>; a missing folder has no services.</summary>
    /// <param name="firstPort">The port of the first service; the others follow in ordinal order of name.</param>
    /// <param name="takenPorts">Ports of the stack, by settings key, that a service must not get.</param>
    /// <exception cref="FaultException">A project cannot be read or contradicts another; every fault at once.</exception>
    public static IReadOnlyList<DiscoveredService> Find(string sourceFolder, int firstPort, IReadOnlyList<KeyValuePair<string, int>> takenPorts)
    {
        if (!Directory.Exists(sourceFolder))
            return [];
        var faults = new List<string>();
        var found = ProjectFiles(sourceFolder)
            .Select(file => Read(file, faults))
            .OfType<Candidate>()
            .OrderBy(candidate => candidate.Name, StringComparer.Ordinal)
            .ToList();

        foreach (var same in found.GroupBy(candidate => candidate.Name).Where(group => group.Count() > 1))
            faults.Add(
                $"{string.Join(" and ", same.Select(candidate => Path.GetFileName(candidate.File)))} are both the service {same.Key}; rename one project");

        foreach (var taken in found.Where(candidate => ReservedNames.Contains(candidate.Name)))
            faults.Add($"{taken.File}: the service {taken.Name} has the name of a component of the stack; rename the project");

        var services = found.Select((candidate, index) => candidate.With(firstPort + index, Called(candidate, found, faults))).ToList();
        foreach (var service in services)
        {
            if (service.Port > 65535)
                faults.Add($"{Path.GetFileName(service.ProjectFile)}: port {service.Port} is beyond 65535; lower ports.services in stack.json");
            else if (takenPorts.FirstOrDefault(pair => pair.Value == service.Port) is { Key: { } key })
                faults.Add($"{Path.GetFileName(service.ProjectFile)}: its port {service.Port} is {key}; move ports.services or {key} in stack.json");
        }

        return faults.Count == 0 ? services : throw new FaultException(faults);
    }

    /// <summary>What the components are called on the network, and the service that Verify plays.</summary>
    private static readonly string[] ReservedNames = [.. Component.All.Select(component => component.Name), "micromonitored-verify"];

    private static IEnumerable<string> ProjectFiles(string folder)
        => Directory.EnumerateFiles(folder, "*.csproj", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint })
            .Where(file => !Path.GetRelativePath(folder, file).Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj"))
            .Order(StringComparer.Ordinal);

    private static Candidate? Read(string file, List<string> faults)
    {
        XDocument project;
        try
        {
            project = XDocument.Load(file);
        }
        catch (Exception exception) when (exception is XmlException or IOException or UnauthorizedAccessException)
        {
            faults.Add($"{file}: {exception.Message} Mend or remove the project.");
            return null;
        }

        string? Property(string name)
            => project.Descendants().LastOrDefault(element => element.Name.LocalName == name)?.Value.Trim() is { Length: > 0 } value ? value : null;

        if (!string.Equals(Property("MonitoredService"), "true", StringComparison.OrdinalIgnoreCase))
            return null;
        string? Route(string name)
        {
            if (Property(name) is not { } route || ProbeForm().IsMatch(route))
                return Property(name);
            faults.Add($"{file}: {name} is \"{route}\"; use a path such as /orders without parameters, query or spaces");
            return null;
        }

        var calls = (Property("MonitoredCalls") ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return new Candidate(file, Path.GetFileNameWithoutExtension(file), Route("MonitoredProbe"), Route("MonitoredFault"), calls);
    }

    private static List<string> Called(Candidate caller, List<Candidate> all, List<string> faults)
    {
        var names = new List<string>();
        foreach (var project in caller.Calls)
        {
            if (all.FirstOrDefault(candidate => string.Equals(candidate.Project, project, StringComparison.OrdinalIgnoreCase)) is { } callee)
                names.Add(callee.Name);
            else
                faults.Add($"{caller.File}: MonitoredCalls names \"{project}\", which is no service; known: "
                    + string.Join(", ", all.Select(candidate => candidate.Project)));
        }

        return names;
    }

    private sealed record Candidate(string File, string Project, string? Probe, string? Fault, IReadOnlyList<string> Calls)
    {
        public string Name { get; } = ServiceName.Derive(Project);

        public DiscoveredService With(int port, IReadOnlyList<string> calls) => new(Name, Project, File, port, Probe, calls) { FaultPath = Fault };
    }

    [GeneratedRegex(@"\A/[A-Za-z0-9/_.~-]*\z")]
    private static partial Regex ProbeForm();
}
