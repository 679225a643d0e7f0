using System.Net;
using System.Net.NetworkInformation;
using MicroMonitored.Model.Components;
using MicroMonitored.Verification;

namespace MicroMonitored.Targets.Engines.Docker;

/// <summary>Where containers reach a process of this machine.</summary>
internal static class HostGateway
{
    /// <summary>Where the engine is a machine of its own (Docker Desktop), this name leads to the loopback of the person's machine.</summary>
    private const string Desktop = "host.docker.internal";

    /// <summary>The canary and Verify listen on the gateway of the stack's network, where this machine has it, and are targets beside the services.</summary>
    public static Exposure Expose(BuildContext context, DockerCli docker, string name, int port)
    {
        var targets = Path.Combine(context.Paths.Rendered, "prometheus", "targets", name + ".json");
        var said = docker.Ask($"network inspect {context.Settings.Names.Network} --format \"{{{{range .IPAM.Config}}}}{{{{.Gateway}}}} {{{{end}}}}\"");
        var gateway = said?.SelectMany(line => line.Split(' '))
            .Select(text => IPAddress.TryParse(text, out var address) ? address : null).FirstOrDefault(IsOfThisMachine);
        return new Exposure(port, gateway, targets, gateway?.ToString() ?? Desktop, Path.Combine(context.Paths.Rendered, "alertmanager", VerifyAlert.UrlFile));
    }

    private static bool IsOfThisMachine(IPAddress? address)
        => address is not null && NetworkInterface.GetAllNetworkInterfaces()
            .SelectMany(network => network.GetIPProperties().UnicastAddresses).Any(unicast => unicast.Address.Equals(address));
}
