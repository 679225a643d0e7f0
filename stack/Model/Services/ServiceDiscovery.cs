using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml;
using System.Xml.Linq;
using MicroMonitored.Model.Components;

namespace MicroMonitored.Model.Services;

/// <summary>Finds the services of a repository; nothing has to be registered.</summary>
public static partial class ServiceDiscovery
{
    /// <summary>Reads every project below <paramref name="sourceFolder"/>; a missing folder has no services.</summary>
    /// <param name="firstPort">Where a service without a port in its <c>launchSettings.json</c> looks for a free one.</param>
    /// <param name="takenPorts">Ports of the stack, by settings key, that a service must not get.</param>
    /// <param name="counted">
    /// Whether all services are counted from <paramref name="firstPort"/> in ordinal order of name, whatever their <c>launchSettings.json</c> says.
    /// </param>
    /// <exception cref="FaultException">A project cannot be read or contradicts another; every fault at once.</exception>
    public static IReadOnlyList<DiscoveredService> Find(
        string sourceFolder, int firstPort, IReadOnlyList<KeyValuePair<string, int>> takenPorts, bool counted = false)
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

        string Shown(string file) => Path.GetRelativePath(Path.GetDirectoryName(Path.GetFullPath(sourceFolder))!, file).Replace('\\', '/');
        var own = found.ToDictionary(candidate => candidate, candidate => counted ? null : Guarded(() => LaunchSettings.PortIn(candidate.Launch), faults));
        foreach (var same in found.Where(candidate => own[candidate] is not null).GroupBy(candidate => own[candidate]).Where(group => group.Count() > 1))
        {
            var files = string.Join(" and ", same.Select(candidate => Shown(candidate.Launch)));
            faults.Add($"{files} have the same port {same.Key}; change applicationUrl in one of them");
        }

        var used = own.Values.OfType<int>().Concat(counted ? [] : takenPorts.Select(pair => pair.Value)).ToHashSet();
        var free = new Queue<int>(Enumerable.Range(firstPort, found.Count + used.Count).Where(port => !used.Contains(port)));
        var services = found.Select(candidate => candidate.With(own[candidate] ?? free.Dequeue(), Called(candidate, found, faults))).ToList();
        foreach (var (service, candidate) in services.Zip(found))
        {
            var (where, fix) = own[candidate] is null
                ? (Path.GetFileName(service.ProjectFile), "move ports.services or")
                : (Shown(candidate.Launch), "change its applicationUrl, or");
            if (service.Port > 65535)
                faults.Add($"{where}: port {service.Port} is beyond 65535; lower ports.services in stack.json");
            else if (takenPorts.FirstOrDefault(pair => pair.Value == service.Port) is { Key: { } key })
                faults.Add($"{where}: its port {service.Port} is {key}; {fix} {key} in stack.json");
        }

        return faults.Count == 0 ? services : throw new FaultException(faults);
    }

    /// <summary>What the components are called on the network, and the service that Verify plays.</summary>
    private static readonly string[] ReservedNames = [.. Component.All.Select(component => component.Name), "micromonitored-verify"];

    private static IEnumerable<string> ProjectFiles(string folder)
        => Directory.EnumerateFiles(folder, "*.csproj", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint })
            .Where(file => !Path.GetRelativePath(folder, file).Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj"))
            .Order(StringComparer.Ordinal);

    private static int? Guarded(Func<int?> read, List<string> faults)
    {
        try
        {
            return read();
        }
        catch (FaultException fault)
        {
            faults.AddRange(fault.Faults);
            return null;
        }
    }

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

        decimal? Slo()
        {
            if (Property("MonitoredSlo") is not { } text)
                return null;
            if (decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var slo) && slo is > 0 and < 100)
                return slo;
            faults.Add($"{file}: MonitoredSlo is \"{text}\"; use a percentage above 0 and below 100, such as 99.5");
            return null;
        }

        var calls = (Property("MonitoredCalls") ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return new Candidate(file, Path.GetFileNameWithoutExtension(file), Route("MonitoredProbe"), Route("MonitoredFault"), Slo(), calls);
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

    private sealed record Candidate(string File, string Project, string? Probe, string? Fault, decimal? Slo, IReadOnlyList<string> Calls)
    {
        public string Name { get; } = ServiceName.Derive(Project);

        public string Launch { get; } = LaunchSettings.FileOf(Path.GetDirectoryName(File)!);

        public DiscoveredService With(int port, IReadOnlyList<string> calls) => new(Name, Project, File, port, Probe, calls) { FaultPath = Fault, Slo = Slo };
    }

    [GeneratedRegex(@"\A/[A-Za-z0-9/_.~-]*\z")]
    private static partial Regex ProbeForm();
}
