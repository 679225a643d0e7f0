namespace Monitoring.Tests;

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
}
