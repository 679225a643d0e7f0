using System.Net;
using System.Net.NetworkInformation;
using MicroMonitored.Model.Embedded;
using MicroMonitored.Verification;

namespace MicroMonitored.Targets.Engines.Docker;

/// <summary>Where containers reach a process of this machine.</summary>
internal static class HostGateway
{
    /// <summary>Where the engine is a machine of its own (Docker Desktop), this name leads to the loopback of the person's machine.</summary>
    private const string Desktop = "host.docker.internal";

    /// <summary>The canary listens on the gateway of the stack's network, where this machine has it, and is a target beside the services.</summary>
    public static CanaryExposure Expose(BuildContext context, DockerCli docker, int port)
    {
        var targets = Path.Combine(context.Paths.Rendered, "prometheus", "targets", EmbeddedFiles.CanaryTargets);
        var said = docker.Ask($"network inspect {context.Settings.Names.Network} --format \"{{{{range .IPAM.Config}}}}{{{{.Gateway}}}} {{{{end}}}}\"");
        var gateway = said?.SelectMany(line => line.Split(' '))
            .Select(text => IPAddress.TryParse(text, out var address) ? address : null).FirstOrDefault(IsOfThisMachine);
        return new CanaryExposure(port, gateway, targets, gateway?.ToString() ?? Desktop);
    }

    private static bool IsOfThisMachine(IPAddress? address)
        => address is not null && NetworkInterface.GetAllNetworkInterfaces()
            .SelectMany(network => network.GetIPProperties().UnicastAddresses).Any(unicast => unicast.Address.Equals(address));
}
