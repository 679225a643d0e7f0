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

    [Theory]
    [InlineData("99.5", null)]
    [InlineData("100", "use a percentage above 0 and below 100, such as 99.5")]
    [InlineData("99,5", "use a percentage above 0 and below 100, such as 99.5")]
    public void AnObjectiveIsAPercentage(string slo, string? fix)
    {
        Project("Shop.Orders", $"<MonitoredService>true</MonitoredService><MonitoredSlo>{slo}</MonitoredSlo>");

        if (fix is null)
            Assert.Equal(99.5m, Find().Single().Slo);
        else
            Assert.EndsWith($"Shop.Orders.csproj: MonitoredSlo is \"{slo}\"; {fix}",
                Assert.Single(Assert.Throws<FaultException>(Find).Faults), StringComparison.Ordinal);
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
        Project("A", Monitored);
        Project("B", Monitored);
        Assert.Equal([2999, 3001], ServiceDiscovery.Find(_source.FullName, 2999, Grafana).Select(service => service.Port));

        var fault = Assert.Single(Assert.Throws<FaultException>(() => ServiceDiscovery.Find(_source.FullName, 2999, Grafana, counted: true)).Faults);
        Assert.Contains("B.csproj: its port 3000 is ports.grafana; move ports.services or ports.grafana in stack.json", fault, StringComparison.Ordinal);
    }

    [Fact]
    public void APortStaysWhoeverComesOrGoes()
    {
        Project("Shop.Orders", Monitored, "https://localhost:7081;http://localhost:8081");
        Project("Shop.Plain", Monitored);
        Assert.Equal([8081, 8080], Find().Select(service => service.Port));

        Project("Shop.Billing", Monitored, "http://localhost:8090");
        Project("Shop.Another", Monitored, "https://localhost:7000");
        Assert.Equal([8080, 8090, 8081, 8082], Find().Select(service => service.Port));
        Assert.Equal([8080, 8081, 8082, 8083], ServiceDiscovery.Find(_source.FullName, 8080, [], counted: true).Select(service => service.Port));
    }

    [Fact]
    public void OnlyTheFirstProfileThatRunsTheProjectSaysThePort()
    {
        Project("Shop.Orders", Monitored);
        Launch("Shop.Orders", """
            {
              // as an IDE leaves it
              "iisSettings": { "iisExpress": { "applicationUrl": "http://localhost:1" } },
              "profiles": {
                "IIS Express": { "commandName": "IISExpress", "applicationUrl": "http://localhost:2" },
                "http": { "commandName": "Project", "applicationUrl": "http://localhost:8099", },
                "other": { "commandName": "Project", "applicationUrl": "http://localhost:3" }
              }
            }
            """);
        Assert.Equal(8099, Find().Single().Port);
    }

    [Fact]
    public void TwoOnOnePortAreNamedWithTheirFiles()
    {
        Project("A", Monitored, "http://localhost:8090");
        Project("B", Monitored, "http://localhost:8090");
        Project("C", Monitored, "http://localhost:3000");
        Project("D", Monitored);
        Launch("D", "{ \"profiles\": ");
        var source = Path.GetFileName(_source.FullName);

        var faults = Assert.Throws<FaultException>(() => ServiceDiscovery.Find(_source.FullName, 8080, Grafana)).Faults;

        Assert.Equal(3, faults.Count);
        Assert.Contains(Path.Combine("D", "Properties", "launchSettings.json") + ": ", faults[0], StringComparison.Ordinal);
        Assert.Equal(
            $"{source}/A/Properties/launchSettings.json and {source}/B/Properties/launchSettings.json have the same port 8090; "
                + "change applicationUrl in one of them",
            faults[1]);
        Assert.Equal(
            $"{source}/C/Properties/launchSettings.json: its port 3000 is ports.grafana; change its applicationUrl, or ports.grafana in stack.json", faults[2]);
    }

    private const string Monitored = "<MonitoredService>true</MonitoredService>";

    private static readonly KeyValuePair<string, int>[] Grafana = [new("ports.grafana", 3000)];

    private IReadOnlyList<DiscoveredService> Find() => ServiceDiscovery.Find(_source.FullName, 8080, []);

    private void Project(string name, string properties, string? applicationUrl = null)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_source.FullName, name));
        File.WriteAllText(
            Path.Combine(folder.FullName, Path.GetFileName(name) + ".csproj"),
            $"<Project Sdk=\"Microsoft.NET.Sdk.Web\"><PropertyGroup>{properties}</PropertyGroup></Project>");
        if (applicationUrl is not null)
            Launch(name, $$"""{ "profiles": { "http": { "commandName": "Project", "applicationUrl": "{{applicationUrl}}" } } }""");
    }

    private void Launch(string name, string settings)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_source.FullName, name, "Properties"));
        File.WriteAllText(Path.Combine(folder.FullName, "launchSettings.json"), settings);
    }

    [GeneratedRegex(@"\A[a-z][a-z0-9-]{0,62}\z")]
    private static partial Regex DnsLabel();
}
