using System.Net;
using MicroMonitored.Targets.Engines.Embedded;
using MicroMonitored.Verification;

namespace Targets.Tests.Engines;

/// <summary>How the scraper of each engine finds and reaches the canary, and the notifier Verify.</summary>
public sealed class ExposureTests : IDisposable
{
    private readonly SimulatedStack _stack = new();

    public void Dispose() => _stack.Dispose();

    [Fact]
    public void Containers_reach_it_by_the_gateway_of_their_network()
    {
        _stack.Docker.Gateway = "fd00::1 127.0.0.1 ";

        Assert.Equal(new Exposure(7, IPAddress.Loopback, Targets("prometheus/targets"), "127.0.0.1", Url("alertmanager")), _stack.Engine().Expose("canary", 7));
        Assert.Equal(
            ["""docker network inspect monitoring --format "{{range .IPAM.Config}}{{.Gateway}} {{end}}" """.Trim()], _stack.CommandLines());
    }

    [Theory]
    [InlineData("192.0.2.1 ")]
    [InlineData("")]
    public void An_engine_in_a_machine_of_its_own_reaches_it_by_name(string gateway)
    {
        _stack.Docker.Gateway = gateway;

        Assert.Equal(new Exposure(0, null, Targets("prometheus/targets"), "host.docker.internal", Url("alertmanager")), _stack.Engine().Expose("canary"));
    }

    [Fact]
    public void The_embedded_engine_reads_it_beside_the_services() =>
        Assert.Equal(new Exposure(0, TargetsFile: Targets("embedded"), UrlFile: Url("embedded")), new EmbeddedEngine(_stack.Context()).Expose("canary"));

    private string Url(string folder) => Path.Combine(_stack.Paths.Rendered, folder, "verify.url");

    private string Targets(string folder) => Path.Combine(_stack.Paths.Rendered, Path.Combine(folder.Split('/')), "canary.json");
}
