using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Cake.Core;
using Cake.Docker;
using MicroMonitored.Model;
using MicroMonitored.Model.Components;
using MicroMonitored.Model.Rendering;
using MicroMonitored.Model.Services;
using MicroMonitored.Verification;

namespace MicroMonitored.Targets.Engines.Docker;

/// <summary>Runs the real products and the services' containers under Docker Compose.</summary>
internal sealed partial class DockerEngine : IStackEngine
{
    internal const string OwnLabel = "micromonitored.owner";

    // Ctrl-C reaches the docker client too, which may have ended before this build has heard of it.
    private static readonly TimeSpan InterruptPatience = TimeSpan.FromSeconds(1);

    private readonly BuildContext _context;
    private readonly DockerCli _docker;

    public DockerEngine(BuildContext context) => (_context, _docker) = (context, new DockerCli(context));

    public StackEngine Kind => StackEngine.Docker;

    public ILogProbe LogProbe => new DockerLogProbe(_context, _docker);

    public Exposure Expose(string name, int port = 0) => HostGateway.Expose(_context, _docker, name, port);

    private StackModel Model => StackModel.Create(_context.Settings, _context.Services);

    private LogVolume Logs => new(_context, _docker);

    private IReadOnlyList<Component> Components => Component.Of(Kind, _context.Settings);

    public IReadOnlyList<string> Obstacles() => _docker.Obstacles();

    /// <summary>The images of the settings.</summary>
    public ComponentImages Images => new(_context, _docker);

    public async Task<IReadOnlyList<ComponentStatus>> UpAsync(TimeSpan timeout, CancellationToken cancellation, ServiceChoice? choice = null)
    {
        var (services, stopped) = choice ??= new ServiceChoice(_context.Services, []);
        var all = All() ?? [];
        if (Foreign(all) is { } root)
        {
            throw new FaultException(
                $"the project {_context.Settings.Names.Project} is up from {root}; "
                + "run Teardown there, or give this repository another names.project and other ports in stack/stack.json");
        }

        var before = all.Where(IsOwn).ToList();
        CheckPorts(before, services);
        Folders.Require(_context.Paths, [_context.Paths.Rendered, _context.Paths.Run]);
        Images.Pull();
        StackFiles.Render(_context);
        new ServiceImages(_context, _docker).Build(services);
        cancellation.ThrowIfCancellationRequested();
        foreach (var container in before.Where(container => stopped.Any(service => service.Name == container.Service)))
        {
            _docker.Ask($"stop {container.Name}");
            _docker.Ask($"rm {container.Name}");
        }

        CreateNetworkAndVolume();

        var clock = Stopwatch.StartNew();
        var opened = Task.Run(Logs.Open, cancellation);
        try
        {
            Compose("compose.yaml", Model.StackProject);
        }
        finally
        {
            await Task.WhenAny(opened);
        }

        var watch = new ContainerWatch(this, Containers());
        var starting = StartServicesAsync(services, opened);
        var ready = Readiness.WaitAsync(Probes(services), clock, timeout, watch.Exited, cancellation, watch.HealthyAsync);
        await Task.WhenAny(starting, ready);
        await starting;
        var seconds = await ready;
        var now = Containers();
        if (now.FirstOrDefault(container => container.Service == Component.Grafana.Name) is { } grafana)
            await new GrafanaAdministrator(_context, _docker).EnsureAsync(grafana.Name, cancellation);
        var started = now.Where(container => !before.Any(old => old.Id == container.Id && old.State == "running"))
            .Select(container => container.Service).ToHashSet();
        return [.. (await StatusOfAsync(now, cancellation)).Select(component
            => component with { Seconds = started.Contains(component.Name) && seconds.TryGetValue(component.Name, out var value) ? value : null })];
    }

    private async Task StartServicesAsync(IReadOnlyList<DiscoveredService> services, Task opened)
    {
        await opened;
        string[] some = services.Count < _context.Services.Count ? [.. services.Select(service => service.Name)] : [];
        if (services.Count > 0)
            await Task.Run(() => Compose("services.compose.yaml", Model.ServicesProject, some));
    }

    public Task<IReadOnlyList<ComponentStatus>> StatusAsync(CancellationToken cancellation) => StatusOfAsync(Containers(), cancellation);

    private async Task<IReadOnlyList<ComponentStatus>> StatusOfAsync(IReadOnlyList<Container> seen, CancellationToken cancellation)
    {
        var containers = seen.ToLookup(container => container.Service);
        var inUse = Listeners.Ports();
        ComponentStatus Row(string name, string kind, int? port)
        {
            var container = containers[name].FirstOrDefault();
            var state = container is null ? "down"
                : container.State != "running" ? container.State
                : container.Health == "healthy" && port is null ? "ready" : "starting";
            return new ComponentStatus(name, kind, state, container?.Name, port, port is { } number ? Endpoint.Local(number).Address : null);
        }

        return await Readiness.OfAsync(
            [.. Components.Select(part => Row(part.Name, "stack", part.Api(_context.Settings)?.Address.Port)),
             .. _context.Services.Select(service => Row(service.Name, "service", service.Port))
                .Select(row => row.State is "down" or "exited" ? Readiness.OrByHand(row, inUse) : row)],
            Probes(_context.Services),
            cancellation);
    }

    public Task LogsAsync(string? component, int lines, bool follow, CancellationToken cancellation)
    {
        var known = Components.Select(part => part.Name).Concat(_context.Services.Select(service => service.Name)).ToList();
        if (component is not null && !known.Contains(component))
            throw new FaultException($"--component={component}: no such component; known: {string.Join(", ", known)}");
        if (follow && component is null)
            throw new FaultException("--follow needs --component=<name> on the docker engine");
        foreach (var container in Containers().Where(container => component is null || container.Service == component))
        {
            if (component is null)
                _context.Say($"── {container.Service}");
            ShowLog(container, lines, follow, cancellation);
        }

        return Task.CompletedTask;
    }

    private void ShowLog(Container container, int lines, bool follow, CancellationToken cancellation)
    {
        string? Show(string? line)
        {
            if (line is not null)
                _context.Say(line);
            return null;
        }

        try
        {
            _ = _context.DockerLogs(
                new DockerContainerLogsSettings
                {
                    Tail = lines.ToString(CultureInfo.InvariantCulture),
                    Follow = follow ? true : null,
                    // A container's standard error is as much its log as its standard output; both are shown line by line as they come.
                    SetupProcessSettings = process => (process.RedirectStandardError, process.RedirectedStandardOutputHandler,
                        process.RedirectedStandardErrorHandler) = (true, Show, Show),
                },
                container.Name);
        }
        catch (CakeException) when (cancellation.WaitHandle.WaitOne(follow ? InterruptPatience : TimeSpan.Zero))
        {
            return;
        }
    }

    public Task<IReadOnlyList<string>> TeardownAsync(bool purge, CancellationToken cancellation)
    {
        if (Obstacles() is { Count: > 0 } obstacles)
            throw new FaultException([.. obstacles.Select(obstacle => $"Teardown of the docker engine cannot run: {obstacle}")]);
        var removed = new List<string>();
        var all = All() ?? [];
        if (Foreign(all) is { } root)
        {
            _context.Say($"The project {_context.Settings.Names.Project} belongs to {root}: nothing of it is touched from here.");
            return Task.FromResult<IReadOnlyList<string>>(removed);
        }

        var containers = all.Where(IsOwn).ToList();
        removed.AddRange(containers.Select(container => container.Service));
        Down(Model.ServicesProject, purge);
        Down(Model.StackProject, purge);
        var names = _context.Settings.Names;
        if (CutShort() is { Count: > 0 } leftover && _docker.Ask($"rm --force --volumes {string.Join(' ', leftover)}") is not null)
            removed.Add("a container of an Up cut short");
        if (Exists("network", names.Network) && IsOurs("network", names.Network))
            removed.AddRange(Remove("network", names.Network));
        if (purge)
        {
            if (Exists("volume", names.LogsVolume))
                removed.AddRange(Remove("volume", names.LogsVolume));
            foreach (var service in _context.Services.Where(service => _docker.Ask($"image rm {ServiceImages.Of(_context, service)}") is not null))
                removed.Add($"image {ServiceImages.Of(_context, service)}");
            // Compose knows a project by its containers alone: after a Teardown without --purge the volumes are all that is left.
            var left = DataVolumes().Where(volume => _docker.Ask($"volume rm {volume}") is not null).ToList();
            if (containers.Count > 0 || left.Count > 0)
                removed.Add("data volumes");
        }

        return Task.FromResult<IReadOnlyList<string>>(removed);
    }

    private IEnumerable<string> Remove(string kind, string name)
    {
        var users = _docker.Ask($"ps --all --filter {kind}={name} --format {{{{.Names}}}}") ?? [];
        var sharers = users.Count == 0 && kind == "volume" ? Logs.Sharers() : [];
        if (users.Count == 0 && sharers is { Count: 0 } && _docker.Ask($"{kind} rm {name}") is not null)
            return [$"{kind} {name}"];
        var reason = users.Count > 0 ? $"{string.Join(", ", users)} of another project still uses it; stop that and repeat"
            : sharers is null ? "docker could not look into it for the lines of others; docker volume rm removes it all the same"
            : sharers.Count > 0 ? $"{string.Join(", ", sharers)} kept data here and may have lines in it; the last Teardown --purge removes it"
            : "docker does not remove it; repeat the Teardown target";
        _context.Say($"The {kind} {name} stays: {reason}.");
        if (sharers is { Count: > 0 })
            Logs.Clear();
        return [];
    }

    /// <summary>Containers that were to do one thing and go, and whose build ended before they were started.</summary>
    private IReadOnlyList<string> CutShort()
        => _docker.Ask($"ps --all --quiet --filter label={OwnLabel}={_context.Settings.Names.Project}") ?? [];

    private IEnumerable<string> DataVolumes()
        => new[] { Model.StackProject, Model.ServicesProject }
            .SelectMany(project => _docker.Ask($"volume ls --quiet --filter label=com.docker.compose.project={project}") ?? []);

    public bool LeavesNothing()
    {
        if (_docker.Obstacles().Count > 0)
            return false;
        var (all, network) = (All() ?? [], _context.Settings.Names.Network);
        return Foreign(all) is not null || (all.Count == 0 && CutShort().Count == 0 && !(Exists("network", network) && IsOurs("network", network)));
    }

    /// <summary>The containers of both projects, running or not; none where the engine does not answer.</summary>
    internal IReadOnlyList<Container> Containers() => Look() ?? [];

    /// <summary>The containers of both projects, running or not; null where the engine does not answer.</summary>
    internal IReadOnlyList<Container>? Look() => All()?.Where(IsOwn).ToList();

    /// <summary>The checkout whose stack bears this one's project name; null where none does.</summary>
    private string? Foreign(List<Container> all)
        => all.FirstOrDefault(container => !IsOwn(container)) is { Rendered: { } rendered } ? Ownership.RootOf(rendered) : null;

    private bool IsOwn(Container container) => Ownership.IsOwn(_context.Paths, container.Rendered);

    private List<Container>? All()
        => _docker.Ask("ps --all --no-trunc --filter label=com.docker.compose.project --format \"{{json .}}\"")?
            .Where(line => line.StartsWith('{'))
            .Select(Read)
            .Where(container => container.Project == Model.StackProject || container.Project == Model.ServicesProject)
            .ToList();

    /// <summary>Why the engine answers no more, in one line.</summary>
    internal string Silence(string component)
        => $"{_docker.Gone("docker ps failed") ?? "docker ps failed"} while waiting for {component}; start it and repeat, or clean up with the Teardown target";

    /// <summary>Restarts of the containers so far, by container id.</summary>
    internal IReadOnlyDictionary<string, int> Restarts(IReadOnlyList<Container> containers)
        => containers.Count == 0
            ? new Dictionary<string, int>()
            : (_docker.Ask($"inspect --format \"{{{{.Id}}}} {{{{.RestartCount}}}}\" {string.Join(' ', containers.Select(container => container.Id))}") ?? [])
            .Select(line => line.Split(' '))
            .Where(parts => parts.Length == 2)
            .ToDictionary(parts => parts[0], parts => int.TryParse(parts[1], out var count) ? count : 0);

    /// <summary>The last lines a container printed.</summary>
    internal string LogEnd(Container container, int lines)
    {
        var log = _docker.Answer($"logs --tail {lines} {container.Name}");
        return string.Join(Environment.NewLine, [.. log.Output, .. log.Errors]);
    }

    private static Container Read(string line)
    {
        using var document = JsonDocument.Parse(line);
        string Text(string key) => document.RootElement.TryGetProperty(key, out var value) ? value.GetString() ?? "" : "";
        string? Label(string key) => Text("Labels").Split(',').FirstOrDefault(label => label.StartsWith(key + "=", StringComparison.Ordinal))?.Split('=', 2)[1];
        var status = Text("Status");
        var health = status.Contains("(healthy)", StringComparison.Ordinal) ? "healthy"
            : status.Contains("(unhealthy)", StringComparison.Ordinal) ? "unhealthy" : "";
        var rendered = RenderedInto().Match(Text("Labels")) is { Success: true } folder ? folder.Value : null;
        return new Container(Text("ID"), Text("Names"), Label("com.docker.compose.service") ?? Text("Names"), Text("State"), health,
            Label("com.docker.compose.project") ?? "", rendered);
    }

    private List<Probe> Probes(IReadOnlyList<DiscoveredService> services)
        => [.. Components.Select(part => new Probe(part.Name, part.Ready(_context.Settings))),
            .. services.Select(service => new Probe(service.Name, service.Ready))];

    private void CheckPorts(IReadOnlyList<Container> containers, IReadOnlyList<DiscoveredService> services)
    {
        var running = containers.Where(container => container.State == "running").Select(container => container.Service).ToHashSet();
        Ports.Refuse(
            [
                .. Component.PortsOf(Kind, _context.Settings)
                    .Where(port => !running.Contains(port.Component.Name))
                    .Select(port => (port.Port.SettingsKey, port.Number, (string?)null)),
                .. services.Where(service => !running.Contains(service.Name)).Select(Ports.Of),
            ],
            port => _docker.Ask($"ps --filter publish={port} --format {{{{.Names}}}}") is [var name, ..] ? $"the container {name}" : null);
    }

    private void CreateNetworkAndVolume()
    {
        var names = _context.Settings.Names;
        if (!Exists("network", names.Network))
        {
            _docker.Call(
                $"creating the network {names.Network}",
                "see names.network in stack/stack.json",
                new DockerNetworkCreateSettings { Label = [$"{OwnLabel}={names.Project}"] },
                settings => _context.DockerNetworkCreate(settings, names.Network));
        }

        if (!Exists("volume", names.LogsVolume))
        {
            _docker.Call(
                $"creating the volume {names.LogsVolume}",
                "see names.logsVolume in stack/stack.json",
                new DockerVolumeCreateSettings { Label = $"{OwnLabel}={names.Project}" },
                settings => _context.DockerVolumeCreate(settings, names.LogsVolume));
        }
    }

    private void Compose(string file, string project, params string[] services)
        => _docker.Compose(
            $"starting {project}",
            "see the Logs target, and clean up with the Teardown target",
            new DockerComposeUpSettings { Detach = true, RemoveOrphans = true },
            settings => _context.DockerComposeUp(
                settings,
                new DockerComposeSettings { File = [Path.Combine(_context.Paths.Rendered, file)], ProjectName = project },
                services));

    private void Down(string project, bool purge)
        => _docker.Compose(
            $"stopping {project}",
            "repeat the Teardown target",
            new DockerComposeDownSettings { RemoveOrphans = true, Volumes = purge ? true : null },
            settings => _context.DockerComposeDown(settings, new DockerComposeSettings { ProjectName = project }));

    // Labels are listed with commas between them, which a folder's name may hold, too.
    [GeneratedRegex(@"(?<=(^|,)com\.docker\.compose\.project\.working_dir=).+?(?=,[A-Za-z0-9_.-]+=|$)")]
    private static partial Regex RenderedInto();

    private bool Exists(string kind, string name) => _docker.Ask($"{kind} inspect {name}") is not null;

    private bool IsOurs(string kind, string name)
        => _docker.Ask($"{kind} inspect --format \"{{{{json .Labels}}}}\" {name}") is [var labels, ..]
            && labels.Contains($"\"{OwnLabel}\"", StringComparison.Ordinal);
}

/// <summary>One container of the two projects.</summary>
/// <param name="Service">The Compose service: a component or a service of the repository.</param>
/// <param name="State">What the engine says: <c>running</c>, <c>exited</c>, <c>restarting</c>, …</param>
/// <param name="Health"><c>healthy</c>, <c>unhealthy</c> or empty.</param>
/// <param name="Rendered">The folder of the Compose file that it came from; null where Compose does not say.</param>
internal sealed record Container(string Id, string Name, string Service, string State, string Health, string Project, string? Rendered);
