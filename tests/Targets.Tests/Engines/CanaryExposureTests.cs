using System.Net;
using MicroMonitored.Targets.Engines.Embedded;
using MicroMonitored.Verification;

namespace Targets.Tests.Engines;

/// <summary>How the scraper of each engine finds and reaches the canary.</summary>
public sealed class CanaryExposureTests : IDisposable
{
    private readonly SimulatedStack _stack = new();

    public void Dispose() => _stack.Dispose();

    [Fact]
    public void Containers_reach_it_by_the_gateway_of_their_network()
    {
        _stack.Docker.Gateway = "fd00::1 127.0.0.1 ";

        Assert.Equal(new CanaryExposure(7, IPAddress.Loopback, Targets("prometheus/targets"), "127.0.0.1"), _stack.Engine().ExposeCanary(7));
        Assert.Equal(
            ["""docker network inspect monitoring --format "{{range .IPAM.Config}}{{.Gateway}} {{end}}" """.Trim()], _stack.CommandLines());
    }

    [Theory]
    [InlineData("192.0.2.1 ")]
    [InlineData("")]
    public void An_engine_in_a_machine_of_its_own_reaches_it_by_name(string gateway)
    {
        _stack.Docker.Gateway = gateway;

        Assert.Equal(new CanaryExposure(0, null, Targets("prometheus/targets"), "host.docker.internal"), _stack.Engine().ExposeCanary(0));
    }

    [Fact]
    public void The_embedded_engine_reads_it_beside_the_services() =>
        Assert.Equal(new CanaryExposure(0, TargetsFile: Targets("embedded")), new EmbeddedEngine(_stack.Context()).ExposeCanary(0));

    private string Targets(string folder) => Path.Combine(_stack.Paths.Rendered, Path.Combine(folder.Split('/')), "canary.json");
}
