using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Cake.Core;
using MicroMonitored.Model;
using MicroMonitored.Model.Components;
using MicroMonitored.Model.Embedded;
using MicroMonitored.Model.Rendering;
using MicroMonitored.Model.Services;
using MicroMonitored.Verification;

namespace MicroMonitored.Targets.Engines.Embedded;

/// <summary>Runs the embedded engine and the services as processes of the host.</summary>
internal sealed class EmbeddedEngine(BuildContext context) : IStackEngine
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    public StackEngine Kind => StackEngine.Embedded;

    public Exposure Expose(string name, int port = 0)
        => new(port, TargetsFile: Path.Combine(Rendered, name + ".json"), UrlFile: Path.Combine(Rendered, VerifyAlert.UrlFile));

    private string EngineName => Kind.Name;

    private IReadOnlyList<Component> Components => Component.Of(Kind, context.Settings);

    public ILogProbe LogProbe => new FolderLogProbe(context.Paths.Logs, context.Paths.Run);

    private string Rendered => Path.Combine(context.Paths.Rendered, EngineName);

    private string Processes => Path.Combine(context.Paths.Run, "processes");

    public IReadOnlyList<string> Obstacles()
        => context.Settings.IsOpen
            ? [$"bindAddress is {context.Settings.BindAddress}, but the embedded engine serves this machine only; use 127.0.0.1 or --engine=docker"]
            : [];

    public async Task<IReadOnlyList<ComponentStatus>> UpAsync(TimeSpan timeout, CancellationToken cancellation, ServiceChoice? choice = null)
    {
        var (services, stopped) = choice ??= new ServiceChoice(context.Services, []);
        CheckPorts(services);
        CheckFolders();
        Render();
        ServiceBuild.Run(context, services);

        var wanted = new List<(HostProcess Process, IReadOnlyList<string> Arguments, IReadOnlyDictionary<string, string> Variables)>
        {
            EngineProcess(),
        };
        wanted.AddRange(services.Select(service => ServiceProcess(service, wanted[0].Process.Assembly)));

        var untouched = context.Services.Except(services).Except(stopped).Select(service => service.Name).ToHashSet();
        bool Stays(HostProcess known)
            => stopped.All(service => service.Name != known.Name)
                && (untouched.Contains(known.Name) || wanted.Any(next => known.Serves(next.Process) && known.Pid(Processes) is not null));
        foreach (var stale in HostProcess.In(Processes).Where(known => !Stays(known)))
            await stale.StopAsync(Processes, Grace, cancellation);

        var clock = Stopwatch.StartNew();
        var started = new HashSet<string>();
        foreach (var (process, arguments, variables) in wanted.Where(next => next.Process.Pid(Processes) is null))
        {
            process.Start(Processes, LogOf(process.Name), arguments, variables);
            started.Add(process.Name);
        }

        var seconds = await Readiness.WaitAsync(Probes(services), clock, timeout, Exited, cancellation);
        return [.. (await StatusAsync(cancellation)).Select(component
            => component with { Seconds = started.Contains(ProcessOf(component.Name)) && seconds.TryGetValue(component.Name, out var value) ? value : null })];
    }

    public bool LeavesNothing() => HostProcess.In(Processes).All(process => process.Pid(Processes) is null);

    public async Task<IReadOnlyList<ComponentStatus>> StatusAsync(CancellationToken cancellation)
    {
        var known = HostProcess.In(Processes).ToDictionary(process => process.Name, process => process.Pid(Processes));
        var engine = known.GetValueOrDefault(EngineName);
        var inUse = Listeners.Ports();
        var components = Components.Select(part => Row(part.NameOn(Kind), "stack", engine, part.Api(context.Settings)!))
            .Concat(context.Services
                .Select(service => Row(service.Name, "service", known.GetValueOrDefault(service.Name), service.Endpoint))
                .Select(row => row.Id is null ? Readiness.OrByHand(row, inUse) : row));
        return await Readiness.OfAsync([.. components], Probes(context.Services), cancellation);
    }

    public async Task LogsAsync(string? component, int lines, bool follow, CancellationToken cancellation)
    {
        var files = new Dictionary<string, string> { [EngineName] = LogOf(EngineName) };
        foreach (var service in context.Services)
            files[service.Name] = Path.Combine(context.Paths.Logs, service.Name + ".log");
        var aliases = Components.Select(part => part.NameOn(Kind)).ToArray();
        if (component is not null && !files.ContainsKey(component) && !aliases.Contains(component))
            throw new FaultException($"--component={component}: no such component; known: {string.Join(", ", files.Keys.Concat(aliases))}");
        var chosen = component is null
            ? files
            : files.Where(file => file.Key == component || (file.Key == EngineName && aliases.Contains(component))).ToDictionary();
        await LogTail.PrintAsync(chosen, lines, follow, context.Paths, cancellation);
    }

    public async Task<IReadOnlyList<string>> TeardownAsync(bool purge, CancellationToken cancellation)
    {
        var stopped = new List<string>();
        var known = HostProcess.In(Processes);
        await Task.WhenAll(known.Where(process => process.Name != EngineName).Select(StopAsync));
        await Task.WhenAll(known.Where(process => process.Name == EngineName).Select(StopAsync));
        if (purge && Directory.Exists(context.Paths.Run))
        {
            Directory.Delete(context.Paths.Run, recursive: true);
            stopped.Add($"{context.Paths.Shown(context.Paths.Run)} (data and logs)");
        }

        return stopped;

        async Task StopAsync(HostProcess process)
        {
            if (await process.StopAsync(Processes, Grace, cancellation))
                stopped.Add(process.Name);
        }
    }

    private (HostProcess Process, IReadOnlyList<string> Arguments, IReadOnlyDictionary<string, string> Variables) EngineProcess()
    {
        var configuration = Path.Combine(Rendered, EmbeddedFiles.Configuration);
        var variables = new Dictionary<string, string> { ["DOTNET_gcServer"] = "0" };
        var copy = EngineProgram.Copy(Path.Combine(context.Paths.Run, "app"), EngineName);
        // It reads its targets anew while it runs: a service more or less is no reason to start it anew.
        var options = JsonNode.Parse(File.ReadAllText(configuration))!.AsObject();
        options.Remove("services");
        foreach (var (name, value) in FaultInjection.Variables(context, copy))
            variables[name] = value;
        var fingerprint = Fingerprint([copy, options.ToJsonString(), .. variables.Values]);
        var process = new HostProcess(EngineName, "stack", context.Settings.Ports.Prometheus, copy, fingerprint, new Dictionary<string, string>());
        return (process, ["--config", configuration], variables);
    }

    private (HostProcess Process, IReadOnlyList<string> Arguments, IReadOnlyDictionary<string, string> Variables) ServiceProcess(
        DiscoveredService service, string engine)
    {
        var variables = ServiceEnvironment.Of(
            service,
            context.Services,
            context.Settings.Sampling,
            service.Endpoint.ToString(),
            Endpoint.Local(context.Settings.Ports.OtlpHttp).ToString(),
            context.Paths.Logs,
            other => other.Endpoint.ToString()).ToDictionary();
        foreach (var (name, value) in FaultInjection.Variables(context, engine, service))
            variables[name] = value;
        var copy = ShadowCopy.Of(Path.GetDirectoryName(context.Paths.Assembly(service.ProjectName))!, Path.Combine(context.Paths.Run, "app"),
            service.Name, service.ProjectName);
        var peers = variables.Where(pair => pair.Key.StartsWith(ServiceEnvironment.PeerPrefix, StringComparison.Ordinal)).ToDictionary();
        var own = variables.Where(pair => !peers.ContainsKey(pair.Key)).OrderBy(pair => pair.Key, StringComparer.Ordinal);
        var fingerprint = Fingerprint([copy, .. own.Select(pair => $"{pair.Key}={pair.Value}")]);
        return (new HostProcess(service.Name, "service", service.Port, copy, fingerprint, peers), [], variables);
    }

    private void CheckPorts(IReadOnlyList<DiscoveredService> services)
    {
        var ours = HostProcess.In(Processes).Where(process => process.Pid(Processes) is not null).ToList();
        var engineRuns = ours.Any(process => process.Name == EngineName);
        var wanted = new List<(string Key, int Port, string? Fix)>();
        if (!engineRuns)
            wanted.AddRange(Component.PortsOf(Kind, context.Settings).Select(port => (port.Port.SettingsKey, port.Number, (string?)null)));
        wanted.AddRange(services.Where(service => !ours.Any(process => process.Port == service.Port)).Select(Ports.Of));
        Ports.Refuse(wanted);
    }

    private void CheckFolders() => Folders.Require(context.Paths,
        [Rendered, context.Paths.Run, context.Paths.Logs, context.Paths.Data, Path.Combine(context.Paths.Run, "app"), Processes]);

    private void Render()
    {
        var dashboards = Path.Combine(context.Paths.Assets, "grafana", "dashboards");
        foreach (var (name, content) in EmbeddedFiles.Render(context.Settings, context.Services, context.Paths.Data, context.Paths.Logs, dashboards))
            ChangedFile.Write(Path.Combine(Rendered, name), content);

        var folder = Directory.CreateDirectory(Path.Combine(Rendered, EmbeddedFiles.Rules)).FullName;
        var rules = StackRenderer.Contents(StackModel.Create(context.Settings, context.Services), context.Paths.Assets, "prometheus/rules");
        foreach (var (name, content) in rules)
            ChangedFile.Write(Path.Combine(folder, name), Encoding.UTF8.GetString(content));
        foreach (var old in Directory.GetFiles(folder).Where(file => !rules.ContainsKey(Path.GetFileName(file))))
            File.Delete(old);
    }

    private List<Probe> Probes(IReadOnlyList<DiscoveredService> services)
        => [.. Components.Select(part => new Probe(part.NameOn(Kind), part.Ready(context.Settings))),
            .. services.Select(service => new Probe(service.Name, service.Ready))];

    private static ComponentStatus Row(string name, string kind, int? pid, Endpoint endpoint)
        => new(name, kind, pid is null ? "down" : "starting", pid?.ToString(CultureInfo.InvariantCulture), endpoint.Address.Port, endpoint.Address);

    private string? Exited(string component)
    {
        var name = ProcessOf(component);
        if (HostProcess.In(Processes).FirstOrDefault(process => process.Name == name) is not { } process || process.Pid(Processes) is not null)
            return null;
        process.Forget(Processes);
        return $"{name} exited before it was ready; the end of {context.Paths.Shown(LogOf(name))}:{Environment.NewLine}{LogTail.End(LogOf(name), 15)}";
    }

    private string ProcessOf(string component) => Components.Any(part => part.NameOn(Kind) == component) ? EngineName : component;

    private string LogOf(string name) => Path.Combine(context.Paths.Run, name + ".out");

    private static string Fingerprint(IEnumerable<string> parts)
        => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', parts))))[..16];
}
