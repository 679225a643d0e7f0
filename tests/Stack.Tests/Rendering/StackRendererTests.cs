using System.Net;
using System.Text.Json;
using MicroMonitored.Model;
using MicroMonitored.Model.Rendering;
using MicroMonitored.Model.Services;

namespace Stack.Tests.Rendering;

public sealed class StackRendererTests
{
    public static TheoryData<string> Variations => [.. Models.Keys];

    private static Dictionary<string, StackModel> Models { get; } = new()
    {
        ["as shipped"] = RenderedStack.Default,
        ["no services"] = RenderedStack.Default with { Services = [] },
        ["one service"] = RenderedStack.Default with { Services = RenderedStack.Containers("orders") },
        ["three services"] = RenderedStack.Default with { Services = RenderedStack.Containers("a", "b", "c") },
        ["alloy"] = RenderedStack.Default with { UsesAlloy = true },
        ["no alerting"] = RenderedStack.Default with { Alerting = false },
        ["webhook"] = RenderedStack.Default with { Webhook = new Uri("http://host.docker.internal:9999/hook?token=a'b\"$c") },
        ["webhook without alerting"] = RenderedStack.Default with { Alerting = false, Webhook = new Uri("http://hook") },
        ["other ports"] = RenderedStack.Default with { Ports = RenderedStack.Settings(("STACK__PORTS__FIRST", "13000")).Ports },
        ["no groups"] = RenderedStack.Default with { SecretsGroup = null, Webhook = new Uri("http://hook") },
        ["open on IPv6"] = RenderedStack.Default with { BindAddress = IPAddress.IPv6Any },
        ["hostile texts"] = RenderedStack.Default with
        {
            Network = "a\": {b: [\n${PATH} #'`$(x)",
            LogsVolume = "x: y\n- z\t\u2028",
            Grafana = new("ad\"min${HOME}", "p'\"\\ ${x}\n"),
            Services = RenderedStack.Containers("a\": b", "--x #${HOME}"),
        },
    };

    [Theory]
    [MemberData(nameof(Variations))]
    public void Every_rendered_file_parses(string variation)
    {
        using var stack = new RenderedStack(Models[variation]);

        foreach (var file in stack.Files)
        {
            switch (Path.GetExtension(file.Path))
            {
                case ".json":
                    JsonDocument.Parse(stack.Text(file.Path)).Dispose();
                    break;
                case ".yaml" or ".yml":
                    Assert.True(stack.Yaml(file.Path).IsMap, file.Path);
                    break;
            }

            Assert.DoesNotContain('\r', stack.Text(file.Path));
        }
    }

    [Fact]
    public void Hostile_texts_arrive_as_written()
    {
        var model = Models["hostile texts"];
        using var stack = new RenderedStack(model);

        var compose = stack.Yaml("compose.yaml");
        Assert.Equal(Escaped(model.Network), compose["networks"]["monitoring"]["name"].Text);
        Assert.Equal(Escaped(model.LogsVolume), compose["volumes"]["microservices-logs"]["name"].Text);
        Assert.Equal(Escaped(model.Grafana.User), compose["services"]["grafana"]["environment"]["GF_SECURITY_ADMIN_USER"].Text);
        Assert.Equal(model.Grafana.Password, stack.Text("secrets/grafana/admin-password"));
        Assert.Equal(["a\": b:8080", "--x #${HOME}:8080"], Targets(stack));

        static string Escaped(string text) => text.Replace("$", "$$", StringComparison.Ordinal);
    }

    [Fact]
    public void Rendering_twice_changes_nothing()
    {
        using var stack = new RenderedStack();
        Assert.All(stack.Files, file => Assert.Equal(RenderOutcome.Generated, file.Outcome));
        var times = Times();

        var again = StackRenderer.Render(stack.Model, RenderedStack.Assets, stack.Folder);

        Assert.All(again, file => Assert.Equal(RenderOutcome.NoChanges, file.Outcome));
        Assert.Equal(stack.Files.Select(file => file.Path), again.Select(file => file.Path));
        Assert.Equal(times, Times());

        Dictionary<string, DateTime> Times() => stack.Files.ToDictionary(file => file.Path, file => File.GetLastWriteTimeUtc(stack.PathOf(file.Path)));
    }

    [Fact]
    public void Only_what_a_setting_reaches_is_written_again()
    {
        using var stack = new RenderedStack();

        var again = StackRenderer.Render(stack.Model with { LogsRetention = "24h" }, RenderedStack.Assets, stack.Folder);

        Assert.Equal(["compose.yaml", "loki/loki.yaml"], again.Where(file => file.Outcome == RenderOutcome.Updated).Select(file => file.Path));
        Assert.All(again, file => Assert.NotEqual(RenderOutcome.Generated, file.Outcome));
    }

    [Fact]
    public void A_new_service_leaves_every_container_of_the_stack_as_it_is()
    {
        using var stack = new RenderedStack();

        var again = StackRenderer.Render(stack.Model with { Services = RenderedStack.Containers("a", "b", "c") }, RenderedStack.Assets, stack.Folder);

        Assert.Equal(["prometheus/targets/services.json", "services.compose.yaml"],
            again.Where(file => file.Outcome != RenderOutcome.NoChanges).Select(file => file.Path));
    }

    [Fact]
    public void What_an_earlier_rendering_made_and_this_one_does_not_is_removed_and_nothing_else()
    {
        using var stack = new RenderedStack(RenderedStack.Default with { Webhook = new Uri("http://hook") });
        File.WriteAllText(stack.PathOf("prometheus/targets/mine.json"), "[]");

        var again = StackRenderer.Render(stack.Model with { Alerting = false }, RenderedStack.Assets, stack.Folder);

        Assert.Equal(
            ["alertmanager/alertmanager.yml", "grafana/provisioning/datasources/alertmanager.yaml", "prometheus/rules/alerts.yml",
                "secrets/alertmanager/webhook-url"],
            again.Where(file => file.Outcome == RenderOutcome.Removed).Select(file => file.Path));
        Assert.False(Directory.Exists(stack.PathOf("alertmanager")));
        Assert.False(Directory.Exists(stack.PathOf("secrets/alertmanager")));
        Assert.True(File.Exists(stack.PathOf("prometheus/targets/mine.json")));
    }

    [Fact]
    public void A_manifest_cannot_point_outside_the_folder()
    {
        using var stack = new RenderedStack();
        var outside = Path.GetTempFileName();
        File.WriteAllText(stack.PathOf(".rendered.json"), JsonSerializer.Serialize(new[] { "../" + Path.GetFileName(outside), outside }));

        StackRenderer.Render(stack.Model, RenderedStack.Assets, stack.Folder);

        Assert.True(File.Exists(outside));
        File.Delete(outside);
    }

    [Theory]
    [InlineData("a.yaml.sbn", "x: {{ ports.grafna }}", "a.yaml.sbn(1): ")]
    [InlineData("a.yaml.sbn", "\nx: {{ nothing }}", "a.yaml.sbn(2): ")]
    [InlineData("a.yaml.sbn", "x: {{ if }}", "a.yaml.sbn(1): ")]
    [InlineData("a.yaml.sbn", "x: [1", "a.yaml(")]
    [InlineData("a.yaml", "x: 1\nx: 2\n", "a.yaml(2): ")]
    [InlineData("b.json", "{\n\"x\": }", "b.json(2): ")]
    [InlineData("b.json.sbn", "{ \"x\": {{ network }} }", "b.json(1): ")]
    public void A_broken_asset_is_named_with_its_line_and_nothing_is_written(string name, string text, string expected)
    {
        var assets = Directory.CreateTempSubdirectory("micromonitored-assets-").FullName;
        var output = Path.Combine(assets, "output");
        var sources = Directory.CreateDirectory(Path.Combine(assets, "assets")).FullName;
        File.WriteAllText(Path.Combine(sources, "fine.yaml"), "x: 1\n");
        File.WriteAllText(Path.Combine(sources, name), text);

        var fault = Assert.Throws<FaultException>(() => StackRenderer.Render(RenderedStack.Default, sources, output));

        var line = Assert.Single(fault.Faults);
        Assert.Contains(expected, line, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', line);
        Assert.False(Directory.Exists(output));
        Directory.Delete(assets, recursive: true);
    }

    [Fact]
    public void Secrets_are_in_no_file_that_others_can_read()
    {
        const string password = "s3cret-pa55";
        using var stack = new RenderedStack(RenderedStack.Default with { Grafana = new("admin", password), Webhook = new Uri("https://hook/t0ken") });

        var holders = stack.Files.Where(file => stack.Text(file.Path).Contains(password, StringComparison.Ordinal)
            || stack.Text(file.Path).Contains("t0ken", StringComparison.Ordinal)).ToList();

        Assert.Equal(["secrets/alertmanager/webhook-url", "secrets/grafana/admin-password"], holders.Select(file => file.Path));
        if (OperatingSystem.IsWindows())
            return;
        Assert.Equal("700", Octal("secrets"));
        Assert.All(holders, file => Assert.Equal("640", Octal(file.Path)));
        Assert.All(stack.Files.Except(holders), file => Assert.Equal("644", Octal(file.Path)));
        Assert.Equal("750", Octal("secrets/grafana"));
        Assert.Equal("755", Octal("prometheus/rules"));

        string Octal(string path) => Convert.ToString((int)File.GetUnixFileMode(stack.PathOf(path)), 8);
    }

    [Fact]
    public void File_sd_names_each_service_as_its_job()
    {
        using var stack = new RenderedStack();

        using var document = JsonDocument.Parse(stack.Text("prometheus/targets/services.json"));
        Assert.Equal(["shop-inventory", "shop-orders"],
            document.RootElement.EnumerateArray().Select(entry => entry.GetProperty("labels").GetProperty("job").GetString()));
        Assert.Equal(["shop-inventory:8080", "shop-orders:8080"], Targets(stack));
    }

    [Fact]
    public void An_objective_is_a_budget_of_its_service_and_of_no_other()
    {
        DiscoveredService Service(string name, decimal? slo) => new(name, name, $"/src/{name}.csproj", 8080, null, []) { Slo = slo };
        using var stack = new RenderedStack(StackModel.Create(RenderedStack.Settings(), [Service("a", 99.5m), Service("b", null), Service("c", 99.999m)]));

        Assert.Equal(
            ["service:slo_error_budget:ratio a vector(0.005)", "service:slo_error_budget:ratio c vector(0.00001)"],
            stack.Yaml("prometheus/rules/objectives.yml")["groups"].Items.Single()["rules"].Items
                .Select(rule => $"{rule["record"].Text} {rule["labels"]["job"].Text} {rule["expr"].Text}"));
    }

    private static List<string?> Targets(RenderedStack stack)
    {
        using var document = JsonDocument.Parse(stack.Text("prometheus/targets/services.json"));
        return [.. document.RootElement.EnumerateArray().SelectMany(entry => entry.GetProperty("targets").EnumerateArray())
            .Select(target => target.GetString())];
    }
}
