using System.Globalization;
using Cake.Core;
using Cake.Core.IO;
using MicroMonitored.Model;
using MicroMonitored.Model.Components;
using MicroMonitored.Model.Settings;
using Path = System.IO.Path;

namespace MicroMonitored.Targets.Diagnosis;

/// <summary>Looks at everything that a stack needs on this machine, without changing anything.</summary>
internal sealed class Examination(BuildContext context, Machine machine)
{
    private const long LeastDisk = 5L << 30;
    private const long LeastMemory = 4L << 30;
    private readonly DockerCli _docker = new(context);

    public IReadOnlyList<Finding> Run()
    {
        var findings = new List<Finding> { Sdk(), Settings() };
        var usable = findings[^1].Status != FindingStatus.Fail;
        var services = usable ? Services() : null;
        var whole = services is { Status: not FindingStatus.Fail };
        findings.AddRange(Docker(usable, whole));
        if (services is not null)
        {
            findings.Add(services);
            findings.AddRange(PortRows(whole));
            if (whole)
                findings.Add(Configuration());
            findings.Add(Password());
        }

        findings.AddRange(PackageRows.Of(context));
        findings.Add(Disk());
        findings.Add(Memory());
        findings.Add(Writable());
        if (usable && context.Settings.Agent == AgentChoice.Promtail)
            findings.Add(new Finding("log agent", FindingStatus.Warn, "Promtail reached its end of life on 2026-03-02; it works, but gets no fixes",
                "set agent to alloy in stack/stack.json: stack/assets/alloy/README.md"));
        return findings;
    }

    private Finding Sdk()
    {
        try
        {
            var sdk = context.Capture("dotnet --version", "dotnet", new ProcessArgumentBuilder().Append("--version"), context.Paths.Root);
            return new Finding(".NET SDK", FindingStatus.Pass, sdk.Count > 0 ? sdk[0] : "found");
        }
        catch (CakeException exception)
        {
            return new Finding(".NET SDK", FindingStatus.Fail, exception.Message, "install the SDK of global.json from https://dot.net/download");
        }
    }

    private Finding Settings()
    {
        try
        {
            var engine = context.Settings.Engine.ToString().ToLowerInvariant();
            return new Finding("settings", FindingStatus.Pass, $"{context.Paths.Shown(context.SettingsFile)} is valid, engine {engine}");
        }
        catch (FaultException exception)
        {
            return new Finding("settings", FindingStatus.Fail, string.Join(Environment.NewLine, exception.Faults), "mend the keys named");
        }
    }

    private IEnumerable<Finding> Docker(bool settings, bool whole)
    {
        if (_docker.Obstacles() is [var obstacle, ..])
        {
            var parts = obstacle.Split("; ", 2);
            var needed = settings && context.Settings.Engine == EngineChoice.Docker;
            yield return new Finding("Docker", needed ? FindingStatus.Fail : FindingStatus.Warn, parts[0], parts.Length > 1 ? parts[1] : null);
            yield break;
        }

        yield return new Finding("Docker", FindingStatus.Pass,
            $"engine {_docker.Ask("version --format {{.Server.Version}}")?[0]}, Compose {_docker.Ask("compose version --short")?[0] ?? "stand-alone"}");
        if (!whole)
            yield break;
        var missing = new DockerEngine(context).Images.Missing();
        yield return missing.Count == 0
            ? new Finding("images", FindingStatus.Pass, "all are here")
            : new Finding("images", FindingStatus.Warn, $"not here: {string.Join(", ", missing.Select(image => $"{image.Reference} ({image.Keys})"))}",
                "Up pulls them; without a registry load them by docker load or set images.* to what is here");
    }

    private Finding Services()
    {
        try
        {
            return context.Services.Count == 0
                ? new Finding("services", FindingStatus.Warn, "no project below src/ says <MonitoredService>true</MonitoredService>",
                    "add one with dotnet new micro-monitored-service")
                : new Finding("services", FindingStatus.Pass, string.Join(", ", context.Services.Select(service => service.Name)));
        }
        catch (FaultException exception)
        {
            return new Finding("services", FindingStatus.Fail, string.Join(Environment.NewLine, exception.Faults), "mend the projects named");
        }
    }

    private IEnumerable<Finding> PortRows(bool whole)
    {
        var lent = machine.EphemeralPorts;
        var wanted = Component.TakenPorts(context.Settings)
            .Concat(whole ? context.Services.Select(service => KeyValuePair.Create($"the service {service.Name}", service.Port)) : []).ToList();
        foreach (var (key, port) in wanted.Where(port => lent.Contains(port.Value)))
            yield return new Finding("port range", FindingStatus.Warn,
                $"{key} {port} lies in {lent.First}-{lent.Last}, which the system lends to outgoing connections: Up may find it taken by chance",
                $"set a port below {lent.First} in stack/stack.json, or reserve it in net.ipv4.ip_local_reserved_ports");
        if (EngineSelection.Recorded(context) is { } engine)
        {
            yield return new Finding("ports", FindingStatus.Pass, $"in use by the stack itself, on the {engine.Name} engine");
            yield break;
        }

        var taken = wanted.Where(port => machine.PortsInUse.Contains(port.Value)).ToList();
        if (taken.Count == 0)
            yield return new Finding("ports", FindingStatus.Pass, "all are free");
        foreach (var (key, port) in taken)
            yield return new Finding("ports", FindingStatus.Fail, $"{key} {port} is taken by {Listeners.Owner(port) ?? "another process"}",
                "end it or set another port in stack/stack.json");
    }

    private Finding Configuration()
    {
        var folder = Directory.CreateTempSubdirectory("micromonitored-doctor-");
        try
        {
            MicroMonitored.Model.Rendering.StackRenderer.Render(MicroMonitored.Model.Rendering.StackModel.Create(context.Settings, context.Services),
                context.Paths.Assets, folder.FullName);
            if (context.Tools.Resolve("promtool") is not { } promtool)
                return new Finding("configuration lint", FindingStatus.Warn, "the files render and parse; promtool, which knows their keys, is not on the PATH",
                    "put the promtool of a Prometheus release on the PATH to have rules and scrapes checked, too");
            context.Capture("promtool", promtool, new ProcessArgumentBuilder().Append("check").Append("config")
                .AppendQuoted(Path.Combine(folder.FullName, "prometheus", "prometheus.yml")), folder.FullName);
            return new Finding("configuration lint", FindingStatus.Pass, "promtool finds nothing");
        }
        catch (Exception exception) when (exception is CakeException or FaultException)
        {
            return new Finding("configuration lint", FindingStatus.Fail, exception.Message, "mend stack/assets");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private Finding Password()
        => context.Settings.Grafana.HasDefaultPassword
            ? new Finding("Grafana password", FindingStatus.Warn, "the well-known development default is in use",
                "set STACK__GRAFANA__PASSWORD or grafana.passwordFile before anybody else can reach the port")
            : new Finding("Grafana password", FindingStatus.Pass, "not the default");

    private Finding Disk()
        => machine.FreeDisk >= LeastDisk
            ? new Finding("disk", FindingStatus.Pass, $"{Gigabytes(machine.FreeDisk)} free")
            : new Finding("disk", FindingStatus.Warn, $"{Gigabytes(machine.FreeDisk)} free", $"make room: images and data want {Gigabytes(LeastDisk)}");

    private Finding Memory()
        => machine.Memory >= LeastMemory
            ? new Finding("memory", FindingStatus.Pass, Gigabytes(machine.Memory))
            : new Finding("memory", FindingStatus.Warn, Gigabytes(machine.Memory),
                $"the docker engine wants {Gigabytes(LeastMemory)}; lower memory.* in stack/stack.json or use --engine=embedded");

    private Finding Writable()
    {
        try
        {
            Folders.Require(context.Paths, [context.Paths.Artifacts]);
            return new Finding("folders", FindingStatus.Pass, $"{context.Paths.Shown(context.Paths.Artifacts)} can be written");
        }
        catch (FaultException exception)
        {
            return new Finding("folders", FindingStatus.Fail, exception.Faults[0]);
        }
    }

    private static string Gigabytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1L << 30):0.#} GB");
}
