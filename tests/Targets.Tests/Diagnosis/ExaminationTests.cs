using System.Text.Json;
using Targets.Tests.Engines;
using Cake.Core;

namespace Targets.Tests.Diagnosis;

/// <summary>Each row of Doctor turns by its own cause, and no other row with it.</summary>
public sealed class ExaminationTests : IDisposable
{
    private static readonly Machine Roomy = new(100L << 30, 16L << 30, new HashSet<int>(), new EphemeralPorts(61_000, 62_000, new HashSet<int>()));
    private readonly SimulatedStack _stack = new();

    public ExaminationTests()
    {
        _stack.Variables["STACK__GRAFANA__PASSWORD"] = "not the default";
        _stack.Docker.Installed.Add("promtool");
    }

    public void Dispose() => _stack.Dispose();

    [Fact]
    public void A_sound_machine_passes_but_for_the_log_agents_age()
    {
        var findings = Examine(Roomy);

        Assert.Equal(
            [".NET SDK", "settings", "Docker", "images", "services", "ports", "configuration lint", "Grafana password", "disk", "memory", "folders",
                "log agent"],
            findings.Select(finding => finding.Subject));
        Assert.Equal(["log agent"], findings.Where(finding => finding.Status != FindingStatus.Pass).Select(finding => finding.Subject));
    }

    [Fact]
    public void The_sdk_of_global_json_is_missing()
    {
        _stack.Docker.Failures["dotnet --version"] = "A compatible .NET SDK was not found.";
        Turned(".NET SDK", FindingStatus.Fail, "A compatible .NET SDK was not found.", "install the SDK of global.json");
    }

    [Fact]
    public void The_settings_are_invalid()
    {
        File.WriteAllText(_stack.Paths.Settings, """{ "sampling": 7 }""");
        var findings = Examine(Roomy);
        var settings = Assert.Single(findings, finding => finding.Subject == "settings");
        Assert.Equal(FindingStatus.Fail, settings.Status);
        Assert.Contains("sampling: 7; use a number from 0 to 1", settings.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("auto", nameof(FindingStatus.Warn))]
    [InlineData("docker", nameof(FindingStatus.Fail))]
    public void No_engine_answers(string engine, string expected)
    {
        _stack.Docker.Answers = false;
        _stack.Variables["STACK__ENGINE"] = engine;
        Turned("Docker", Enum.Parse<FindingStatus>(expected), "no Docker engine answers (Cannot connect to the Docker daemon",
            "start it or use --engine=embedded");
    }

    [Fact]
    public void No_docker_client()
    {
        _stack.Docker.Installed.Remove("docker");
        Turned("Docker", FindingStatus.Warn, "the docker command is not on the PATH", "install Docker or use --engine=embedded");
    }

    [Fact]
    public void No_compose()
    {
        _stack.Docker.Failures["compose version"] = "docker: 'compose' is not a docker command.";
        Turned("Docker", FindingStatus.Warn, "Docker Compose v2 is missing", "install the compose plugin");
    }

    [Fact]
    public void An_image_is_missing()
    {
        _stack.Docker.Images.Remove("grafana/loki:3.7.7");
        Turned("images", FindingStatus.Warn, "not here: grafana/loki:3.7.7 (images.loki)", "Up pulls them");
    }

    [Fact]
    public void There_is_no_service()
    {
        Directory.Delete(_stack.Paths.Source, recursive: true);
        Turned("services", FindingStatus.Warn, "no project below src/", "dotnet new micro-monitored-service");
    }

    [Fact]
    public void A_service_contradicts_another()
    {
        Directory.CreateDirectory(Path.Combine(_stack.Paths.Source, "Again"));
        File.Copy(Path.Combine(_stack.Paths.Source, "Shop.Orders", "Shop.Orders.csproj"), Path.Combine(_stack.Paths.Source, "Again", "Shop_Orders.csproj"));
        Turned("services", FindingStatus.Fail, "are both the service shop-orders", "mend the projects named");
    }

    [Fact]
    public void A_port_is_taken()
        => Turned("ports", FindingStatus.Fail, $"ports.grafana {_stack.FirstPort} is taken by another process", "end it or set another port",
            Roomy with { PortsInUse = new HashSet<int> { _stack.FirstPort } });

    [Fact]
    public void A_port_is_one_that_the_system_lends()
        => Turned("port range", FindingStatus.Warn, $"ports.loki {_stack.FirstPort + 2} lies in {_stack.FirstPort + 2}-65000",
            $"set a port below {_stack.FirstPort + 2}",
            Roomy with { EphemeralPorts = new EphemeralPorts(_stack.FirstPort + 2, 65_000, Enumerable.Range(_stack.FirstPort + 3, 20).ToHashSet()) });

    [Fact]
    public void Promtool_finds_a_fault()
    {
        _stack.Docker.Failures["promtool check config"] = "FAILED: parsing YAML file";
        Turned("configuration lint", FindingStatus.Fail, "FAILED: parsing YAML file", "mend stack/assets");
    }

    [Fact]
    public void A_lint_that_did_not_run_is_no_pass()
    {
        _stack.Docker.Installed.Remove("promtool");
        Turned("configuration lint", FindingStatus.Warn, "is not on the PATH", "put the promtool");
    }

    [Fact]
    public void The_default_password_is_in_use()
    {
        _stack.Variables.Remove("STACK__GRAFANA__PASSWORD");
        Turned("Grafana password", FindingStatus.Warn, "the well-known development default is in use", "STACK__GRAFANA__PASSWORD");
    }

    [Fact]
    public void The_disk_is_short()
        => Turned("disk", FindingStatus.Warn, "1.5 GB free", "make room: images and data want 5 GB", Roomy with { FreeDisk = 3L << 29 });

    [Fact]
    public void The_memory_is_short() => Turned("memory", FindingStatus.Warn, "2 GB", "the docker engine wants 4 GB", Roomy with { Memory = 2L << 30 });

    [Fact]
    public void A_folder_cannot_be_written()
    {
        File.WriteAllText(_stack.Paths.Artifacts, "in the way");
        Turned("folders", FindingStatus.Fail, "artifacts cannot be written", null);
        File.Delete(_stack.Paths.Artifacts);
    }

    [Fact]
    public void The_table_and_the_json_say_the_same()
    {
        _stack.Docker.Failures["dotnet --version"] = "none";
        var context = _stack.Context();
        FindingTable.Print(context.Terminal, new Examination(context, Roomy).Run());
        Assert.Matches(@"\.NET SDK\s+fail\s+dotnet --version failed", _stack.Said);
        Assert.Matches(@"log agent\s+warn\s+Promtail reached its end of life on 2026-03-02", _stack.Said);
        Assert.Matches(@"services\s+pass\s+shop-orders", _stack.Said);
        var table = _stack.Said.Length;

        var failure = Assert.Throws<CakeException>(() => new MicroMonitored.Targets.Tasks.Doctor().Run(_stack.Context(("format", "json"))));

        Assert.Matches("^Doctor found [1-9][0-9]* things? to mend\\.$", failure.Message);
        using var json = JsonDocument.Parse(_stack.Said[table..]);
        var rows = json.RootElement.EnumerateArray().ToDictionary(row => row.GetProperty("subject").GetString()!, row => row);
        Assert.Equal("fail", rows[".NET SDK"].GetProperty("status").GetString());
        Assert.Equal("install the SDK of global.json from https://dot.net/download", rows[".NET SDK"].GetProperty("fix").GetString());
        Assert.Equal("warn", rows["log agent"].GetProperty("status").GetString());
        Assert.Equal("shop-orders", rows["services"].GetProperty("detail").GetString());
        Assert.False(rows["services"].TryGetProperty("fix", out _));
    }

    [Theory]
    [InlineData("32768\t60999\n", "", 40_000, true)]
    [InlineData("32768\t60999\n", "", 3_000, false)]
    [InlineData("32768\t60999\n", "39000-40000,50000\n", 40_000, false)]
    [InlineData("32768\t60999\n", "39000-40000,50000\n", 50_000, false)]
    [InlineData("32768\t60999\n", "39000-40000,50000\n", 50_001, true)]
    [InlineData("32768\t60999\n", "", 60_999, true)]
    public void The_ports_that_the_kernel_lends_are_those_of_its_range_except_the_reserved_ones(string range, string reserved, int port, bool lent)
        => Assert.Equal(lent, EphemeralPorts.Of(range, reserved).Contains(port));

    private void Turned(string subject, FindingStatus status, string detail, string? fix, Machine? machine = null)
    {
        var findings = Examine(machine ?? Roomy);
        var turned = Assert.Single(findings, finding => finding.Status != FindingStatus.Pass && finding.Subject != "log agent");
        Assert.Equal(subject, turned.Subject);
        Assert.Equal(status, turned.Status);
        Assert.Contains(detail, turned.Detail, StringComparison.Ordinal);
        if (fix is not null)
            Assert.Contains(fix, turned.Fix ?? "", StringComparison.Ordinal);
    }

    private IReadOnlyList<Finding> Examine(Machine machine) => new Examination(_stack.Context(), machine).Run();
}
