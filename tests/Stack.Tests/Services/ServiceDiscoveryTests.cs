using System.Text.RegularExpressions;
using CsCheck;
using MicroMonitored.Model;
using MicroMonitored.Model.Services;

namespace Stack.Tests.Services;

/// <summary>Services are found, named and wired by their project files alone.</summary>
public sealed partial class ServiceDiscoveryTests : IDisposable
{
    private readonly DirectoryInfo _source = Directory.CreateTempSubdirectory("micromonitored-");

    public void Dispose() => _source.Delete(recursive: true);

    [Theory]
    [InlineData("Shop.Orders", "shop-orders")]
    [InlineData("Acme.Shop.Orders", "acme-shop-orders")]
    [InlineData("my_shop--x", "my-shop-x")]
    [InlineData("Shop2", "shop2")]
    [InlineData("2Shop", "svc-2shop")]
    [InlineData("$(touch pwned)", "touch-pwned")]
    [InlineData("한글", "ud55cuae00")]
    public void Names(string project, string name) => Assert.Equal(name, ServiceName.Derive(project));

    [Fact]
    public void EveryNameIsADnsLabel()
        => Gen.String[0, 300].Sample(project => Assert.Matches(DnsLabel(), ServiceName.Derive(project)));

    [Fact]
    public void LongNamesStayApart()
        => Assert.NotEqual(ServiceName.Derive(new string('a', 100) + "b"), ServiceName.Derive(new string('a', 100) + "c"));

    [Fact]
    public void OnlyMonitoredProjectsAreServicesInOrderOfName()
    {
        Project("Shop.Orders",
            "<MonitoredService>true</MonitoredService><MonitoredProbe>/orders</MonitoredProbe><MonitoredFault>/fault</MonitoredFault>"
            + "<MonitoredCalls>Shop.Inventory</MonitoredCalls>");
        Project("Shop.Inventory", "<MonitoredService>True</MonitoredService>");
        Project("Shop.Monitoring", "");
        Project("Shop.Off", "<MonitoredService>false</MonitoredService>");

        var services = Find();

        Assert.Equal(["shop-inventory", "shop-orders"], services.Select(service => service.Name));
        Assert.Equal([8080, 8081], services.Select(service => service.Port));
        Assert.Null(services[0].ProbePath);
        Assert.Equal("/orders", services[1].ProbePath);
        Assert.Equal((null, "/fault"), (services[0].FaultPath, services[1].FaultPath));
        Assert.Equal(["shop-inventory"], services[1].Calls);
    }

    [Fact]
    public void AFolderWithoutProjectsHasNoServices() => Assert.Empty(ServiceDiscovery.Find(Path.Combine(_source.FullName, "nowhere"), 8080, []));

    [Fact]
    public void BuildOutputIsNotLookedAt()
    {
        Project("obj/Copied", "<MonitoredService>true</MonitoredService>");
        Assert.Empty(Find());
    }

    [Fact]
    public void EveryFaultIsNamedAtOnce()
    {
        Project("Shop.Orders",
            "<MonitoredService>true</MonitoredService><MonitoredProbe>orders?x=$(x)</MonitoredProbe><MonitoredCalls>Shop.Nobody</MonitoredCalls>");
        Project("shop_orders", "<MonitoredService>true</MonitoredService>");
        Project("Loki", "<MonitoredService>true</MonitoredService>");
        Directory.CreateDirectory(Path.Combine(_source.FullName, "Broken"));
        File.WriteAllText(Path.Combine(_source.FullName, "Broken", "Broken.csproj"), "<Project>");

        var faults = Assert.Throws<FaultException>(() => Find()).Faults;

        Assert.Contains(faults, fault => fault.Contains("MonitoredProbe is \"orders?x=$(x)\"", StringComparison.Ordinal));
        Assert.Contains(faults, fault => fault.Contains("Shop.Nobody", StringComparison.Ordinal));
        Assert.Contains(faults, fault => fault.Contains("are both the service shop-orders", StringComparison.Ordinal));
        Assert.Contains(faults, fault => fault.Contains("name of a component", StringComparison.Ordinal));
        Assert.Contains(faults, fault => fault.Contains("Broken.csproj", StringComparison.Ordinal));
    }

    [Fact]
    public void AServiceNeverGetsAPortOfTheStack()
    {
        Project("A", "<MonitoredService>true</MonitoredService>");
        Project("B", "<MonitoredService>true</MonitoredService>");
        var fault = Assert.Single(Assert.Throws<FaultException>(() => ServiceDiscovery.Find(_source.FullName, 2999, [new("ports.grafana", 3000)])).Faults);
        Assert.Contains("port 3000 is ports.grafana", fault, StringComparison.Ordinal);
    }

    private IReadOnlyList<DiscoveredService> Find() => ServiceDiscovery.Find(_source.FullName, 8080, []);

    private void Project(string name, string properties)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_source.FullName, name));
        File.WriteAllText(Path.Combine(folder.FullName, Path.GetFileName(name) + ".csproj"),
            $"<Project Sdk=\"Microsoft.NET.Sdk.Web\"><PropertyGroup>{properties}</PropertyGroup></Project>");
    }

    [GeneratedRegex(@"\A[a-z][a-z0-9-]{0,62}\z")]
    private static partial Regex DnsLabel();
}
