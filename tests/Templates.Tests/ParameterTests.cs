namespace Templates.Tests;

public sealed class ParameterTests(InstalledTemplates templates)
{
    /// <summary>Every pair of values of two parameters is in at least one row.</summary>
    public static TheoryData<string, bool, bool, string, int, string, bool> Pairs => new()
    {
        { "two", true, true, "1.0", 0, "github", false },
        { "one", false, false, "1.0", 20000, "none", true },
        { "two", false, true, "0.5", 20000, "none", true },
        { "one", true, false, "0.5", 0, "github", false },
        { "two", true, false, "0.1", 20000, "github", true },
        { "one", false, true, "0.1", 0, "none", false },
        { "two", false, false, "0.01", 0, "none", false },
        { "one", true, true, "0.01", 20000, "github", true },
        { "one", true, true, "1.0", 20000, "none", false },
        { "two", false, false, "0.5", 0, "github", true },
    };

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task Each_value_does_what_it_says(string services, bool tests, bool alerting, string sampling, int ports, string ci, bool upstream)
    {
        var repository = await templates.RepositoryAsync(
            "Shop", "--services", services, "--tests", $"{tests}", "--alerting", $"{alerting}", "--sampling", sampling, "--ports-base", $"{ports}",
            "--ci", ci, "--upstream-packages", $"{upstream}", "--network", "shop.net", "--logs-volume", "shop_logs", "--framework", "net10.0");
        await repository.CheckAsync();

        Assert.Equal(services == "two", repository.Has("src/Shop.Inventory"));
        Assert.Equal(services == "two", repository.Read("src/Shop.Orders/Shop.Orders.csproj").Contains("MonitoredCalls", StringComparison.Ordinal));
        Assert.Equal(services == "two" && tests, repository.Has("tests/Shop.Inventory.Tests"));
        Assert.Equal(services == "one", repository.Has("src/Shop.Orders/OwnStock.cs"));
        Assert.Equal(tests, repository.Has("tests"));
        Assert.Equal((services == "two" ? 3 : 2) * (tests ? 2 : 1), repository.Projects.Count);
        Assert.Equal(ci == "github", repository.Has(".github"));
        Assert.Contains($"''\">{upstream.ToString().ToLowerInvariant()}</UpstreamPackages>", repository.Read("Directory.Build.props"), StringComparison.Ordinal);

        var settings = repository.Settings;
        Assert.Equal(alerting, settings.GetProperty("alerting").GetProperty("enabled").GetBoolean());
        Assert.Equal(sampling, settings.GetProperty("sampling").GetRawText());
        Assert.Equal("shop.net", settings.GetProperty("names").GetProperty("network").GetString());
        Assert.Equal("shop_logs", settings.GetProperty("names").GetProperty("logsVolume").GetString());
        var numbers = settings.GetProperty("ports").EnumerateObject().ToDictionary(port => port.Name, port => port.Value.GetInt32());
        if (ports == 0)
            Assert.Equal((3000, 9090, 8080), (numbers["grafana"], numbers["prometheus"], numbers["services"]));
        else
            Assert.All(numbers.Values, number => Assert.InRange(number, ports, ports + 20));
        if (ports != 0)
            Assert.Contains($"http://localhost:{ports} ", repository.Read("README.md"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_build_script_can_be_run()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no executable bit.");
        var repository = await templates.RepositoryAsync("Shop");
        if (!OperatingSystem.IsWindows())
            Assert.True(File.GetUnixFileMode(Path.Combine(repository.Folder, "build.sh")).HasFlag(UnixFileMode.UserExecute));
    }
}
