using System.Net;
using System.Net.Sockets;
using Embedded.Tests.Ingest;
using MicroMonitored.Embedded;
using MicroMonitored.Model;

namespace Embedded.Tests.Hosting;

public sealed class EmbeddedEngineTests
{
    [Fact]
    public async Task It_starts_within_a_process_and_leaves_ports_and_store_free()
    {
        using var folder = new TemporaryFolder();
        var options = new EmbeddedOptions { DataFolder = folder.File("data"), LogFolder = folder.File("logs"), Ports = Configurations.FreePorts() };
        using var client = new HttpClient();
        for (var round = 0; round < 2; round++)
        {
            await using var engine = await EmbeddedEngine.StartAsync(options);
            Assert.Equal("ready\n", await client.GetStringAsync($"http://127.0.0.1:{options.Ports.Loki}/ready"));
            var refused = await Assert.ThrowsAnyAsync<IOException>(() => EmbeddedEngine.StartAsync(options));
            Assert.Contains("in use by another engine", refused.Message, StringComparison.Ordinal);
        }

        using var listener = new TcpListener(IPAddress.Loopback, options.Ports.Loki);
        listener.Start();
    }

    [Fact]
    public async Task Beyond_loopback_it_does_not_start_without_a_token()
    {
        using var folder = new TemporaryFolder();
        var options = new EmbeddedOptions
        {
            DataFolder = folder.File("data"), LogFolder = folder.File("logs"), Ports = Configurations.FreePorts(), BindAddress = IPAddress.Any,
        };
        var refused = await Assert.ThrowsAsync<FaultException>(() => EmbeddedEngine.StartAsync(options));
        Assert.Contains("bindAddress: 0.0.0.0 is not loopback and needs a token", Assert.Single(refused.Faults), StringComparison.Ordinal);
        Assert.False(Directory.Exists(options.DataFolder));
    }

    [Theory]
    [InlineData("POST", "/ready", 405, "GET, HEAD")]
    [InlineData("DELETE", "/api/v1/query", 405, "GET, HEAD, POST")]
    [InlineData("POST", "/v1/traces", 404, null)]
    [InlineData("POST", "/opentelemetry.proto.collector.trace.v1.TraceService/Export", 404, null)]
    public async Task A_port_knows_the_endpoints_of_its_product_only(string method, string path, int status, string? allowed)
    {
        await using var engine = await Engine.StartAsync();
        var ports = engine.Options.Ports;
        foreach (var port in (int[])[ports.Prometheus, ports.Loki, ports.Tempo, ports.Grafana])
        {
            var known = path switch
            {
                "/ready" => port == ports.Loki || port == ports.Tempo,
                "/api/v1/query" => port == ports.Prometheus,
                _ => false,
            };
            using var request = new HttpRequestMessage(new HttpMethod(method), $"http://127.0.0.1:{port}{path}");
            using var answer = await engine.Client.SendAsync(request);
            Assert.Equal(known ? status : 404, (int)answer.StatusCode);
            if (known)
                Assert.Equal(allowed, string.Join(", ", answer.Content.Headers.Allow));
        }
    }
}
