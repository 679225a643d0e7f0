using System.Text.Json;

namespace Templates.Tests;

public sealed class MatrixTests(BuiltMatrix matrix) : IClassFixture<BuiltMatrix>
{
    public static TheoryData<string> Rows => [.. Matrix.Rows.Select(row => row.Name)];

    [Fact]
    public void Every_pair_of_values_of_two_parameters_is_in_a_row()
    {
        var promised = Promised("micro-monitored");
        Assert.Equal(promised.Keys.Order(), Matrix.Rows[0].Values.Keys.Order());
        foreach (var (first, second) in promised.Keys.SelectMany(_ => promised.Keys, (first, second) => (first, second))
            .Where(pair => string.CompareOrdinal(pair.first, pair.second) < 0))
        {
            var pairs = promised[first].SelectMany(_ => promised[second], (one, other) => (one, other));
            Assert.Superset(pairs.ToHashSet(), Matrix.Rows.Select(row => (row.Values[first], row.Values[second])).ToHashSet());
        }
    }

    [Theory]
    [InlineData("micro-monitored-service")]
    [InlineData("micro-monitored-worker")]
    public void Every_pair_of_values_of_an_added_project_is_in_a_row(string template)
    {
        Assert.Equal(["no-restore", "tests"], Promised(template).Keys.Order());
        var added = Matrix.Rows.SelectMany(row => row.Additions).Where(addition => addition.Template == template);
        Assert.Equal(4, added.Select(addition => (addition.Tests, addition.NoRestore)).Distinct().Count());
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task Each_value_does_what_it_says(string name)
    {
        var (row, repository) = (Matrix.Row(name), matrix[name]);
        await repository.CheckAsync();

        var form = Path.GetFileNameWithoutExtension(repository.Solution);
        var two = row.Services == "two";
        Assert.Equal(two, repository.Has($"src/{form}.Inventory"));
        Assert.Equal(two, repository.Read($"src/{form}.Orders/{form}.Orders.csproj").Contains("MonitoredCalls", StringComparison.Ordinal));
        Assert.Equal(two && row.Tests, repository.Has($"tests/{form}.Inventory.Tests"));
        Assert.Equal(!two, repository.Has($"src/{form}.Orders/OwnStock.cs"));
        Assert.NotEqual(row.Storage == "sqlite", repository.Has($"src/{form}.Orders/MemoryOrderStore.cs"));
        Assert.Equal(row.Storage == "sqlite", repository.Has($"src/{form}.Orders/SqliteOrderStore.cs"));
        Assert.Equal(row.Storage == "sqlite" && row.Tests, repository.Has($"tests/{form}.Orders.Tests/SqliteTests.cs"));
        Assert.Equal(row.Tests, repository.Has($"tests/{form}.Orders.Tests"));
        var (sources, tests) = (two ? 3 : 2, row.Tests ? two ? 2 : 1 : 0);
        Assert.Equal(sources + tests + row.Additions.Sum(addition => addition.Tests ? 2 : 1), repository.Projects.Count);
        Assert.Equal(row.Ci == "github", repository.Has(".github"));
        if (row.Ci == "github")
            Assert.Contains("if: hashFiles('tests/**/*.csproj') != ''\n        run: dotnet test\n", repository.Read(".github/workflows/ci.yml"),
                StringComparison.Ordinal);

        var settings = repository.Settings;
        Assert.Equal(row.Alerting, settings.GetProperty("alerting").GetProperty("enabled").GetBoolean());
        Assert.Equal(row.Sampling, settings.GetProperty("sampling").GetRawText());
        var names = settings.GetProperty("names");
        var project = names.GetProperty("project").GetString();
        Assert.Equal(row.Network is { Length: > 0 } network ? network : $"{project}-monitoring", names.GetProperty("network").GetString());
        Assert.Equal(row.LogsVolume is { Length: > 0 } volume ? volume : $"{project}_logs", names.GetProperty("logsVolume").GetString());
        var first = settings.GetProperty("ports").GetProperty("first");
        Assert.Equal(row.PortsBase == 0 ? "null" : $"{row.PortsBase}", first.GetRawText());
        var (grafana, alertmanager) = row.PortsBase == 0 ? (3000, 9093) : (row.PortsBase, row.PortsBase + 9);
        foreach (var readme in new[] { "README.md", "README.ko.md" })
        {
            Assert.Contains($"http://localhost:{grafana} ", repository.Read(readme), StringComparison.Ordinal);
            Assert.Equal(row.Alerting, repository.Read(readme).Contains($"http://localhost:{alertmanager} ", StringComparison.Ordinal));
        }

        Assert.Equal(row.PortsBase == 0 ? 8081 : row.PortsBase + 21, repository.PortOf($"{form}.Orders"));
        if (two)
            Assert.Equal(row.PortsBase == 0 ? 8080 : row.PortsBase + 20, repository.PortOf($"{form}.Inventory"));
        // The first Up gives an added service its port.
        var added = repository.Projects.Where(project => repository.Has($"{Path.GetDirectoryName(project)}/Properties/launchSettings.json"))
            .Select(project => Path.GetFileNameWithoutExtension(project)!).Except([$"{form}.Orders", $"{form}.Inventory"]).ToList();
        Assert.Equal(row.Additions.Length, added.Count);
        Assert.All(added, project => Assert.Equal(0, repository.PortOf(project)));
        Assert.Contains("\"https\"", repository.Read($"src/{form}.Orders/Properties/launchSettings.json"), StringComparison.Ordinal);

        if (!OperatingSystem.IsWindows())
            Assert.True(File.GetUnixFileMode(Path.Combine(repository.Folder, "build.sh")).HasFlag(UnixFileMode.UserExecute));
    }

    [Fact]
    public void Every_row_builds_without_warnings()
    {
        matrix.Built.Succeeded();
        Assert.Contains("0 Warning(s)", matrix.Built.Output, StringComparison.Ordinal);
        foreach (var row in Matrix.Rows)
            Assert.All(matrix[row.Name].Projects.Select(Path.GetFileNameWithoutExtension),
                project => Assert.True(matrix[row.Name].Has($"artifacts/bin/{project}/debug/{project}.dll"), $"{row.Name}: {project}"));
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task The_tests_of_each_row_pass(string name)
    {
        var repository = matrix[name];
        var projects = repository.Projects.Where(project => project.StartsWith("tests/", StringComparison.Ordinal))
            .Select(Path.GetFileNameWithoutExtension).ToArray();
        Assert.Equal(Matrix.Row(name).Tests || Matrix.Row(name).Additions.Any(addition => addition.Tests), projects.Length > 0);
        foreach (var project in projects)
        {
            var tested = await Command.RunAsync("dotnet", repository.Folder, $"artifacts/bin/{project}/debug/{project}.dll");
            tested.Succeeded();
            Assert.Matches("Total: [1-9][0-9]*, Errors: 0, Failed: 0, Skipped: 0", tested.Output);
        }
    }

    /// <summary>Two repositories on one machine do not share containers and data.</summary>
    [Theory]
    [InlineData("Acme.Shop", "acme-shop")]
    [InlineData("Zeta & Sons #2", "zeta-sons-2")]
    [InlineData("2 Shops", "2-shops")]
    [InlineData("한글상점", "app-[0-9a-f]{8}")]
    public void The_docker_project_bears_the_name_of_the_repository(string name, string project)
        => Assert.Matches($"^{project}$", matrix[name].Settings.GetProperty("names").GetProperty("project").GetString());

    [Fact]
    public async Task Analyzers_advise_and_only_real_errors_break_the_build()
    {
        var repository = matrix["Acme.event"];
        var project = Path.Combine(repository.Folder, "src", "Acme.event_.Monitoring");
        var file = Path.Combine(project, "Careless.cs");
        await File.WriteAllTextAsync(file, """
            using Microsoft.Extensions.Logging;

            // TODO: think again.
            internal static class Careless
            {
                public static bool IsEmpty(ILogger logger, string text)
                {
                    logger.LogInformation("is {text} empty?" + "", text.ToLower());
                    return text.Count() == 0;
                }
            }
            """);
        var careless = await matrix.BuildAsync(Path.Combine(project, "Acme.event_.Monitoring.csproj"));
        await File.WriteAllTextAsync(file, "internal static class Wrong { public static int Length(string? text) => text.Length; }");
        var wrong = await matrix.BuildAsync(Path.Combine(project, "Acme.event_.Monitoring.csproj"));
        File.Delete(file);
        careless.Succeeded();
        Assert.NotEqual(0, wrong.ExitCode);
        Assert.Contains("error CS8602", wrong.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Dotnet_format_finds_nothing_to_change()
    {
        var rows = new[] { Matrix.Row("Acme.Shop"), Matrix.Row("my-shop.class") };
        var solution = await matrix.SolutionAsync("format.slnx", rows, rows[0]);
        var formatted = await Command.RunAsync("dotnet", matrix[rows[0].Name].Folder, "format", solution, "--no-restore", "--verify-no-changes");
        formatted.Succeeded();
        Assert.DoesNotContain("error", formatted.Output, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Every value of every parameter by the option's name; of free ones those that differ in kind.</summary>
    private static Dictionary<string, string[]> Promised(string template)
    {
        var folder = Path.Combine(Repository.Templates, template, ".template.config");
        var options = Read("dotnetcli.host.json").GetProperty("symbolInfo");
        return Read("template.json").GetProperty("symbols").EnumerateObject()
            .Where(symbol => symbol.Value.GetProperty("type").GetString() == "parameter")
            .ToDictionary(symbol => options.GetProperty(symbol.Name).GetProperty("longName").GetString()!, symbol => Values(symbol.Name, symbol.Value));

        JsonElement Read(string file) => JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, file))).RootElement;

        static string[] Values(string name, JsonElement symbol) => symbol.GetProperty("datatype").GetString() switch
        {
            "choice" => [.. symbol.GetProperty("choices").EnumerateArray().Select(choice => choice.GetProperty("choice").GetString()!)],
            "bool" => ["false", "true"],
            "integer" => [symbol.GetProperty("defaultValue").GetString()!, "20000"],
            _ => [symbol.GetProperty("defaultValue").GetString()!, name == "network" ? "shop.net" : "shop_logs"],
        };
    }
}
