using MicroMonitored.Instrumentation;

namespace Instrumentation.Tests;

public sealed class HealthProbeTests
{
    [Theory]
    [InlineData(null, null, "http://127.0.0.1:8080/")]
    [InlineData(null, "9000;9001", "http://127.0.0.1:9000/")]
    [InlineData("http://+:8080", null, "http://127.0.0.1:8080/")]
    [InlineData("https://*:8443;http://*:8081", null, "http://127.0.0.1:8081/")]
    [InlineData("http://[::]:8080", null, "http://127.0.0.1:8080/")]
    [InlineData("http://127.0.0.1:5005", "1", "http://127.0.0.1:5005/")]
    public void The_probe_asks_where_the_service_listens(string? urls, string? ports, string expected)
        => Assert.Equal(expected, HealthProbe.Address(urls, ports).ToString());

    [Fact]
    public void The_probe_asks_at_the_port_that_the_endpoints_were_moved_to()
        => Assert.Equal("http://127.0.0.1:9464/", HealthProbe.Address("http://+:8080", null, "9464").ToString());
}
