namespace Targets.Tests.Engines;

/// <summary>An added service is given its port once; none of the others ever moves.</summary>
public sealed class ChosenPortsTests : IDisposable
{
    private readonly SimulatedStack _stack = new(service: false);

    public ChosenPortsTests()
    {
        foreach (var variable in _stack.Variables.Keys.Where(name => name.StartsWith("STACK__PORTS__", StringComparison.Ordinal)).ToList())
            _stack.Variables.Remove(variable);
        var settings = File.ReadAllText(_stack.Paths.Settings);
        File.WriteAllText(_stack.Paths.Settings, settings.Replace("\"first\": null", "\"first\": 20000", StringComparison.Ordinal));
        Add("Shop.Inventory", "http://localhost:20020");
        Add("Shop.Orders", "http://localhost:20021");
    }

    public void Dispose() => _stack.Dispose();

    [Fact]
    public void Whoever_is_added_renamed_or_removed_moves_no_other()
    {
        Assert.Equal(["shop-inventory 20020", "shop-orders 20021"], Chosen());

        Add("Shop.Billing", "https://127.0.0.1:0;http://127.0.0.1:0");
        Assert.Equal(["shop-billing 20022", "shop-inventory 20020", "shop-orders 20021"], Chosen());
        Assert.Contains("\"https://127.0.0.1:0;http://localhost:20022\"", File.ReadAllText(Launch("Shop.Billing")), StringComparison.Ordinal);
        Assert.Equal("@items = http://localhost:20022\n", File.ReadAllText(Requests("Shop.Billing")));

        Directory.Delete(Path.Combine(_stack.Paths.Source, "Shop.Inventory"), recursive: true);
        Assert.Equal(["shop-billing 20022", "shop-orders 20021"], Chosen());

        Add("Shop.Accounts", "http://127.0.0.1:0");
        Add("Shop.Mailer", "http://127.0.0.1:0");
        Assert.Equal(["shop-accounts 20020", "shop-billing 20022", "shop-mailer 20023", "shop-orders 20021"], Chosen());

        Directory.Move(Path.Combine(_stack.Paths.Source, "Shop.Mailer"), Path.Combine(_stack.Paths.Source, "Shop.Aaa"));
        File.Move(Path.Combine(_stack.Paths.Source, "Shop.Aaa", "Shop.Mailer.csproj"), Path.Combine(_stack.Paths.Source, "Shop.Aaa", "Shop.Aaa.csproj"));
        Assert.Equal(["shop-aaa 20023", "shop-accounts 20020", "shop-billing 20022", "shop-orders 20021"], Chosen());
    }

    [Fact]
    public void Ports_that_the_environment_counts_are_not_written_down()
    {
        Add("Shop.Billing", "http://127.0.0.1:0");
        _stack.Variables["STACK__PORTS__SERVICES"] = "30000";
        Assert.Equal(["shop-billing 30000", "shop-inventory 30001", "shop-orders 30002"], Chosen());
        Assert.Contains("http://127.0.0.1:0", File.ReadAllText(Launch("Shop.Billing")), StringComparison.Ordinal);
    }

    private IEnumerable<string> Chosen()
    {
        ChosenPorts.Write(_stack.Context());
        return _stack.Context().Services.Select(service => $"{service.Name} {service.Port}");
    }

    private void Add(string project, string address)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Launch(project))!);
        File.WriteAllText(Path.Combine(_stack.Paths.Source, project, $"{project}.csproj"),
            "<Project><PropertyGroup><MonitoredService>true</MonitoredService></PropertyGroup></Project>");
        File.WriteAllText(Launch(project), $$"""{"profiles":{"http":{"commandName":"Project","applicationUrl":"{{address}}" } } }""");
        File.WriteAllText(Requests(project), $"@items = {address.Split(';')[^1]}\n");
    }

    private string Launch(string project) => Path.Combine(_stack.Paths.Source, project, "Properties", "launchSettings.json");

    private string Requests(string project) => Path.Combine(_stack.Paths.Source, project, $"{project}.http");
}
